// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

// profile is what reg_fetch_contacts has found, with texts of its own.
type profile struct {
	name, aor, domain string
	slot              int
	contacts          []usrloc.Contact
}

// profiles are those of one Call.
type profiles struct{ list []profile }

func (p *profiles) named(name string) *profile {
	if p == nil {
		return nil
	}
	for i := range p.list {
		if p.list[i].name == name {
			return &p.list[i]
		}
	}
	return nil
}

// fetch is reg_fetch_contacts(domain, uri, profile).
func (r *Registrar) fetch(c *module.Call, a module.Args) module.Result {
	d, err := r.domain(a)
	if err != nil {
		return c.Fail("reg_fetch_contacts", err)
	}
	all := r.profiles.make(c)
	p := all.named(a.Str(2))
	if p == nil {
		all.list = append(all.list, profile{name: strings.Clone(a.Str(2))})
		p = &all.list[len(all.list)-1]
	}
	*p = profile{name: p.name}
	aor, err := r.aor(c, a.Str(1))
	if err != nil {
		return module.False
	}
	v, err := d.Visit(c, aor)
	if err != nil {
		return c.Fail("reg_fetch_contacts", err)
	}
	defer v.Leave()
	b := v.Lock()
	defer b.Unlock()
	for h := b.First(); h != 0; h = b.Next(h) {
		var k usrloc.Contact
		b.Read(h, &k)
		k.Own()
		p.contacts = append(p.contacts, k)
	}
	if p.contacts == nil {
		return module.False
	}
	p.aor, p.domain, p.slot = strings.Clone(aor), d.Name(), b.Slot()
	return module.True
}

// free is reg_free_contacts(profile).
func (r *Registrar) free(c *module.Call, a module.Args) module.Result {
	if p := r.profiles.at(c).named(a.Str(0)); p != nil {
		*p = profile{name: p.name}
	}
	return module.True
}

// ulc is one place where $ulc is written.
type ulc struct {
	r       *Registrar
	profile string
	get     func(p *profile, k *usrloc.Contact) avp.Value
}

var errULC = errors.New("written as $ulc(profile=>attribute)")

// bindULC reads the text between the parentheses.
func (r *Registrar) bindULC(_ module.Binder, inner string) (module.Accessor, error) {
	name, attribute, ok := strings.Cut(inner, "=>")
	name, attribute = strings.TrimSpace(name), strings.TrimSpace(attribute)
	if !ok || name == "" {
		return nil, errULC
	}
	get := attributes[attribute]
	if get == nil {
		return nil, fmt.Errorf("contacts have no attribute %q", attribute)
	}
	return &ulc{r, name, get}, nil
}

// Get implements module.Accessor. An index below 0 counts as 0, as in Kamailio.
func (u *ulc) Get(c *module.Call, i module.Index) avp.Value {
	var p *profile
	if e, ok := c.Event.(*profile); ok && e.name == u.profile {
		p = e
	} else {
		p = u.r.profiles.at(c).named(u.profile)
	}
	n := 0
	if i.Given && !i.All {
		n = max(i.N, 0)
	}
	if p == nil || n >= len(p.contacts) {
		return avp.Value{}
	}
	return u.get(p, &p.contacts[n])
}

func text(s string) avp.Value {
	if s == "" {
		return avp.Value{}
	}
	return avp.String(s)
}

var attributes = map[string]func(p *profile, k *usrloc.Contact) avp.Value{
	"aor":        func(p *profile, _ *usrloc.Contact) avp.Value { return avp.String(p.aor) },
	"domain":     func(p *profile, _ *usrloc.Contact) avp.Value { return avp.String(p.domain) },
	"aorhash":    func(p *profile, _ *usrloc.Contact) avp.Value { return avp.Number(int64(p.slot)) },
	"count":      func(p *profile, _ *usrloc.Contact) avp.Value { return avp.Number(int64(len(p.contacts))) },
	"addr":       func(_ *profile, k *usrloc.Contact) avp.Value { return avp.String(k.URI) },
	"path":       func(_ *profile, k *usrloc.Contact) avp.Value { return avp.String(k.Path) },
	"received":   func(_ *profile, k *usrloc.Contact) avp.Value { return avp.String(k.Received) },
	"expires":    func(_ *profile, k *usrloc.Contact) avp.Value { return avp.Number(k.Expires) },
	"callid":     func(_ *profile, k *usrloc.Contact) avp.Value { return avp.String(k.CallID) },
	"regid":      func(_ *profile, k *usrloc.Contact) avp.Value { return avp.Number(int64(k.RegID)) },
	"q":          func(_ *profile, k *usrloc.Contact) avp.Value { return avp.Number(int64(k.Q)) },
	"cseq":       func(_ *profile, k *usrloc.Contact) avp.Value { return avp.Number(int64(k.CSeq)) },
	"flags":      func(_ *profile, k *usrloc.Contact) avp.Value { return avp.Number(int64(k.Flags)) },
	"cflags":     func(_ *profile, k *usrloc.Contact) avp.Value { return avp.Number(int64(k.CFlags)) },
	"user_agent": func(_ *profile, k *usrloc.Contact) avp.Value { return avp.String(k.UserAgent) },
	"socket": func(_ *profile, k *usrloc.Contact) avp.Value {
		if k.Socket == nil {
			return avp.Value{}
		}
		return avp.String(k.Socket.Text)
	},
	"modified": func(_ *profile, k *usrloc.Contact) avp.Value { return avp.Number(k.Modified) },
	"methods":  func(_ *profile, k *usrloc.Contact) avp.Value { return avp.Number(int64(k.Methods)) },
	"ruid":     func(_ *profile, k *usrloc.Contact) avp.Value { return avp.String(string(k.AppendRUID(nil))) },
	"instance": func(_ *profile, k *usrloc.Contact) avp.Value { return text(k.Instance) },
	"conid": func(_ *profile, k *usrloc.Contact) avp.Value {
		if k.Conn == 0 {
			return avp.Value{}
		}
		return avp.Number(int64(k.Conn))
	},
	"server_id": func(_ *profile, k *usrloc.Contact) avp.Value { return avp.Number(int64(k.ServerID)) },
}

// runExpired runs event_route[usrloc:contact-expired].
func (r *Registrar) runExpired(route module.RouteRef, domain, aor string, k *usrloc.Contact) {
	c := r.host.NewCall()
	defer r.host.FreeCall(c)
	c.Route = module.EventRoute
	c.Event = &profile{name: "exp", aor: aor, domain: domain, slot: r.loc.Domain(domain).Slot(aor), contacts: []usrloc.Contact{*k}}
	c.Gen.Program.Run(c, route)
	c.Event = nil
}
