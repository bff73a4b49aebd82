// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"context"
	"errors"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// load takes the dialogs of the table that where picks, and that are not known,
// up again: their timers go on. It returns how many there are.
func (s *store) load(ctx context.Context, where []db.Cond) (int, error) {
	m := s.m
	found := map[uint64]*Dialog{}
	err := s.db.Select(ctx, db.Query{Table: m.names.table, Columns: m.names.all(), Where: where}, func(row []db.Value) error {
		entry, _ := db.Int(row[0])
		id, _ := db.Int(row[1])
		if m.byID(uint32(entry), uint32(id)) != nil {
			return nil
		}
		d, err := m.read(row)
		if err != nil {
			m.log.Error("a dialog in the database cannot be taken up", "call_id", db.Text(row[2]), "err", err)
			return nil
		}
		found[key(d.entry, d.id)] = d
		return nil
	})
	if err != nil || len(found) == 0 {
		return 0, err
	}
	vars := db.Query{Table: m.names.varsTable, Columns: m.names.vars()}
	if where != nil && len(found) == 1 {
		for _, d := range found {
			vars.Where = m.names.keyOfVars(d.entry, d.id)
		}
	}
	err = s.db.Select(ctx, vars, func(row []db.Value) error {
		entry, _ := db.Int(row[0])
		id, _ := db.Int(row[1])
		if d := found[key(uint32(entry), uint32(id))]; d != nil {
			d.vars = append(d.vars, variable{db.Text(row[2]), db.Text(row[3])})
		}
		return nil
	})
	n := 0
	for _, d := range found {
		if err != nil {
			d.mu.Lock()
			d.leaveProfiles()
			d.mu.Unlock()
		} else if m.takeUp(d) {
			n++
		}
	}
	return n, err
}

func key(entry, id uint32) uint64 { return uint64(entry)<<32 | uint64(id) }

// takeUp puts a dialog of the database into the table, unless it is there.
func (m *Module) takeUp(d *Dialog) bool {
	if m.byID(d.entry, d.id) != nil {
		d.mu.Lock()
		d.leaveProfiles()
		d.mu.Unlock()
		return false
	}
	m.passID(d.id)
	m.table.active.Add(1)
	m.table.add(d)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.timer.Init(m.host.Timers(), d)
	// The sockets and the other modules come first.
	at := max(d.lifeEnd, m.now()+time.Second)
	if d.state == Answered {
		d.reason = "waits for the ACK"
		at = min(at, m.now()+time.Duration(m.noAckTimeout)*time.Second)
	}
	d.lookAt(at)
	return true
}

// passID has newID return numbers above that of a dialog.
func (m *Module) passID(id uint32) {
	n := uint64(id)
	if m.idStep > 1 {
		n = uint64((id-uint32(m.idStart))/uint32(m.idStep)) + 1
	}
	for now := m.table.serial.Load(); n > now && !m.table.serial.CompareAndSwap(now, n); now = m.table.serial.Load() {
	}
}

var errNoStore = errors.New("db_mode is 0")

// loadCallID is dlg_db_load_callid(callid).
func (m *Module) loadCallID(c *module.Call, a module.Args) module.Result {
	return m.loadMore(c, "dlg_db_load_callid", []db.Cond{db.Is(m.names.callID, a.Str(0))})
}

// loadExtra is dlg_db_load_extra().
func (m *Module) loadExtra(c *module.Call, _ module.Args) module.Result {
	return m.loadMore(c, "dlg_db_load_extra", nil)
}

func (m *Module) loadMore(c *module.Call, function string, where []db.Cond) module.Result {
	if m.store == nil {
		return c.Fail(function, errNoStore)
	}
	var err error
	c.Block(func() { _, err = m.store.load(c.Context(), where) })
	if err != nil {
		return c.Fail(function, err)
	}
	return module.True
}
