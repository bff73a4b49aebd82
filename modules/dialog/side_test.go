// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"fmt"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
)

func TestSide(t *testing.T) {
	up, early := &Dialog{}, &Dialog{}
	up.caller.tag, up.callee.tag, early.caller.tag = "a", "b", "a"
	rows := []struct {
		d        *Dialog
		from, to string
		want     Side
	}{
		{up, "a", "b", Caller},
		{up, "b", "a", Callee},
		{up, "a", "", Caller}, // CANCEL
		{up, "a", "c", Nobody},
		{up, "c", "a", Nobody},
		{up, "c", "", Nobody},
		{early, "a", "b", Caller},
		{early, "b", "a", Callee},
		{early, "b", "c", Nobody},
	}
	for _, row := range rows {
		if got := row.d.side(row.from, row.to); got != row.want {
			t.Errorf("from %q to %q, callee %q: side %d, want %d", row.from, row.to, row.d.callee.tag, got, row.want)
		}
	}
}

// What a table has of one Call-ID, and of others in the same shard, is found and
// taken out in any order.
func TestTable(t *testing.T) {
	m := New()
	var all []*Dialog
	for n := range 600 {
		d := &Dialog{m: m, callID: fmt.Sprint("c", n/3), id: uint32(n)}
		d.entry = m.entryOf(d.callID)
		d.caller.tag = fmt.Sprint("t", n)
		m.table.add(d)
		all = append(all, d)
	}
	for n := range all {
		d := all[n*7%len(all)]
		if got, side := m.byTags(d.callID, d.caller.tag, "x"); got != d || side != Caller {
			t.Fatalf("%s %s is not found", d.callID, d.caller.tag)
		}
		if m.byID(d.entry, d.id) != d {
			t.Fatalf("%d %d is not found", d.entry, d.id)
		}
		m.table.remove(d)
		m.table.remove(d)
		if got, _ := m.byTags(d.callID, d.caller.tag, "x"); got != nil {
			t.Fatalf("%s %s is found after its end", d.callID, d.caller.tag)
		}
		if left := m.table.count(); left != int64(len(all)-n-1) {
			t.Fatalf("%d dialogs are left", left)
		}
	}
}

func TestProfile(t *testing.T) {
	m := New()
	if err := m.declare(" caller ; other;", true); err != nil {
		t.Fatal(err)
	}
	if err := m.declare("caller", false); err == nil {
		t.Error("a profile is declared twice")
	}
	if err := m.declare("a b", false); err == nil {
		t.Error("a name with a blank is taken")
	}
	p := m.profiles["caller"]
	d := &Dialog{m: m, state: Confirmed}
	d.enter(p, "x")
	d.enter(p, "x")
	d.enter(p, "y")
	f := func(value string, given bool, want int) {
		t.Helper()
		if got := p.size(value, given); got != want {
			t.Errorf("size of %q: %d, want %d", value, got, want)
		}
	}
	f("", false, 3)
	f("x", true, 2)
	if !d.leave(p, "x") || d.leave(p, "z") || !d.in(p, "y", true) || d.in(p, "z", true) || !d.in(p, "", false) {
		t.Error("membership")
	}
	f("x", true, 1)
	if !p.addRemote("id", "x", 100) || p.addRemote("id", "x", 100) {
		t.Error("a member of another server is added twice")
	}
	f("x", true, 2)
	if !p.expireRemote(99) || p.expireRemote(100) {
		t.Error("a member of another server stays")
	}
	f("x", true, 1)
	d.leaveProfiles()
	f("", false, 0)
	if len(p.values) != 0 {
		t.Errorf("values are left: %v", p.values)
	}
	d.state = Deleted
	d.enter(p, "x")
	f("", false, 0)
}

// Parameters that are not there yet stop the start.
func TestRefused(t *testing.T) {
	for name, set := range map[string]func(m *Module){
		"db_mode":             func(m *Module) { m.dbMode = 1 },
		"enable_dmq":          func(m *Module) { m.enableDMQ = 1 },
		"dlg_extra_hdrs":      func(m *Module) { m.extraHeaders = "X: 1" },
		"profiles_with_value": func(m *Module) { m.withValue = "a b" },
	} {
		m := New()
		set(m)
		if m.Prepare(nil) == nil {
			t.Errorf("%s is taken", name)
		}
	}
	m := New()
	m.hashSize, m.kaInterval = 1000, 10
	if err := m.Prepare(module.Binder(nil)); err != nil || m.hashSize != 512 || m.kaInterval != 30 {
		t.Errorf("hash_size %d, ka_interval %d, %v", m.hashSize, m.kaInterval, err)
	}
}
