// SPDX-License-Identifier: Apache-2.0

package pdt

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/prefix"
	"github.com/kahea-sip/kahea/core/sip"
)

// What is left of the user (rewrite_mode); any other number is the first.
const (
	stripAll = iota
	stripLead
	stripNothing
)

// Where prefixes are looked for (multidomain_mode); any other number is the
// first.
const (
	anySource = iota
	fromSource
	fromThenAny
)

// anyDomain is the source domain of prefixes that are for all.
const anyDomain = "*"

// prefix2domain is prefix2domain([rewrite_mode [, multidomain_mode]]).
func (p *PDT) prefix2domain(c *module.Call, a module.Args) module.Result {
	mode, source := a.Int(1, anySource), anyDomain
	if mode == fromSource || mode == fromThenAny {
		from, err := c.Msg.FromURI()
		if err != nil {
			return c.Fail("prefix2domain", err)
		}
		source = from.Host
	}
	done, err := p.rewrite(c, source, a.Int(0, stripAll))
	if !done && err == nil && mode == fromThenAny {
		done, err = p.rewrite(c, anyDomain, a.Int(0, stripAll))
	}
	if err != nil {
		return c.Fail("prefix2domain", err)
	}
	return module.Bool(done)
}

// translate is pd_translate(sdomain, rewrite_mode).
func (p *PDT) translate(c *module.Call, a module.Args) module.Result {
	done, err := p.rewrite(c, a.Str(0), a.Int(1, stripAll))
	if err != nil {
		return c.Fail("pd_translate", err)
	}
	return module.Bool(done)
}

// rewrite makes the new Request-URI; false where no prefix of the source domain
// fits. A URI without user stays as it is: there is nothing to translate.
func (p *PDT) rewrite(c *module.Call, source string, mode int) (bool, error) {
	u, err := c.ParseURI(c.Target.URI)
	if err != nil {
		return false, module.ErrRequestURI
	}
	user := u.User
	number, ok := strings.CutPrefix(user, p.lead)
	area := p.areas.Load().find(source)
	if user == "" || !ok || area == nil || !area.clean(number) {
		return false, nil
	}
	key, length := area.index.Longest(number)
	if key == prefix.NoKey {
		return false, nil
	}
	switch mode {
	case stripNothing:
	case stripLead:
		user = number
	default:
		user = number[length:]
	}
	c.Target.URI = c.Keep(c.Mem.Keep(appendURI(c.Mem.Begin(), user, u, area.domains[key])))
	return true, nil
}

// appendURI writes the new URI. A tel URI becomes a SIP one: it has no domain.
func appendURI(b []byte, user string, old *sip.URI, domain string) []byte {
	scheme := old.SchemeText
	if strings.EqualFold(scheme, "tel") {
		scheme = "sip"
	}
	b = append(append(b, scheme...), ':')
	if user != "" {
		b = append(b, user...)
		if old.HasPassword {
			b = append(append(b, ':'), old.Password...)
		}
		b = append(b, '@')
	}
	return append(b, domain...)
}

// clean tells whether no sign that prefixes cannot have stands where longer
// prefixes are known: such a number has no prefix, as in the reference.
func (a *area) clean(number string) bool {
	at, ok := prefix.Node(0), true
	for i := 0; i < len(number) && !a.index.Leaf(at); i++ {
		if !a.index.Alphabet().Has(number[i]) {
			return false
		}
		if at, ok = a.index.Next(at, number[i]); !ok {
			break
		}
	}
	return true
}
