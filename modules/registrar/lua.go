// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"errors"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func (r *Registrar) luaFunctions() []module.Function {
	profile, attribute := module.Arg{Name: "profile", Doc: "name that reg_fetch_contacts was given"}, module.Arg{Name: "attribute", Doc: "as of $ulc"}
	return []module.Function{
		{Name: "ulc_cget", Args: []module.Arg{profile, attribute, {Name: "index", Type: module.ArgInt, Doc: "which contact, 0 the first"}}, Get: r.luaContact,
			Doc: "An attribute of a contact that reg_fetch_contacts found, nil where there is none."},
		{Name: "ulc_rget", Args: []module.Arg{profile, attribute}, Get: r.luaContact,
			Doc: "An attribute of the user whose contacts reg_fetch_contacts found: aor, domain, aorhash or count."},
		{Name: "set_q_override", Args: []module.Arg{{Name: "q", Compile: luaQ, Doc: "priority, 0 to 1"}}, Run: r.setQ,
			Doc: "The priority that save() gives the contacts of this message, whatever they ask for."},
	}
}

func (r *Registrar) luaContact(c *module.Call, a module.Args) module.Value {
	get := attributes[a.Str(1)]
	if get == nil {
		c.Fail("KSR.registrar", errULC)
		return avp.Value{}
	}
	n := 0
	if len(a) > 2 {
		n = a.Int(2, 0)
	}
	u := ulc{r, a.Str(0), get}
	return u.Get(c, module.Index{Given: true, N: n})
}

var errPriority = errors.New("a priority is a number of 0 to 1")

func luaQ(text string) (any, error) {
	if q, ok := sip.ParseQ(text); ok {
		return int(q), nil
	}
	return nil, errPriority
}

// override is the priority that a script wants for one message.
type override struct {
	serial uint64
	q      int
}

func (r *Registrar) setQ(c *module.Call, a module.Args) module.Result {
	q, ok := a[0].Data.(int)
	if !ok {
		return c.Fail("KSR.registrar.set_q_override", a[0].Err)
	}
	*r.override(c) = override{c.Serial, q}
	return module.True
}

// override is what a Call remembers of setQ.
func (r *Registrar) override(c *module.Call) *override {
	return c.Local(overrideKey{r}, func() any { return new(override) }).(*override)
}

type overrideKey struct{ r *Registrar }
