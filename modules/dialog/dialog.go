// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"strings"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

// State is how far a dialog is. The numbers are those of dlg.list.
type State uint8

// The states. A Draft is what a script says of a dialog before dlg_manage
// begins it; it stands in no table.
const (
	Draft State = iota
	Unconfirmed
	Early
	Answered // a 2xx was sent, the ACK has not come
	Confirmed
	Deleted
)

// Side is one end of a dialog.
type Side uint8

// The sides. A request of the caller is on its way to the callee.
const (
	Nobody Side = iota
	Caller
	Callee
)

// other is the side that talks with s.
func (s Side) other() Side { return Caller + Callee - s }

// Bits of Dialog.dflags, as dlg.list shows them.
const (
	flagAnswered    = 1 << 0
	flagChanged     = 1 << 1
	flagBye         = 1 << 2
	flagVars        = 1 << 7
	flagTransaction = 1 << 9
	flagProfiles    = 1 << 10
)

// Bits of Dialog.iflags, as dlg.list shows them.
const (
	timeoutBye = 1 << iota
	probeCaller
	probeCallee
	timeoutNoReset
	cseqShifted
)

// leg is what a request to one side of the dialog needs (RFC 3261 12.1.1).
type leg struct {
	tag, contact string
	// routes is the route set, values joined by commas.
	routes string
	// cseq is the last CSeq number that this side sent.
	cseq   uint32
	socket *transport.Socket
}

// Dialog is one call. It is in the table, and its timer armed, from dlg_manage
// until it is forgotten; an ended one stays as long as a transaction of it
// lives, so that what comes late finds it.
type Dialog struct {
	m *Module

	// What does not change while the dialog is in the table.
	entry, id                      uint32
	callID, fromURI, toURI, reqURI string
	next                           *Dialog // of the same Call-ID; guarded by the shard

	mu sync.Mutex
	// All below is guarded by mu. mu is taken inside the lock of a transaction
	// and inside that of a shard; nothing but the locks of timers and
	// profiles is taken inside mu.
	state          State
	caller, callee leg
	gen            *module.Generation
	dflags         uint16
	iflags         uint8
	sflags         uint32
	// created, answered and ended are milliseconds since the epoch, 0 for not
	// yet.
	created, answered, ended int64
	lifetime                 int // seconds
	timeoutRoute             string
	vars                     []variable
	profiles                 []membership
	attached                 []attachment

	timer timer.Timer
	// deadline is when somebody looks after the dialog at the latest, lifeEnd
	// when the call may last no longer; both on the monotonic clock.
	deadline, lifeEnd time.Duration
	// reason says in a word why the dialog is in its state.
	reason string
	// bound tells that a transaction tells of the INVITE; uses counts the
	// transactions and scripts that keep an ended dialog in the table.
	bound bool
	uses  int
	// ending tells that dialog:end was reported; byes counts requests of our
	// own that the end waits for.
	ending bool
	byes   int
	gone   bool // it was taken out of the table
	told   bool // of Closed
	// What the store says: dirty dialogs wait in its list, those being
	// written are at work, stored ones have a row.
	dirty, writing, stored bool

	probed   time.Duration // when a keep-alive was sent last
	failures int           // keep-alives that failed one after another
}

// ID are the numbers that name the dialog, h_entry and h_id.
func (d *Dialog) ID() (entry, id uint32) { return d.entry, d.id }

// CallID is the Call-ID.
func (d *Dialog) CallID() string { return d.callID }

// FromURI and ToURI are the URIs of caller and callee in the INVITE.
func (d *Dialog) FromURI() string { return d.fromURI }

// ToURI is the To URI of the INVITE.
func (d *Dialog) ToURI() string { return d.toURI }

// RequestURI is the Request-URI of the INVITE, as it was when the dialog began.
func (d *Dialog) RequestURI() string { return d.reqURI }

// Contacts are the targets of caller and callee; that of the callee is empty before
// the dialog was answered.
func (d *Dialog) Contacts() (caller, callee string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.caller.contact, d.callee.contact
}

// Lifetime is how many seconds the call may last.
func (d *Dialog) Lifetime() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lifetime
}

// Tags are the tags of caller and callee; that of the callee is empty before
// the dialog was answered.
func (d *Dialog) Tags() (caller, callee string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.caller.tag, d.callee.tag
}

// Times are when the dialog began, was answered and ended, in milliseconds since
// the epoch; 0 for what has not been yet.
func (d *Dialog) Times() (created, answered, ended int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.created, d.answered, d.ended
}

// State is how far the dialog is.
func (d *Dialog) State() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}

// leg returns a side. mu is held.
func (d *Dialog) leg(s Side) *leg {
	if s == Callee {
		return &d.callee
	}
	return &d.caller
}

// side tells who sent a message with these tags; Nobody means that it belongs to
// another dialog of the Call-ID. Before the answer the callee's tag is not
// known, and one To tag is as good as another. mu is held.
func (d *Dialog) side(fromTag, toTag string) Side {
	switch {
	case fromTag == d.caller.tag && (toTag == "" || d.callee.tag == "" || toTag == d.callee.tag):
		return Caller
	case toTag != "" && toTag == d.caller.tag && (d.callee.tag == "" || fromTag == d.callee.tag):
		return Callee
	}
	return Nobody
}

// attachment is what another module keeps with the dialog.
type attachment struct{ key, value any }

// Attach keeps a value of another module with the dialog, under a key of that
// module, as long as the dialog lives; nil takes it away.
func (d *Dialog) Attach(key, value any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.attached {
		if d.attached[i].key == key {
			d.attached[i].value = value
			return
		}
	}
	d.attached = append(d.attached, attachment{key, value})
}

// Attached returns what Attach kept, or nil.
func (d *Dialog) Attached(key any) any {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.attached {
		if d.attached[i].key == key {
			return d.attached[i].value
		}
	}
	return nil
}

// variable is one $dlg_var.
type variable struct{ name, value string }

// Var returns a $dlg_var.
func (d *Dialog) Var(name string) (value string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.vars {
		if d.vars[i].name == name {
			return d.vars[i].value, true
		}
	}
	return "", false
}

// SetVar sets a $dlg_var. name lives as long as the configuration or longer; value
// is copied.
func (d *Dialog) SetVar(name, value string) {
	value = strings.Clone(value)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dflags |= flagVars
	defer d.touch()
	for i := range d.vars {
		if d.vars[i].name == name {
			d.vars[i].value = value
			return
		}
	}
	d.vars = append(d.vars, variable{name, value})
}

// DropVar removes a $dlg_var.
func (d *Dialog) DropVar(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.vars {
		if d.vars[i].name == name {
			d.vars = append(d.vars[:i], d.vars[i+1:]...)
			d.dflags |= flagVars
			d.touch()
			return
		}
	}
}
