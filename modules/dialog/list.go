// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"bufio"
	"encoding/json"
	"os"
	"strconv"
	"time"

	"github.com/kahea-sip/kahea/core/module"
)

// refs is what dlg.list shows as ref: one for the table, one for the timer of the
// call. The lock is held.
func (d *Dialog) refs() int {
	if (d.state == Answered || d.state == Confirmed) && !d.ending {
		return 2
	}
	return 1
}

// owner tells who ends the dialog if nothing comes. The lock is held.
func (d *Dialog) owner() string {
	switch {
	case d.ending && d.state != Deleted:
		return "bye"
	case d.state == Deleted:
		return "transaction"
	case d.state >= Answered:
		return "timer"
	}
	return "transaction"
}

// show describes the dialog as dlg.list does: the fields of Kamailio, then who
// looks after it, until when, and why it is as it is.
func (d *Dialog) show(s *module.Struct) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, mono := d.m.host.Clock().Now(), d.m.now()
	start, end := d.answered/1000, d.ended/1000
	duration := int64(0)
	switch {
	case start == 0:
	case end != 0:
		duration = end - start
	default:
		duration = now.Unix() - start
	}
	timeout := int64(0)
	if d.lifeEnd != 0 {
		timeout = now.Add(d.lifeEnd - mono).Unix()
	}
	s.Add("h_entry", d.entry).Add("h_id", d.id).Add("ref", d.refs()).Add("call-id", d.callID).
		Add("from_uri", d.fromURI).Add("to_uri", d.toURI).Add("state", int(d.state)).
		Add("start_ts", start).Add("init_ts", d.created/1000).Add("end_ts", end).Add("duration", duration).
		Add("timeout", timeout).Add("lifetime", d.lifetime).Add("dflags", d.dflags).Add("sflags", d.sflags).Add("iflags", int(d.iflags))
	d.caller.show(s.Struct("caller"), true)
	d.callee.show(s.Struct("callee"), d.answered != 0)
	profiles := make(module.Rows, 0, len(d.profiles))
	for i := len(d.profiles) - 1; i >= 0; i-- {
		if at := d.profiles[i]; at.profile.valued {
			profiles = append(profiles, new(module.Struct).Add(at.profile.name, at.value))
		} else {
			profiles = append(profiles, new(module.Struct).Add("", at.profile.name))
		}
	}
	vars := make(module.Rows, 0, len(d.vars))
	for i := len(d.vars) - 1; i >= 0; i-- {
		vars = append(vars, new(module.Struct).Add(d.vars[i].name, d.vars[i].value))
	}
	s.Add("profiles", profiles).Add("variables", vars)
	s.Add("owner", d.owner()).Add("deadline", now.Add(d.deadline-mono).Unix()).Add("reason", d.reason)
}

func (l *leg) show(s *module.Struct, known bool) {
	if !known {
		s.Add("tag", nil).Add("contact", nil).Add("cseq", nil).Add("route_set", nil).Add("socket", nil)
		return
	}
	s.Add("tag", l.tag).Add("contact", l.contact).Add("cseq", strconv.FormatUint(uint64(l.cseq), 10)).Add("route_set", l.routes).Add("socket", socketText(l))
}

// stream is the dialogs that pick wants, described while the reply is written:
// nothing is locked meanwhile but the dialog that is described.
func (m *Module) stream(pick func(d *Dialog) bool) module.Stream {
	return func(yield func(any) bool) {
		m.table.each(func(d *Dialog) bool {
			if pick != nil && !pick(d) {
				return true
			}
			s := new(module.Struct)
			d.show(s)
			return yield(s)
		})
	}
}

// dumped is a dialog in the file of dlg.dump_file.
type dumped struct {
	Entry     uint32            `json:"h_entry"`
	ID        uint32            `json:"h_id"`
	Ref       int               `json:"ref"`
	CallID    string            `json:"call_id"`
	FromURI   string            `json:"from_uri"`
	ToURI     string            `json:"to_uri"`
	State     State             `json:"state"`
	Start     int64             `json:"start_ts"`
	Init      int64             `json:"init_ts"`
	End       int64             `json:"end_ts"`
	Timeout   int64             `json:"timeout"`
	Lifetime  int               `json:"lifetime"`
	DFlags    uint16            `json:"dflags"`
	SFlags    uint32            `json:"sflags"`
	IFlags    uint8             `json:"iflags"`
	Caller    dumpedLeg         `json:"caller"`
	Callee    dumpedLeg         `json:"callee"`
	Profiles  map[string]string `json:"profiles"`
	Variables map[string]string `json:"variables"`
	Owner     string            `json:"owner"`
	Deadline  int64             `json:"deadline"`
	Reason    string            `json:"reason"`
}

type dumpedLeg struct {
	Tag     string `json:"tag"`
	Contact string `json:"contact"`
	CSeq    string `json:"cseq"`
	Routes  string `json:"route_set"`
	Socket  string `json:"socket"`
}

func (l *leg) dump() dumpedLeg {
	return dumpedLeg{l.tag, l.contact, strconv.FormatUint(uint64(l.cseq), 10), l.routes, socketText(l)}
}

func (d *Dialog) dump(now time.Time) dumped {
	d.mu.Lock()
	defer d.mu.Unlock()
	mono := d.m.now()
	out := dumped{Entry: d.entry, ID: d.id, Ref: d.refs(), CallID: d.callID, FromURI: d.fromURI, ToURI: d.toURI, State: d.state,
		Start: d.answered / 1000, Init: d.created / 1000, End: d.ended / 1000, Lifetime: d.lifetime, DFlags: d.dflags, SFlags: d.sflags, IFlags: d.iflags,
		Caller: d.caller.dump(), Callee: d.callee.dump(), Profiles: map[string]string{}, Variables: map[string]string{},
		Owner: d.owner(), Deadline: now.Add(d.deadline - mono).Unix(), Reason: d.reason}
	if d.lifeEnd != 0 {
		out.Timeout = now.Add(d.lifeEnd - mono).Unix()
	}
	for _, at := range d.profiles {
		out.Profiles[at.profile.name] = at.value
	}
	for _, v := range d.vars {
		out.Variables[v.name] = v.value
	}
	return out
}

// dumpFile writes all dialogs into a file, a line of JSON for each.
func (m *Module) dumpFile(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	e := json.NewEncoder(w)
	now := m.host.Clock().Now()
	m.table.each(func(d *Dialog) bool {
		err = e.Encode(d.dump(now))
		return err == nil
	})
	if err == nil {
		err = w.Flush()
	}
	if c := f.Close(); err == nil {
		err = c
	}
	return err
}
