// SPDX-License-Identifier: Apache-2.0

package acc

import (
	"errors"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/dialog"
)

// dialogs is what the records of calls need of dialog.
type dialogs interface {
	On(events dialog.Event, f func(*dialog.Notice))
}

var errNoDialogs = errors.New("cdr_enable needs the module dialog, loaded before acc")

// follow has dialog tell of its calls. What a record needs is kept in
// variables of the dialog, as Kamailio does: dlg.list shows them, and they are
// in the database with it.
func (a *Acc) follow(h module.Host) error {
	d, ok := h.Module("dialog").(dialogs)
	if !ok {
		return errNoDialogs
	}
	d.On(dialog.Created|dialog.ConfirmedEvent|dialog.Failed|dialog.Terminated|dialog.Expired|dialog.Closed, a.heard)
	return nil
}

// unwritten is attached to a dialog whose record is not to be written when it
// is closed: it was written, or is not wanted.
type unwritten struct{}

// heard follows a dialog. One record comes of each call that was answered: all
// of them are Closed once.
func (a *Acc) heard(n *dialog.Notice) {
	d := n.Dialog
	switch n.Event {
	case dialog.Created:
		created, _, _ := d.Times()
		a.begin(d, created)
		d.SetVar(a.durationID, "0")
	case dialog.ConfirmedEvent:
		if a.startOnConfirmed != 0 {
			a.begin(d, a.host.Clock().Now().UnixMilli())
		}
	case dialog.Failed:
		if a.onFailed != 0 {
			a.writeCDR(d, n.Call)
		}
	case dialog.Terminated:
		a.end(d)
	case dialog.Expired:
		a.end(d)
		d.Attach(a, unwritten{})
		if a.expiredEnable != 0 {
			a.writeCDR(d, nil)
		}
	case dialog.Closed:
		if d.Attached(a) != nil {
			return
		}
		if v, _ := d.Var(a.durationID); v == "0" {
			a.end(d) // its state was set by hand
		}
		a.writeCDR(d, n.Call)
	}
}

// begin notes when the call begins. Until it has ended that is its end, too.
func (a *Acc) begin(d *dialog.Dialog, ms int64) {
	text := string(appendMillis(nil, ms))
	d.SetVar(a.startID, text)
	d.SetVar(a.endID, text)
}

// end notes that the call ends now.
func (a *Acc) end(d *dialog.Dialog) {
	now := a.host.Clock().Now().UnixMilli()
	start, _ := d.Var(a.startID)
	from, ok := parseMillis(start)
	if !ok { // it comes from a database, where nobody had noted it
		_, from, _ = d.Times()
		a.begin(d, from)
	}
	d.SetVar(a.endID, string(appendMillis(nil, now)))
	d.SetVar(a.durationID, string(appendMillis(nil, max(now-from, 0))))
}

// writeCDR writes the record of a call. Without a message, c nil, only
// variables of the dialog are known.
func (a *Acc) writeCDR(d *dialog.Dialog, c *module.Call) {
	if a.skip != "" {
		if _, set := d.Var(a.skip); set {
			return
		}
	}
	values := make([]module.Value, len(a.cdrExtra))
	for i := range a.cdrExtra {
		switch f := &a.cdrExtra[i]; {
		case f.dialogVar != "":
			if s, ok := d.Var(f.dialogVar); ok {
				values[i] = avp.String(s)
			}
		case c != nil:
			values[i] = f.value(c, 0)
		}
	}
	if a.cdrLog != 0 {
		a.cdrLine(d, c, values)
	}
	if a.cdrTable != "" && a.queue != nil {
		a.queue.Insert(a.cdrTable, a.cdrColumns, a.cdrRow(d, values))
	}
}

// cdrLine writes the record to the log.
func (a *Acc) cdrLine(d *dialog.Dialog, c *module.Call, values []module.Value) {
	if c == nil {
		c = a.host.NewCall()
		defer a.host.FreeCall(c)
	}
	if !c.Host.Log().Enabled(c.Context(), module.LevelOf(a.logLevel)) {
		return
	}
	b := make([]byte, 0, 256)
	for i, name := range [...]string{a.startID, a.endID, a.durationID} {
		if i > 0 {
			b = append(b, "; "...)
		}
		v, _ := d.Var(name)
		b = append(append(append(b, name...), '='), v...)
	}
	for i := range a.cdrExtra {
		b = append(append(append(append(b, "; "...), a.cdrExtra[i].name...), '='), text(values[i])...)
	}
	a.print(c, b, a.cdrFacility)
}

// cdrRow is the record for the database.
func (a *Acc) cdrRow(d *dialog.Dialog, values []module.Value) []db.Value {
	row := make([]db.Value, 0, len(a.cdrColumns))
	for _, name := range [...]string{a.startID, a.endID} {
		v, _ := d.Var(name)
		ms, _ := parseMillis(v)
		if at := time.Unix(ms/1000, 0); a.timeMode == 4 {
			row = append(row, at.UTC().Format(db.TimeLayout))
		} else {
			row = append(row, at)
		}
	}
	v, _ := d.Var(a.durationID)
	ms, _ := parseMillis(v)
	row = append(row, float64(ms)/1000)
	for _, v := range values {
		row = append(row, nullable(v, a.cdrNullable))
	}
	return row
}
