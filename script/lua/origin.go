// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"reflect"

	glua "github.com/yuin/gopher-lua"
)

// origin is where a value came from, as the instructions before its use tell.
type origin struct {
	// kind is "global", "local", "upvalue", "field" or "method".
	kind, name string
	// path is the name from the globals on, "" for one that does not begin there.
	path string
	// member is the field that was asked of it.
	member string
}

// called is the function that an instruction calls.
func called(p *glua.FunctionProto, pc int) (origin, bool) {
	i := instruction(p.Code[pc])
	if i.op() != glua.OP_CALL && i.op() != glua.OP_TAILCALL {
		return origin{}, false
	}
	o, ok := originOf(p, pc, i.a())
	for _, call := range p.DbgCalls {
		if call.Pc == pc && o.kind == "local" {
			o.name = call.Name
		}
	}
	return o, ok
}

// indexed is the value that an instruction asks for a field, or gives one.
func indexed(p *glua.FunctionProto, pc int) (origin, bool) {
	i := instruction(p.Code[pc])
	object, field := i.b(), i.c()
	switch i.op() {
	case glua.OP_GETTABLE, glua.OP_GETTABLEKS, glua.OP_SELF:
	case glua.OP_SETTABLE, glua.OP_SETTABLEKS:
		object, field = i.a(), i.b()
	default:
		return origin{}, false
	}
	o, ok := originOf(p, pc, object)
	if key, isConstant := constant(p, field); isConstant {
		if text, isText := key.(glua.LString); isText {
			o.member = string(text)
		}
	}
	return o, ok
}

// at is the instruction that a function of Lua is at, or -1. Only its line is told
// by the library, and a line may call or index several things: the number of the
// instruction is in what the library keeps for itself.
func at(frame *glua.Debug) int {
	kept := reflect.ValueOf(frame).Elem().FieldByName("frame")
	if kept.Kind() != reflect.Pointer || kept.IsNil() {
		return -1
	}
	pc := kept.Elem().FieldByName("Pc")
	if !pc.IsValid() || !pc.CanInt() {
		return -1
	}
	return int(pc.Int()) - 1
}

// originOf is where the value came from that a register has before an instruction.
func originOf(p *glua.FunctionProto, pc, register int) (origin, bool) {
	if name, ok := localName(p, register, pc); ok && (exact(p) || !fetched(p, register, pc)) {
		return origin{kind: "local", name: name}, true
	}
	for pc--; pc >= 0; pc-- {
		i := instruction(p.Code[pc])
		if !i.writes() || i.a() != register {
			continue
		}
		switch i.op() {
		case glua.OP_MOVE, glua.OP_MOVEN:
			if name, ok := localName(p, i.b(), pc); ok {
				return origin{kind: "local", name: name}, true
			}
		case glua.OP_GETUPVAL:
			if i.b() < len(p.DbgUpvalues) {
				return origin{kind: "upvalue", name: p.DbgUpvalues[i.b()]}, true
			}
		case glua.OP_GETGLOBAL:
			name := p.Constants[i.bx()].String()
			return origin{kind: "global", name: name, path: name}, true
		case glua.OP_GETTABLE, glua.OP_GETTABLEKS, glua.OP_SELF:
			key, ok := constant(p, i.c())
			text, isText := key.(glua.LString)
			o := origin{kind: "field", name: "?"}
			if ok && isText {
				o.name = string(text)
			}
			if i.op() == glua.OP_SELF {
				o.kind = "method"
			}
			if of, ok := originOf(p, pc, i.b()); ok && of.path != "" && isText {
				o.path = of.path + "." + o.name
			}
			return o, true
		}
		return origin{}, false
	}
	return origin{}, false
}

// fetched tells whether a register has what its line fetched before an instruction,
// which is then no local variable: where the scope of one ends the library does not
// note well, so that localName may find one whose register is used again.
func fetched(p *glua.FunctionProto, register, pc int) bool {
	for w := pc - 1; w >= 0 && p.DbgSourcePositions[w] == p.DbgSourcePositions[pc]; w-- {
		i := instruction(p.Code[w])
		if !i.writes() || i.a() != register {
			continue
		}
		for _, v := range p.DbgLocals {
			if w < v.StartPc && v.StartPc <= pc {
				return false
			}
		}
		switch i.op() {
		case glua.OP_MOVE, glua.OP_MOVEN, glua.OP_GETUPVAL, glua.OP_GETGLOBAL, glua.OP_GETTABLE, glua.OP_GETTABLEKS, glua.OP_SELF:
			return true
		}
		return false
	}
	return false
}

// exact tells whether the library noted well where the local variables of a function
// end: it notes the end of each at the number of its register, so that those after one
// whose register is used again have none.
func exact(p *glua.FunctionProto) bool {
	for _, v := range p.DbgLocals {
		if v.EndPc == 0 {
			return false
		}
	}
	return true
}

// localName is the name of the local variable that a register is at an instruction:
// the one that was put there last, or else the one that the library's notes name.
func localName(p *glua.FunctionProto, register, pc int) (name string, ok bool) {
	noted := exact(p)
	for i := len(p.DbgLocals) - 1; i >= 0 && !noted; i-- {
		v := p.DbgLocals[i]
		if v.StartPc == 0 || v.StartPc > pc {
			continue
		}
		if put := instruction(p.Code[v.StartPc-1]); put.writes() && put.a() == register {
			return v.Name, true
		}
	}
	for _, v := range p.DbgLocals {
		if v.StartPc <= pc && (pc < v.EndPc || noted && pc == v.EndPc) {
			if register == 0 {
				return v.Name, true
			}
			register--
		}
	}
	return "", false
}

// constant is the constant that an operand names.
func constant(p *glua.FunctionProto, operand int) (glua.LValue, bool) {
	const isConstant = 1 << 8
	if operand&isConstant == 0 || operand&^isConstant >= len(p.Constants) {
		return glua.LNil, false
	}
	return p.Constants[operand&^isConstant], true
}

// instruction is one of the interpreter's, taken apart as its opcode.go has it.
type instruction uint32

func (i instruction) op() int { return int(i >> 26) }
func (i instruction) a() int  { return int(i>>18) & 0xff }
func (i instruction) b() int  { return int(i & 0x1ff) }
func (i instruction) c() int  { return int(i>>9) & 0x1ff }
func (i instruction) bx() int { return int(i & 0x3ffff) }

// writes tells whether it puts something into its first register.
func (i instruction) writes() bool {
	switch i.op() {
	case glua.OP_SETGLOBAL, glua.OP_SETUPVAL, glua.OP_SETTABLE, glua.OP_SETTABLEKS, glua.OP_SETLIST, glua.OP_JMP, glua.OP_EQ, glua.OP_LT, glua.OP_LE,
		glua.OP_TEST, glua.OP_CLOSE, glua.OP_NOP, glua.OP_RETURN:
		return false
	}
	return true
}
