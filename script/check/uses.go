// SPDX-License-Identifier: Apache-2.0

package check

import (
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/module"
)

// useKind is what happens to a variable at the place that is looked at.
type useKind uint8

const (
	isRead useKind = iota
	isSet
	// maySet is where a function gets a text and may assign, or read, what it names.
	maySet
)

// uses collects where each $var and $avp is read and where it is set. A key is
// the variable as it is written: "$var(x)".
type uses struct {
	kind useKind
	at   source.Span // of the text that is looked at
	// reads and sets are the first places; an empty span is one that the file
	// does not have. In both is what a function may do either with.
	reads, sets map[string]source.Span
	// computed are the classes, var and avp, of which a name is made when it runs.
	computed map[string]bool
}

func newUses() uses {
	return uses{reads: map[string]source.Span{}, sets: map[string]source.Span{}, computed: map[string]bool{}}
}

// note enters a use of a variable.
func (u *uses) note(class, name string) {
	if strings.Contains(name, "$") {
		u.computed[class] = true
		return
	}
	key := "$" + class + "(" + name + ")"
	if u.kind != isRead {
		enter(u.sets, key, u.at)
	}
	if u.kind != isSet {
		enter(u.reads, key, u.at)
	}
}

func enter(m map[string]source.Span, key string, at source.Span) {
	if first, ok := m[key]; !ok || !first.Pos.IsValid() {
		m[key] = at
	}
}

// as runs f with the uses in it counted as kind.
func (u *uses) as(kind useKind, f func()) {
	before := u.kind
	u.kind = kind
	f()
	u.kind = before
}

// noteAVPs makes the uses of $avp known.
func (c *checker) noteAVPs() {
	v := c.names.variables["avp"]
	if v == nil || v.Bind == nil {
		return
	}
	noting := *v
	noting.Bind = func(b module.Binder, inner string) (module.Accessor, error) {
		c.uses.note("avp", strings.TrimPrefix(inner, "s:"))
		return v.Bind(b, inner)
	}
	c.names.variables["avp"] = &noting
}

// partial tells that not all of the file could be read: what seems unused may
// be used where a mistake stands.
func (c *checker) partial() bool {
	return slices.ContainsFunc(c.errs.Errors(), func(e *source.Error) bool { return e.Rule == source.Syntax || e.Rule == source.Preprocessing })
}

// plainModules are those that touch no attribute-value pair but what a
// parameter or an argument names.
var plainModules = strings.Fields("acc auth auth_db cfg_rpc cfgutils corex counters ctl debugger dialog dispatcher drouting htable http_client ipops jansson jsonrpcs json kex maxfwd " +
	"mtree nathelper path pdt permissions pike pv registrar rr rtimer rtpengine rtpproxy sanity sdpops siputils sl sqlops textops textopsx tls tm tmx topoh topos uac usrloc xhttp xlog")

// warnUses tells of variables that are read and that nothing sets, and of those
// that are set and that nothing reads, unless something else than the routes
// may do so.
func (c *checker) warnUses() {
	if c.partial() {
		return
	}
	plain, text := true, ""
	for _, it := range c.file.Items {
		switch it := it.(type) {
		case *syntax.LoadModule:
			name := moduleName(it.Name.Value)
			if strings.HasPrefix(name, "app_") {
				return
			}
			plain = plain && (slices.Contains(plainModules, name) || strings.HasPrefix(name, "db_"))
		case *syntax.ModParam:
			if s, ok := it.Value.(*syntax.String); ok {
				text += s.Value + "\n"
			}
		}
	}
	c.warnOneSided("var", text, c.uses.reads, c.uses.sets, nothingSets, "it is 0 until something sets it")
	c.warnOneSided("var", text, c.uses.sets, c.uses.reads, nothingReads, "take it out, or read it")
	if plain {
		c.warnOneSided("avp", text, c.uses.reads, c.uses.sets, nothingSets, "it is null until something sets it")
		c.warnOneSided("avp", text, c.uses.sets, c.uses.reads, nothingReads, "take it out, or read it")
	}
}

// What is said of a variable.
const (
	nothingSets  = "is read, and nothing sets it"
	nothingReads = "is set, and nothing reads it"
)

// warnOneSided tells of the variables of a class that are in one map and not in
// the other. What params, the values of all parameters, name is used there.
func (c *checker) warnOneSided(class, params string, in, other map[string]source.Span, what, advice string) {
	if c.uses.computed[class] {
		return
	}
	var all []string
	for key := range other {
		if _, ok := in[key]; !ok && strings.HasPrefix(key, "$"+class+"(") {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	for key, at := range in {
		name, ok := strings.CutPrefix(key, "$"+class+"(")
		if _, used := other[key]; !ok || used || !at.Pos.IsValid() || strings.Contains(params, strings.TrimSuffix(name, ")")) {
			continue
		}
		hint := advice
		if near := source.Nearest(key, all); near != "" && source.Nearest(strings.TrimSuffix(name, ")"), []string{inner(near)}) != "" {
			if what == nothingReads {
				continue // it is told where that one is read
			}
			hint = "did you mean " + near
		}
		c.errs.Warn(&source.Error{Pos: at.Pos, End: at.Fin, Rule: source.Unused, Message: key + " " + what, Advice: hint})
	}
}

// inner is the name in a key.
func inner(key string) string {
	_, name, _ := strings.Cut(key, "(")
	return strings.TrimSuffix(name, ")")
}
