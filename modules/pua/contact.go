// SPDX-License-Identifier: Apache-2.0

package pua

import (
	"errors"
	"sync"

	"github.com/kahea-sip/kahea/core/module"
)

// early are the subscriptions whose first SUBSCRIBE has no reply yet: their NOTIFY
// may come before it (RFC 6665 4.4.1).
type early struct {
	mu  sync.Mutex
	all map[string]*record // guarded by mu, its records too; by Call-ID
}

func (e *early) add(r *record) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all[r.callID] = &record{fromTag: r.fromTag}
}

// take ends that, and returns the target that a NOTIFY has set.
func (e *early) take(callID string) (target string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.all[callID]; r != nil {
		target = r.target
	}
	delete(e.all, callID)
	return target
}

// update sets a target; false where there is no such subscription.
func (e *early) update(callID, fromTag, target string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.all[callID]
	if r == nil || r.fromTag != fromTag {
		return false
	}
	r.target = target
	return true
}

// knows says whether there is such a subscription.
func (e *early) knows(callID, fromTag string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.all[callID]
	return r != nil && r.fromTag == fromTag
}

// Subscribed says whether a NOTIFY belongs to a subscription. It may wait for a
// database, with the worker's place lent.
func (m *Module) Subscribed(c *module.Call) (known bool) {
	msg := c.Msg
	if m.early.knows(msg.CallID(), msg.ToTag()) {
		return true
	}
	c.Block(func() {
		r, err := m.keep.dialog(c.Context(), msg.CallID(), msg.ToTag(), msg.FromTag())
		if err != nil {
			m.log.Error("the table "+m.dbTable+" cannot be used", "err", err)
		}
		known = r != nil
	})
	return known
}

var (
	errNoContact      = errors.New("there is no Contact")
	errNoSubscription = errors.New("there is no subscription for it")
)

// updateContact is pua_update_contact().
func (m *Module) updateContact(c *module.Call, _ module.Args) module.Result {
	msg := c.Msg
	to := target(msg)
	if to == "" {
		return c.Fail("pua_update_contact", errNoContact)
	}
	if err := checkURIs(to); err != nil {
		return c.Fail("pua_update_contact", err)
	}
	// The NOTIFY comes from the other side of the dialog.
	callID, ours, theirs := msg.CallID(), msg.ToTag(), msg.FromTag()
	if m.early.update(callID, ours, to) {
		return module.True
	}
	var err error
	c.Block(func() { err = m.retarget(c, callID, ours, theirs, to) })
	if err != nil {
		return c.Fail("pua_update_contact", err)
	}
	return module.True
}

// retarget changes the target of a subscription.
func (m *Module) retarget(c *module.Call, callID, ours, theirs, to string) error {
	r, err := m.keep.dialog(c.Context(), callID, ours, theirs)
	if err != nil {
		return err
	}
	if r == nil {
		return errNoSubscription
	}
	if r.target == to {
		return nil
	}
	r.target = to
	r.own()
	return m.keep.put(c.Context(), r)
}
