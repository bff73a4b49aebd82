// SPDX-License-Identifier: Apache-2.0

package uac

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/module"
)

// Bits of the state of a registration, as uac.reg_info shows them.
const (
	disabled = 1 << iota
	ongoing
	online
	authSent
	begun // the first REGISTER was sent
)

// account is a profile and how far its registration is.
type account struct {
	profile

	// All below is guarded by the registry's lock.
	flags int64
	// expiry is when the registration ends, or the next attempt is due after a
	// failure; begin when the first REGISTER may be sent. Seconds since the
	// epoch.
	expiry, begin int64
	// lasting is the lifetime that is asked for, where the server wanted
	// another one than the profile has.
	lasting int64
	// callID and cseq are those of the last REGISTER.
	callID string
	cseq   uint32
}

// registry has the accounts. It outlives generations.
type registry struct {
	active atomic.Bool

	mu       sync.RWMutex
	accounts map[string]*account // by uuid
	byUser   map[string][]*account
	order    []*account // as they came
	reloaded int64      // when, in seconds since the epoch
}

func newRegistry(active bool) *registry {
	r := &registry{accounts: map[string]*account{}, byUser: map[string][]*account{}}
	r.active.Store(active)
	return r
}

// put adds an account, or puts it in the place of that with the same uuid.
func (r *registry) put(a *account) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(a.uuid)
	r.accounts[a.uuid] = a
	r.byUser[a.localUser] = append(r.byUser[a.localUser], a)
	r.order = append(r.order, a)
}

// remove takes an account out; false where there is none.
func (r *registry) remove(uuid string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.drop(uuid)
}

// drop is remove with the lock held.
func (r *registry) drop(uuid string) bool {
	a := r.accounts[uuid]
	if a == nil {
		return false
	}
	same := func(b *account) bool { return a == b }
	delete(r.accounts, uuid)
	if r.byUser[a.localUser] = slices.DeleteFunc(r.byUser[a.localUser], same); len(r.byUser[a.localUser]) == 0 {
		delete(r.byUser, a.localUser)
	}
	r.order = slices.DeleteFunc(r.order, same)
	return true
}

// replace makes a list of profiles the accounts. One that is as it was keeps its
// registration.
func (r *registry) replace(list []profile, make func(p profile) *account) {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.accounts
	r.accounts, r.byUser, r.order = map[string]*account{}, map[string][]*account{}, nil
	for _, p := range list {
		a := was[p.uuid]
		if a == nil || a.profile != p {
			a = make(p)
		}
		if r.accounts[p.uuid] != nil {
			continue
		}
		r.accounts[p.uuid] = a
		r.byUser[p.localUser] = append(r.byUser[p.localUser], a)
		r.order = append(r.order, a)
	}
}

// get returns the account of a uuid, or nil.
func (r *registry) get(uuid string) *account {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.accounts[uuid]
}

// user returns the account of a local user name, and of a domain where one is
// given.
func (r *registry) user(name, domain string) *account {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, a := range r.byUser[name] {
		if domain == "" || a.localDomain == domain {
			return a
		}
	}
	return nil
}

// attribute returns the field of an account that a filter names.
func attribute(name string) func(a *account) string {
	switch name {
	case "l_uuid":
		return func(a *account) string { return a.uuid }
	case "l_username":
		return func(a *account) string { return a.localUser }
	case "r_username":
		return func(a *account) string { return a.remoteUser }
	case "auth_username":
		return func(a *account) string { return a.username }
	}
	return nil
}

// find returns the first account whose attribute has a value.
func (r *registry) find(of func(a *account) string, value string) *account {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, a := range r.order {
		if of(a) == value {
			return a
		}
	}
	return nil
}

// list returns all accounts.
func (r *registry) list() []*account {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.order)
}

// count counts accounts with a flag; those without one, for 0, are all.
func (r *registry) count(flag int64) int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if flag == 0 {
		return int64(len(r.order))
	}
	n := int64(0)
	for _, a := range r.order {
		if a.flags&flag != 0 {
			n++
		}
	}
	return n
}

// update changes an account that is still in the registry; false for one that
// was taken out or replaced meanwhile.
func (r *registry) update(a *account, f func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.accounts[a.uuid] != a {
		return false
	}
	f()
	return true
}

// describe adds an account to a reply.
func (r *registry) describe(out *module.Struct, a *account, now int64) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	some := func(s, none string) any {
		if s != "" {
			return s
		}
		if none == "" {
			return nil
		}
		return none
	}
	out.Add("l_uuid", a.uuid).Add("l_username", a.localUser).Add("l_domain", a.localDomain).Add("r_username", a.remoteUser).
		Add("r_domain", a.remoteDomain).Add("realm", a.realm).Add("auth_username", a.username).Add("auth_password", some(a.password, "none")).
		Add("auth_ha1", some(a.ha1, "none")).Add("auth_proxy", some(a.proxy, "none")).Add("expires", a.lasting).Add("flags", a.flags).
		Add("diff_expires", a.expiry-now).Add("timer_expires", a.expiry).Add("reg_init", a.begin).Add("reg_delay", a.delay).
		Add("contact_addr", some(a.contact, "none")).Add("socket", some(a.socketName, ""))
}
