// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func (p *PV) scopeVariables() []module.Variable {
	return []module.Variable{
		{Name: "var", Bind: p.bindVar(avp.Number(0), ""), Doc: "a variable of the worker, 0 until it is set"},
		{Name: "vz", Bind: p.bindVar(avp.Number(0), ""), Doc: "the same as $var"},
		{Name: "vn", Bind: p.bindVar(null, "vn:"), Doc: "a variable of the worker, null until it is set"},
		{Name: "shv", Bind: p.bindShared, Doc: "a variable that all workers share, 0 until it is set"},
		{Name: "shvinc", Bind: p.bindIncrement, Doc: "adds one to the $shv of this name and returns it"},
		{Name: "avp", Bind: p.bindAVP, Doc: "an attribute-value pair of the transaction; the index counts from the newest, 0"},
	}
}

// local is $var(x), $vz(x) or $vn(x).
type local struct {
	slot int
	// absent is the value of one that was never set.
	absent avp.Value
	// zero is what null makes of it: 0, or null for $vn.
	zero avp.Value
}

func (p *PV) bindVar(zero avp.Value, prefix string) func(module.Binder, string) (module.Accessor, error) {
	return func(b module.Binder, name string) (module.Accessor, error) {
		if name == "" {
			return nil, errors.New("the name is empty")
		}
		v := local{b.VarSlot(prefix + name), zero, zero}
		if init, ok := p.initial[name]; ok && prefix == "" {
			v.absent = init
		}
		return v, nil
	}
}

// Get implements module.Accessor.
func (l local) Get(c *module.Call, _ module.Index) module.Value {
	if l.slot < len(c.Vars) && c.Vars[l.slot].Kind != avp.Null {
		return c.Vars[l.slot]
	}
	return l.absent
}

// Set implements module.Assignable.
func (l local) Set(c *module.Call, _ module.Index, v module.Value) error {
	// A name that pv_evalx brought after the start has no slot yet.
	for l.slot >= len(c.Vars) {
		c.Vars = append(c.Vars, null)
	}
	if v.IsNull() {
		c.Vars[l.slot] = l.zero
		return nil
	}
	if v.Kind == avp.Both {
		v = avp.Number(v.Int) // as in Kamailio, the text is not stored
	}
	v.Str = c.Lasting(v.Str)
	c.Vars[l.slot] = v
	return nil
}

var _ module.Assignable = local{}

// shared are the $shv values. They live as long as the process.
type shared struct {
	mu     sync.Mutex
	values map[string]*atomic.Pointer[avp.Value] // guarded by mu; the pointers are not
}

func newShared() *shared { return &shared{values: map[string]*atomic.Pointer[avp.Value]{}} }

// entry returns the place of a value, 0 when it is new.
func (s *shared) entry(name string) *atomic.Pointer[avp.Value] {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.values[name]
	if e == nil {
		e = new(atomic.Pointer[avp.Value])
		e.Store(&avp.Value{Kind: avp.Int})
		s.values[name] = e
	}
	return e
}

// find returns the place of a value that exists, or nil.
func (s *shared) find(name string) *atomic.Pointer[avp.Value] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[name]
}

func (s *shared) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.values))
}

func storeShared(e *atomic.Pointer[avp.Value], v avp.Value) {
	if v.Kind == avp.Both {
		v = avp.Number(v.Int)
	}
	v = v.Clone()
	e.Store(&v)
}

// Start implements module.Starter: the values outlive a reload.
func (p *PV) Start(_ context.Context, h module.Host) error {
	p.auth, _ = h.Module("auth").(authorizer)
	before := h.Store("pv.shared", func() any { return p.shared }).(*shared)
	if before != p.shared {
		for _, name := range before.names() {
			p.shared.entry(name).Store(before.find(name).Load())
		}
	}
	return nil
}

var _ module.Starter = (*PV)(nil)

// sharedName is $shv(x).
type sharedName struct{ value *atomic.Pointer[avp.Value] }

func (p *PV) bindShared(_ module.Binder, name string) (module.Accessor, error) {
	if name == "" {
		return nil, errors.New("the name is empty")
	}
	return sharedName{p.shared.entry(name)}, nil
}

// Get implements module.Accessor.
func (s sharedName) Get(*module.Call, module.Index) module.Value { return *s.value.Load() }

// Set implements module.Assignable. Null makes it the empty string.
func (s sharedName) Set(_ *module.Call, _ module.Index, v module.Value) error {
	if v.IsNull() {
		v = avp.String("")
	}
	storeShared(s.value, v)
	return nil
}

