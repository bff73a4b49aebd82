// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/module"
)

// profile counts dialogs, with values by value. It outlives a generation.
type profile struct {
	name   string
	valued bool

	mu     sync.Mutex
	total  int
	values map[string]int // of a profile with values
	// remote are the members that other servers keep, by their id.
	remote map[string]remoteMember
}

// remoteMember is a dialog of another server.
type remoteMember struct {
	value string
	until int64 // seconds since the epoch
}

// membership is a profile that a dialog is in.
type membership struct {
	profile *profile
	value   string
}

// declare makes the profiles of a parameter.
func (m *Module) declare(list string, valued bool) error {
	for name := range strings.SplitSeq(list, ";") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		for i := range len(name) {
			if c := name[i]; !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-') {
				return fmt.Errorf("a profile has a name of letters, digits, _ and -, found %q", name)
			}
		}
		if m.profiles[name] != nil {
			return fmt.Errorf("profile %q is declared twice", name)
		}
		m.profiles[name] = &profile{name: name, valued: valued, values: map[string]int{}}
	}
	return nil
}

func (p *profile) add(value string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total += n
	if !p.valued {
		return
	}
	switch now := p.values[value] + n; {
	case now <= 0:
		delete(p.values, value)
	case n > 0 && now == n:
		p.values[strings.Clone(value)] = now
	default:
		p.values[value] = now
	}
}

// size counts the members; with a value those that have it.
func (p *profile) size(value string, given bool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if given && p.valued {
		return p.values[value]
	}
	return p.total
}

// addRemote adds a member of another server, or takes it out.
func (p *profile) addRemote(id, value string, until int64) bool {
	p.mu.Lock()
	if _, there := p.remote[id]; there {
		p.mu.Unlock()
		return false
	}
	if p.remote == nil {
		p.remote = map[string]remoteMember{}
	}
	value = strings.Clone(value)
	p.remote[strings.Clone(id)] = remoteMember{value, until}
	p.mu.Unlock()
	p.add(value, 1)
	return true
}

func (p *profile) dropRemote(id string) bool {
	p.mu.Lock()
	r, there := p.remote[id]
	delete(p.remote, id)
	p.mu.Unlock()
	if there {
		p.add(r.value, -1)
	}
	return there
}

// expireRemote drops the members of other servers whose time is over, and tells
// whether there are more.
func (p *profile) expireRemote(now int64) (left bool) {
	p.mu.Lock()
	var over []string
	for id, r := range p.remote {
		if r.until <= now {
			over = append(over, id)
		}
	}
	p.mu.Unlock()
	for _, id := range over {
		p.dropRemote(id)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.remote) > 0
}

// enter puts the dialog into a profile.
func (d *Dialog) enter(p *profile, value string) {
	if !p.valued {
		value = ""
	}
	value = strings.Clone(value)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state == Deleted {
		return
	}
	d.profiles = append(d.profiles, membership{p, value})
	d.dflags |= flagProfiles
	d.touch()
	p.add(value, 1)
}

// leave takes the dialog out of a profile; false says that it was not in it.
func (d *Dialog) leave(p *profile, value string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, at := range d.profiles {
		if at.profile == p && (!p.valued || at.value == value) {
			d.profiles = append(d.profiles[:i], d.profiles[i+1:]...)
			d.dflags |= flagProfiles
			d.touch()
			p.add(at.value, -1)
			return true
		}
	}
	return false
}

// in tells whether the dialog is in a profile.
func (d *Dialog) in(p *profile, value string, given bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, at := range d.profiles {
		if at.profile == p && (!given || !p.valued || at.value == value) {
			return true
		}
	}
	return false
}

// leaveProfiles takes the dialog out of the counts of all its profiles; they
// stay in the list that dlg.list shows. mu is held.
func (d *Dialog) leaveProfiles() {
	for _, at := range d.profiles {
		at.profile.add(at.value, -1)
	}
	d.profiles = nil
}

// profileArg is the profile that an argument names.
func (m *Module) profileArg(a module.Args, i int) (*profile, error) {
	if p := m.profiles[a.Str(i)]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("there is no profile %q: profiles_with_value and profiles_no_value name them", a.Str(i))
}

// knownProfile makes a Prepare that refuses the name of a profile that is not
// there, where it is a constant.
func (m *Module) knownProfile(i int) func(module.Binder, module.Args) error {
	return func(_ module.Binder, a module.Args) error {
		if !a[i].Const {
			return nil
		}
		_, err := m.profileArg(a, i)
		return err
	}
}

// setProfile is set_dlg_profile(profile[, value]).
func (m *Module) setProfile(c *module.Call, a module.Args) module.Result {
	p, err := m.profileArg(a, 0)
	if err != nil {
		return c.Fail("set_dlg_profile", err)
	}
	if p.valued && !a[1].Given {
		return c.Fail("set_dlg_profile", fmt.Errorf("profile %q has values: give one", p.name))
	}
	d := m.lookup(c)
	if d == nil {
		return c.Fail("set_dlg_profile", errNoDialog)
	}
	d.enter(p, a.Str(1))
	return module.True
}

// unsetProfile is unset_dlg_profile(profile[, value]).
func (m *Module) unsetProfile(c *module.Call, a module.Args) module.Result {
	p, err := m.profileArg(a, 0)
	if err != nil {
		return c.Fail("unset_dlg_profile", err)
	}
	if p.valued && !a[1].Given {
		return c.Fail("unset_dlg_profile", fmt.Errorf("profile %q has values: give one", p.name))
	}
	d := m.lookup(c)
	return module.Bool(d != nil && d.leave(p, a.Str(1)))
}

// inProfile is is_in_profile(profile[, value]).
func (m *Module) inProfile(c *module.Call, a module.Args) module.Result {
	p, err := m.profileArg(a, 0)
	if err != nil {
		return c.Fail("is_in_profile", err)
	}
	d := m.lookup(c)
	return module.Bool(d != nil && d.in(p, a.Str(1), a[1].Given))
}

// profileSize is get_profile_size(profile[, value], size).
func (m *Module) profileSize(c *module.Call, a module.Args) module.Result {
	p, err := m.profileArg(a, 0)
	if err != nil {
		return c.Fail("get_profile_size", err)
	}
	value, given, to := "", false, a.Var(2)
	if a[2].Given {
		value, given = a.Template(1).Eval(c), true
	} else {
		to = m.sizeVars[a.Template(1).String()]
	}
	v, ok := to.(module.Assignable)
	if !ok {
		return c.Fail("get_profile_size", errSizeVar)
	}
	if err := v.Set(c, module.Index{}, number(int64(p.size(value, given)))); err != nil {
		return c.Fail("get_profile_size", err)
	}
	return module.True
}

// remoteProfile is dlg_remote_profile(cmd, profile, value, uid, expires).
func (m *Module) remoteProfile(c *module.Call, a module.Args) module.Result {
	p, err := m.profileArg(a, 1)
	if err != nil {
		return c.Fail("dlg_remote_profile", err)
	}
	switch a.Str(0) {
	case "add":
		added := p.addRemote(a.Str(3), a.Str(2), int64(a.Int(4, 0)))
		if added {
			m.remoteTimer.Arm(time.Second)
		}
		return module.Bool(added)
	case "rm":
		return module.Bool(p.dropRemote(a.Str(3)))
	}
	return c.Fail("dlg_remote_profile", errRemote)
}
