// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"context"

	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
)

func (m *Permissions) rpcReloadAddresses(r *module.Request) error {
	if m.db == nil && m.addressFile == "" {
		return module.Faultf(500, "No address file or database url")
	}
	if m.tooEarly(&m.reloaded[0]) {
		return module.Faultf(500, "ongoing reload")
	}
	return m.report(r, m.reloadAddresses(r.Context))
}

func (m *Permissions) rpcReloadTrusted(r *module.Request) error {
	if m.db == nil || m.dbMode == 0 {
		return module.Faultf(500, "Trusted table is not kept in memory: db_mode is 0")
	}
	if m.tooEarly(&m.reloaded[1]) {
		return module.Faultf(500, "ongoing reload")
	}
	return m.report(r, m.reloadTrusted(r.Context))
}

// report answers a reload; the reason of a failure is in the log, too.
func (m *Permissions) report(r *module.Request, err error) error {
	if err != nil {
		m.host.Log().Log(context.Background(), module.LevelErr, "reload failed, what was loaded before stays", "module", "permissions", "err", err)
		return module.Faultf(500, "Reload Failed")
	}
	r.Add("Reload OK")
	return nil
}

// dump lists entries.
func (m *Permissions) dump(r *module.Request, choose func(*entry) bool, number, none string, item func(*module.Struct, *entry)) error {
	t := m.addresses.Load()
	if t == nil {
		return nil
	}
	n := 0
	for i := range t.all {
		e := &t.all[i]
		if !choose(e) {
			continue
		}
		s := r.Struct().Add(number, n).Add("group", e.group)
		n++
		tag := none
		if e.hasTag {
			tag = e.tag
		}
		one := s.Struct("item")
		item(one, e)
		one.Add("port", e.port).Add("tag", tag)
	}
	return nil
}

func (m *Permissions) rpcAddresses(r *module.Request) error {
	return m.dump(r, (*entry).whole, "table", "NULL", func(s *module.Struct, e *entry) { s.Add("ip", e.prefix.Addr().String()) })
}

func (m *Permissions) rpcSubnets(r *module.Request) error {
	return m.dump(r, func(e *entry) bool { return e.prefix.IsValid() && !e.whole() }, "id", "",
		func(s *module.Struct, e *entry) { s.Add("ip", e.prefix.Addr().String()).Add("mask", e.prefix.Bits()) })
}

func (m *Permissions) rpcDomains(r *module.Request) error {
	return m.dump(r, func(e *entry) bool { return !e.prefix.IsValid() }, "table", "NULL",
		func(s *module.Struct, e *entry) { s.Add("domain_name", e.domain) })
}

func (m *Permissions) rpcTrusted(r *module.Request) error {
	t := m.trusted.Load()
	if t == nil {
		return module.Faultf(500, "Trusted table is not kept in memory: db_mode is 0")
	}
	s := r.Struct()
	for i, source := range t.sources {
		for _, p := range t.bySource[source] {
			tag := "NULL"
			if p.hasTag {
				tag = p.tag
			}
			s.Add("table", i)
			s.Struct("item").Add("ip", source).Add("proto", int(p.proto)).Add("pattern", pattern(p.from)).
				Add("ruri_pattern", pattern(p.request)).Add("tag", tag).Add("priority", p.priority)
		}
	}
	return nil
}

func pattern(re *ere.Regexp) string {
	if re == nil {
		return "NULL"
	}
	return re.String()
}

// rpcTestURI is permissions.testUri basename from uri.
func (m *Permissions) rpcTestURI(r *module.Request) error {
	if r.Len() < 3 {
		return module.Faultf(500, "Not enough parameters (basename, URI and contact)")
	}
	var text [3]string
	for i := range text {
		var err error
		if text[i], err = r.Str(i); err != nil {
			return err
		}
	}
	allow, deny := m.basedFiles(text[0])
	if m.names[allow] && m.judge(allow, deny, text[1], text[2:]) {
		r.Add("Allowed")
	} else {
		r.Add("Denied")
	}
	return nil
}
