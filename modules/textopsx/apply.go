// SPDX-License-Identifier: Apache-2.0

package textopsx

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var (
	errRoute       = errors.New("the content cannot be changed in a route of a transaction")
	errTransaction = errors.New("the transaction was created already")
	errRecordRoute = errors.New("Record-Route was added, and its text is not known before the request leaves")
	errKind        = errors.New("a request cannot become a reply, nor a reply a request")
)

// roomForChanges is how much longer a message mostly becomes at most, in
// bytes, so that its new text is allocated once.
const roomForChanges = 512

// fixed says why the text of the message cannot be exchanged.
func fixed(c *module.Call) error {
	switch {
	case c.Route == module.ReplyRoute:
		return errRoute
	case c.Msg.IsRequest() && (c.Tx != nil || c.Adopted):
		return errTransaction
	case c.RecordRouted:
		return errRecordRoute
	}
	return nil
}

// applyChanges is msg_apply_changes(). The new text goes into the message's
// scratch memory, so the old one, and all views of it, stay valid until the
// message is done or its transaction ends.
func applyChanges(c *module.Call, _ module.Args) module.Result {
	if err := fixed(c); err != nil {
		return c.Fail("msg_apply_changes", err)
	}
	o := sip.Outgoing{}
	if c.Msg.IsRequest() {
		o.RequestURI = c.Target.URI
	}
	if !c.Msg.Edited() && (o.RequestURI == "" || o.RequestURI == c.Msg.RequestURI) {
		return module.True
	}
	text := c.Mem.Begin()
	if need := len(c.Msg.Raw()) + roomForChanges; cap(text) < need {
		text = make([]byte, 0, need)
	}
	text, err := c.Msg.Apply(text, &o)
	c.Mem.Keep(text)
	c.Iterators = c.Iterators[:0]
	if err != nil {
		// There is no message any more that a script could work on.
		c.Fail("msg_apply_changes", err)
		return module.Stop
	}
	return module.True
}

// setBuffer is msg_set_buffer(data).
func setBuffer(c *module.Call, a module.Args) module.Result {
	if err := fixed(c); err != nil {
		return c.Fail("msg_set_buffer", err)
	}
	text := append(c.Mem.Begin(), a.Str(0)...)
	c.Mem.Keep(text)
	trial := new(sip.Message)
	switch err := trial.Parse(text); {
	case err != nil:
		return c.Fail("msg_set_buffer", err)
	case trial.IsRequest() != c.Msg.IsRequest():
		return c.Fail("msg_set_buffer", errKind)
	}
	source, force := c.Msg.Source, c.Msg.ForceRport
	_ = c.Msg.Parse(text) // the trial went well
	c.Msg.Source, c.Msg.ForceRport = source, force
	c.Target.URI = c.Msg.RequestURI
	c.Iterators = c.Iterators[:0]
	return module.True
}