// bindIncrement is $shvinc(x). A text counts as 0.
func (p *PV) bindIncrement(_ module.Binder, name string) (module.Accessor, error) {
	if name == "" {
		return nil, errors.New("the name is empty")
	}
	e := p.shared.entry(name)
	return module.Getter(func(*module.Call) module.Value {
		for {
			old := e.Load()
			next := avp.Number(old.Int + 1)
			if e.CompareAndSwap(old, &next) {
				return next
			}
		}
	}), nil
}

// avpName is $avp(x).
type avpName struct{ name dynamic }

// bindAVP reads the name: x and s:x are one, i:5 is another name space.
func (p *PV) bindAVP(b module.Binder, inner string) (module.Accessor, error) {
	if alias, ok := p.aliases[inner]; ok {
		inner = alias
	}
	d, err := bindName(b, inner)
	if err != nil {
		return nil, err
	}
	if d.tpl == nil {
		if d.fixed, err = plainName(d.fixed); err != nil {
			return nil, err
		}
	}
	return avpName{d}, nil
}

// plainName takes the type away from a name: one letter before a colon is one.
func plainName(name string) (string, error) {
	if len(name) < 2 || name[1] != ':' {
		return name, nil
	}
	switch rest := name[2:]; name[0] {
	case 's', 'S':
		return rest, nil
	case 'i', 'I':
		if _, ok := sip.ParseUint(rest); !ok {
			return "", fmt.Errorf("type i needs a number, %q is none", rest)
		}
		return "i:" + rest, nil
	}
	return "", fmt.Errorf("unsupported type [%c]: it is s or i", name[0])
}

// Name returns the name, as the list of AVPs has it.
func (a avpName) Name(c *module.Call) string { return a.name.name(c) }

// Get implements module.Accessor.
func (a avpName) Get(c *module.Call, i module.Index) module.Value {
	name := a.name.name(c)
	if i.All {
		return a.all(c, name)
	}
	n := i.N
	if n < 0 {
		// As in Kamailio, which finds no other one from the end.
		if n += c.AVPs.Count(name); n != 0 {
			return null
		}
	}
	v, _ := c.AVPs.At(name, n)
	return v
}

func (a avpName) all(c *module.Call, name string) module.Value {
	n := c.AVPs.Count(name)
	if n == 0 {
		return null
	}
	return build(c, func(b []byte) []byte {
		for i := range n {
			if i > 0 {
				b = append(b, ", "...)
			}
			v, _ := c.AVPs.At(name, i)
			b = v.AppendText(b)
		}
		return b
	})
}

// Set implements module.Assignable. A value is put in front of those that are
// there, [*] replaces them all; null deletes the newest, all with [*].
func (a avpName) Set(c *module.Call, i module.Index, v module.Value) error {
	name := a.name.name(c)
	if i.All {
		c.AVPs.Clear(name)
	}
	if v.IsNull() {
		c.AVPs.Remove(name, 0)
		return nil
	}
	if a.name.tpl != nil {
		name = c.Keep(name)
	}
	c.AVPs.Add(name, c.KeepValue(v))
	return nil
}

var (
	_ module.Assignable = sharedName{}
	_ module.Assignable = avpName{}
)

// preset is a value of shvset.
type preset struct {
	name  string
	value avp.Value
}

// parsePreset reads name=i:5 or name=s:text.
func parsePreset(s string) (preset, error) {
	name, value, ok := strings.Cut(s, "=")
	typ, value, typed := strings.Cut(value, ":")
	name, typ = strings.TrimSpace(name), strings.TrimSpace(typ)
	if !ok || !typed || name == "" {
		return preset{}, fmt.Errorf("expected name=i:number or name=s:text, found %q", s)
	}
	switch typ {
	case "i":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return preset{}, fmt.Errorf("%q is no number", value)
		}
		return preset{name, avp.Number(n)}, nil
	case "s":
		return preset{name, avp.String(value)}, nil
	}
	return preset{}, fmt.Errorf("the type of %s must be i or s, found %q", name, typ)
}

func (p *PV) setShared(s string) error {
	v, err := parsePreset(s)
	if err == nil {
		storeShared(p.shared.entry(v.name), v.value)
	}
	return err
}

func (p *PV) setVar(s string) error {
	v, err := parsePreset(s)
	if err == nil {
		p.initial[v.name] = v.value
	}
	return err
}

// setAliases reads alias=s:name;alias=i:number.
func (p *PV) setAliases(s string) error {
	for part := range strings.SplitSeq(s, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		alias, name, ok := strings.Cut(part, "=")
		alias, name = strings.TrimSpace(alias), strings.TrimSpace(name)
		if !ok || alias == "" || name == "" {
			return fmt.Errorf("expected alias=name, found %q", part)
		}
		p.aliases[alias] = strings.TrimPrefix(name, "$avp(")
		p.aliases[alias] = strings.TrimSuffix(p.aliases[alias], ")")
	}
	return nil
}
