// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// judge allows pairs of left with each of right: when the allow file matches
// all, or else the deny file matches none.
func (m *Permissions) judge(allowFile, denyFile, left string, right []string) bool {
	allow, deny := m.files[allowFile], m.files[denyFile]
	all := true
	for _, uri := range right {
		if !allow.match(left, uri) {
			all = false
			break
		}
	}
	if all {
		return true
	}
	for _, uri := range right {
		if deny.match(left, uri) {
			return false
		}
	}
	return true
}

// plain is a URI as rules see it: scheme, user and host, with port where it is
// asked for. Text that is no URI is left as it is.
func plain(c *module.Call, text string, port bool) string {
	u, err := c.ParseURI(text)
	if err != nil || u.Host == "" {
		return text
	}
	b := append(c.Mem.Begin(), "sip:"...)
	if u.User != "" {
		b = append(append(b, u.User...), '@')
	}
	b = append(b, u.Host...)
	if port && u.PortText != "" {
		b = append(append(b, ':'), u.PortText...)
	}
	return c.Mem.Keep(b)
}

// address is the URI of From or To.
func address(c *module.Call, of func() (*sip.NameAddr, error)) (string, bool) {
	a, err := of()
	if err != nil {
		return "", false
	}
	return plain(c, a.URI, false), true
}

// allowRouting is allow_routing([basename | allow_file, deny_file]).
func (m *Permissions) allowRouting(c *module.Call, a module.Args) module.Result {
	from, ok := address(c, c.Msg.From)
	if !ok {
		return module.False
	}
	uris := []string{plain(c, c.Target.URI, false)}
	if m.allBranches != 0 {
		for i := range c.Branches {
			uris = append(uris, plain(c, c.Branches[i].URI, false))
		}
	}
	allow, deny := m.ruleFiles(a)
	return module.Bool(m.judge(allow, deny, from, uris))
}

// allowRegister is allow_register(basename | allow_file, deny_file).
func (m *Permissions) allowRegister(port bool) func(*module.Call, module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		to, ok := address(c, c.Msg.To)
		if !ok {
			return module.False
		}
		contacts, err := c.Msg.Contacts()
		if err != nil {
			return module.False
		}
		var uris []string
		for i := range contacts {
			if contacts[i].Star {
				return module.True
			}
			uris = append(uris, plain(c, contacts[i].URI, port))
		}
		if len(uris) == 0 {
			return module.True
		}
		allow, deny := m.ruleFiles(a)
		return module.Bool(m.judge(allow, deny, to, uris))
	}
}

// allowURI is allow_uri(basename, uri). The URI is looked at as it is written.
func (m *Permissions) allowURI(c *module.Call, a module.Args) module.Result {
	from, ok := address(c, c.Msg.From)
	if !ok {
		return module.False
	}
	allow, deny := m.basedFiles(a.Str(0))
	return module.Bool(m.judge(allow, deny, from, []string{a.Str(1)}))
}
