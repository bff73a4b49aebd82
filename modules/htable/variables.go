// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

func (h *HTable) variables() []module.Variable {
	return []module.Variable{
		{Name: "sht", Bind: h.bindItem, Doc: "$sht(table=>key): value of an item. Assigning sets it, $null removes it. The key may have variables."},
		{Name: "shtex", Bind: h.bindExpires, Doc: "$shtex(table=>key): seconds until the item expires. Assigning changes them, 0 keeps the item for ever. Only where the table has autoexpire."},
		{Name: "shtinc", Bind: h.bindStep(1), Doc: "$shtinc(table=>key): adds 1 to an integer and returns it, at once for all workers"},
		{Name: "shtdec", Bind: h.bindStep(-1), Doc: "$shtdec(table=>key): takes 1 from an integer and returns it"},
		{Name: "shtcn", Bind: h.bindCount(byName), Doc: "$shtcn(table=>exp): number of items whose key matches a regular expression: exp or ~~exp; ends with ~%text, begins with %~text, is ==text"},
		{Name: "shtcv", Bind: h.bindCount(byText), Doc: "$shtcv(table=>exp): the same for the value of items that have a text"},
		{Name: "shtitkey", Bind: h.bindIterator(func(i item) avp.Value { return avp.String(i.key) }), Doc: "$shtitkey(iname): key of the item that the iterator is at"},
		{Name: "shtitval", Bind: h.bindIterator(func(i item) avp.Value { return i.value }), Doc: "$shtitval(iname): value of that item"},
		{Name: "shtrecord", Bind: bindRecord, Doc: "$shtrecord(key), $shtrecord(value): the item that event_route[htable:expired:NAME] is about"},
	}
}

// reference is a place where table=>text is written.
type reference struct {
	table *Table // nil when there is none of that name
	text  module.Template
}

var errReference = errors.New("write it as table=>key")

func (h *HTable) bind(b module.Binder, inner string) (reference, error) {
	name, text, ok := strings.Cut(inner, "=>")
	if !ok {
		return reference{}, errReference
	}
	name = strings.TrimSpace(name)
	if h.byName[name] == nil {
		b.Log().Warn("there is no such table: what is read of it is $null", "table", name)
	}
	t, err := b.Template(text)
	if err != nil {
		return reference{}, err
	}
	return reference{h.byName[name], t}, nil
}

var errNoTable = errors.New("there is no such table")

// itemVar is $sht(table=>key).
type itemVar struct{ reference }

func (h *HTable) bindItem(b module.Binder, inner string) (module.Accessor, error) {
	r, err := h.bind(b, inner)
	return itemVar{r}, err
}

// Get implements module.Accessor.
func (v itemVar) Get(c *module.Call, _ module.Index) module.Value {
	if v.table == nil {
		return avp.Value{}
	}
	return v.table.get(c, v.text.Eval(c), c.Mem)
}

// Set implements module.Assignable.
func (v itemVar) Set(c *module.Call, _ module.Index, to module.Value) error {
	if v.table == nil {
		return errNoTable
	}
	v.table.set(c, v.text.Eval(c), to, 0)
	return nil
}

// expiresVar is $shtex(table=>key).
type expiresVar struct{ reference }

func (h *HTable) bindExpires(b module.Binder, inner string) (module.Accessor, error) {
	r, err := h.bind(b, inner)
	return expiresVar{r}, err
}

// Get implements module.Accessor.
func (v expiresVar) Get(c *module.Call, _ module.Index) module.Value {
	if v.table == nil {
		return avp.Value{}
	}
	return avp.Number(v.table.left(c, v.text.Eval(c)))
}

// Set implements module.Assignable.
func (v expiresVar) Set(c *module.Call, _ module.Index, to module.Value) error {
	if v.table == nil {
		return errNoTable
	}
	n, ok := to.Number()
	if !ok {
		return fmt.Errorf("%q is no number of seconds", to.Str)
	}
	v.table.setExpires(c, v.text.Eval(c), seconds(n))
	return nil
}

// seconds is a life as scripts give it: what is not positive is 0.
func seconds(n int64) uint32 { return uint32(min(max(n, 0), 1<<31-1)) }

// bindStep makes $shtinc and $shtdec.
func (h *HTable) bindStep(by int64) func(module.Binder, string) (module.Accessor, error) {
	return func(b module.Binder, inner string) (module.Accessor, error) {
		r, err := h.bind(b, inner)
		return module.Getter(func(c *module.Call) module.Value {
			if r.table == nil {
				return avp.Value{}
			}
			return r.table.step(c, r.text.Eval(c), by)
		}), err
	}
}

// bindCount makes $shtcn and $shtcv.
func (h *HTable) bindCount(of func(i item) (string, bool)) func(module.Binder, string) (module.Accessor, error) {
	return func(b module.Binder, inner string) (module.Accessor, error) {
		r, err := h.bind(b, inner)
		if err != nil || r.table == nil {
			return module.Getter(func(*module.Call) module.Value { return avp.Value{} }), err
		}
		var fixed *pattern
		if r.text.Const() {
			if fixed, err = countPattern(r.text.String()); err != nil {
				return nil, err
			}
		}
		return module.Getter(func(c *module.Call) module.Value {
			p := fixed
			if p == nil {
				var err error
				if p, err = countPattern(r.text.Eval(c)); err != nil {
					c.Fail("$shtcn", err)
					return avp.Number(0)
				}
			}
			return avp.Number(r.table.matching(of, p))
		}), nil
	}
}

// bindIterator makes $shtitkey and $shtitval.
func (h *HTable) bindIterator(of func(i item) avp.Value) func(module.Binder, string) (module.Accessor, error) {
	return func(b module.Binder, inner string) (module.Accessor, error) {
		name, err := b.Template(inner)
		if err != nil {
			return nil, err
		}
		return module.Getter(func(c *module.Call) module.Value {
			it := h.iterators(c).find(name.Eval(c))
			if it == nil {
				return avp.Value{}
			}
			i, ok := it.item(c.Mem)
			if !ok {
				return avp.Value{}
			}
			return of(i)
		}), nil
	}
}

// bindRecord is $shtrecord(key) and $shtrecord(value).
func bindRecord(_ module.Binder, inner string) (module.Accessor, error) {
	if inner != "key" && inner != "value" {
		return nil, errors.New("write $shtrecord(key) or $shtrecord(value)")
	}
	return module.Getter(func(c *module.Call) module.Value {
		g, ok := c.Event.(*gone)
		switch {
		case !ok:
			return avp.Value{}
		case inner == "key":
			return avp.String(g.key)
		}
		return g.value
	}), nil
}
