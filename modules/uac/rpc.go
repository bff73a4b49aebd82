// SPDX-License-Identifier: Apache-2.0

package uac

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
)

func (m *Module) commands() []module.Command {
	list := []module.Command{
		{Name: "uac.reg_dump", Run: m.rpcDump, Array: true, Doc: "Tells all remote registrations."},
		{Name: "uac.reg_info", Run: m.rpcInfo, Doc: "Tells the remote registration whose attribute (l_uuid, l_username, r_username, auth_username) has a value."},
		{Name: "uac.reg_enable", Run: m.rpcTurn(func(a *account) { m.turn(a, true) }), Doc: "Enables the remote registration whose attribute has a value."},
		{Name: "uac.reg_disable", Run: m.rpcTurn(func(a *account) { m.turn(a, false) }), Doc: "Disables it; what is registered runs out."},
		{Name: "uac.reg_unregister", Run: m.rpcTurn(func(a *account) { m.register(a, true) }), Doc: "Takes the registration back, with Expires 0, and disables it."},
		{Name: "uac.reg_reload", Run: m.rpcReload, Doc: "Reads the table anew, not more often than reg_gc_interval says. Accounts that are as they were stay registered."},
		{Name: "uac.reg_refresh", Run: m.rpcRefresh, Doc: "Reads one account, named by its l_uuid, from the table, and registers it."},
		{Name: "uac.reg_active", Run: m.rpcActive, Doc: "1 goes on with registering, 0 stops it for all accounts."},
		{Name: "uac.reg_add", Run: m.rpcAdd, Doc: "Adds an account: l_uuid, l_username, l_domain, r_username, r_domain, realm, auth_username, auth_password, auth_ha1, auth_proxy, expires, flags, reg_delay, socket, contact_addr; a dot stands for nothing."},
		{Name: "uac.reg_remove", Run: m.rpcRemove, Doc: "Takes an account, named by its l_uuid, out."},
	}
	for i := range list {
		run := list[i].Run
		list[i].Run = func(r *module.Request) error {
			if m.database == nil {
				return module.Faultf(500, "%s", errNoRegistry)
			}
			return run(r)
		}
	}
	return list
}

var (
	errNoRecord = &module.Fault{Code: 404, Text: "Record not found"}
	errInvalid  = &module.Fault{Code: 400, Text: "Invalid Parameters"}
)

func (m *Module) rpcDump(r *module.Request) error {
	now := m.now()
	for _, a := range m.registry.list() {
		m.registry.describe(r.Struct(), a, now)
	}
	return nil
}

// rpcFind finds the account that the arguments name.
func (m *Module) rpcFind(r *module.Request) (*account, error) {
	name, err := r.Str(0)
	if err != nil {
		return nil, errInvalid
	}
	value, err := r.Str(1)
	if err != nil {
		return nil, errInvalid
	}
	of := attribute(name)
	if of == nil {
		return nil, module.Faultf(400, "Unsupported filter attribute")
	}
	if a := m.registry.find(of, value); a != nil {
		return a, nil
	}
	return nil, errNoRecord
}

func (m *Module) rpcInfo(r *module.Request) error {
	a, err := m.rpcFind(r)
	if err != nil {
		return err
	}
	m.registry.describe(r.Struct(), a, m.now())
	return nil
}

func (m *Module) rpcTurn(f func(a *account)) func(r *module.Request) error {
	return func(r *module.Request) error {
		a, err := m.rpcFind(r)
		if err != nil {
			return err
		}
		f(a)
		return nil
	}
}

func (m *Module) rpcReload(r *module.Request) error {
	now := m.now()
	m.registry.mu.Lock()
	soon := now-m.registry.reloaded < int64(m.gcInterval)
	if !soon {
		m.registry.reloaded = now
	}
	m.registry.mu.Unlock()
	if soon {
		return module.Faultf(500, "Failed to shift records - check log messages")
	}
	list, err := m.loadProfiles(r.Context, "")
	if err != nil {
		m.log.Error("the accounts stay as they were", "err", err)
		return module.Faultf(500, "Failed to reload records - check log messages")
	}
	m.registry.replace(list, m.newAccount)
	return nil
}

func (m *Module) rpcRefresh(r *module.Request) error {
	uuid, err := r.Str(0)
	if err != nil {
		return errInvalid
	}
	list, err := m.loadProfiles(r.Context, uuid)
	switch {
	case err != nil:
		m.log.Error("an account stays as it was", "l_uuid", uuid, "err", err)
		return module.Faultf(500, "Failed to refresh record - check log messages")
	case len(list) == 0 || uuid == "":
		return errNoRecord
	}
	m.registry.put(m.newAccount(list[0]))
	return nil
}

func (m *Module) rpcActive(r *module.Request) error {
	if r.Len() == 0 {
		return module.Faultf(500, "Missing parameter")
	}
	n, err := r.Int(0)
	if err != nil {
		return err
	}
	number := map[bool]int{true: 1}
	was := m.registry.active.Swap(n != 0)
	r.Struct().Add("omode", number[was]).Add("nmode", number[n != 0])
	return nil
}

func (m *Module) rpcAdd(r *module.Request) error {
	if r.Len() < 15 {
		return errInvalid
	}
	var p profile
	// The command has expires, flags and reg_delay in front of the last two.
	texts, at := p.texts(), 0
	for i := range 15 {
		if i >= 10 && i < 13 {
			n, err := r.Int(i)
			if err != nil {
				return errInvalid
			}
			*[]*int64{&p.expires, &p.flags, &p.delay}[i-10] = n
			continue
		}
		s, err := r.Str(i)
		if err != nil {
			return errInvalid
		}
		if s != "." {
			*texts[at] = s
		}
		at++
	}
	if m.registry.get(p.uuid) != nil {
		return module.Faultf(409, "uuid already exists")
	}
	if err := m.check(&p); err != nil {
		text := err.Error()
		if !errors.Is(err, errPassword) {
			m.log.Error("an account cannot be added", "l_uuid", p.uuid, "err", err)
		}
		return module.Faultf(500, "Failed to add record - %s", text)
	}
	m.registry.put(m.newAccount(p))
	return nil
}

func (m *Module) rpcRemove(r *module.Request) error {
	uuid, err := r.Str(0)
	if err != nil {
		return errInvalid
	}
	if !m.registry.remove(uuid) {
		return errNoRecord
	}
	return nil
}
