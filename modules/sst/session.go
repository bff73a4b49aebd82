// SPDX-License-Identifier: Apache-2.0

package sst

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/modules/dialog"
)

// session is what is kept with a dialog. It does not change.
type session struct {
	// asked is the interval in the INVITE as it left.
	asked int
	// refresh tells that a 2xx without an interval gets that one: the caller
	// supports session timers, or the interval is ours.
	refresh bool
}

// The reply to an interval that is too short (RFC 4028 6).
const (
	tooSmall       = 422
	tooSmallReason = "Session Timer Too Small"
)

func (s *SST) minHeader() string { return "Min-SE: " + strconv.Itoa(s.minSE) + "\r\n" }

// checkMin is sstCheckMin(send_reply).
func (s *SST) checkMin(c *module.Call, a module.Args) module.Result {
	t, err := read(c.Msg)
	if err != nil {
		return c.Fail("sstCheckMin", err)
	}
	if !t.below(s.minSE) {
		return module.False
	}
	if a.Int(0, 0) != 0 {
		if err := s.sl.SendReply(c, tooSmall, tooSmallReason, s.minHeader()); err != nil {
			return c.Fail("sstCheckMin", err)
		}
	}
	return module.True
}

// heard follows dialogs.
func (s *SST) heard(n *dialog.Notice) {
	switch {
	case n.Event == dialog.Expired:
		if n.Dialog.Attached(s) != nil {
			s.expired.Inc()
		}
	case n.Call == nil:
	case n.Event == dialog.Created:
		if n.Call.Flags&(1<<s.flag) != 0 {
			s.begin(n.Call, n.Dialog)
		}
	case n.Dialog.Attached(s) != nil:
		s.within(n.Call, n.Dialog)
	}
}

// begin follows the INVITE of a dialog (RFC 4028 8.1): one that asks for no
// interval gets min_se, one that asks for a shorter one is refused, or told what
// the least is.
func (s *SST) begin(c *module.Call, d *dialog.Dialog) {
	t, err := read(c.Msg)
	if err != nil {
		c.Log().Debug("session timer", "err", err)
		return
	}
	x := session{asked: t.expires, refresh: supports(c.Msg)}
	switch {
	case t.expires == 0:
		x.asked, x.refresh = max(s.minSE, t.min), true
		s.add(c, "Session-Expires: "+strconv.Itoa(x.asked)+"\r\n")
	case t.expires >= s.minSE:
	case x.refresh && s.rejectSmall != 0:
		if err := s.tm.Refuse(c, tooSmall, tooSmallReason, s.minHeader()); err != nil {
			c.Log().Error("an INVITE cannot be refused", "err", err)
		}
		return
	case t.min < s.minSE:
		if i := c.Msg.First(sip.HeaderMinSE); i >= 0 {
			c.Msg.DeleteHeader(i)
		}
		s.add(c, s.minHeader())
	}
	d.Attach(s, &x)
}

func (s *SST) add(c *module.Call, line string) { c.Msg.AppendHeader(line) }

// within follows an INVITE or UPDATE inside of the dialog.
func (s *SST) within(c *module.Call, d *dialog.Dialog) {
	if c.Msg.Method != sip.MethodInvite && c.Msg.Method != sip.MethodUpdate {
		return
	}
	t, err := read(c.Msg)
	if err != nil || t.expires == 0 {
		return
	}
	v, ok := s.timeoutAVP.(module.Assignable)
	if !ok {
		return
	}
	if err := v.Set(c, module.Index{}, avp.Number(int64(t.expires))); err != nil {
		c.Log().Error("timeout_avp cannot be set", "err", err)
	}
	d.SetTimeout(t.expires)
}

// replyIn follows the 2xx of an INVITE or UPDATE: its interval is the one that
// counts. One without gets that of the INVITE, which the caller refreshes
// (RFC 4028 8.2). The transaction's lock is held.
func (s *SST) replyIn(n *transaction.Notice) {
	if n.Code < 200 || n.Code >= 300 || n.Tx.Method != sip.MethodInvite && n.Tx.Method != sip.MethodUpdate {
		return
	}
	d, ok := n.Tx.State.Dialog.(*dialog.Dialog)
	if !ok {
		return
	}
	x, ok := d.Attached(s).(*session)
	if !ok {
		return
	}
	t, err := read(n.Reply)
	if err != nil {
		return
	}
	initial := n.Request.ToTag() == ""
	if t.expires == 0 && initial && x.refresh {
		t.expires = x.asked
		n.Reply.AppendHeader("Session-Expires: " + strconv.Itoa(x.asked) + ";refresher=uac\r\n")
	}
	if t.expires != 0 && s.timeoutAVP != nil {
		d.SetTimeout(t.expires)
	}
}
