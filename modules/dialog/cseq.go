// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// cseqVar is the $dlg_var with what is added to the CSeq numbers of the caller
// on their way to the callee, as Kamailio names it.
const cseqVar = "cseq_diff"

// NextCSeq has the request of c, which answers a challenge, leave with the next
// CSeq number (RFC 3261 22.2), and all that the caller sends in the dialog with
// one more than it has. Without track_cseq_updates or a dialog it does nothing.
func (m *Module) NextCSeq(c *module.Call) {
	if m.trackCSeq == 0 {
		return
	}
	d := live(c)
	if d == nil || c.Msg.ToTag() != "" && direction(c, d) != Caller {
		return
	}
	c.CSeqShift++
	d.SetVar(cseqVar, strconv.FormatUint(uint64(c.CSeqShift), 10))
	d.mu.Lock()
	d.iflags |= cseqShifted
	d.mu.Unlock()
}

// cseqShift is what is added to the numbers of the caller.
func (d *Dialog) cseqShift() uint32 {
	d.mu.Lock()
	shifted := d.iflags&cseqShifted != 0
	d.mu.Unlock()
	if !shifted {
		return 0
	}
	text, _ := d.Var(cseqVar)
	n, _ := strconv.ParseUint(text, 10, 32)
	return uint32(n)
}

// shift makes the number of a request of the caller one that follows those that
// the callee has seen. An ACK has no reply to be changed back.
func (m *Module) shift(c *module.Call, d *Dialog, side Side) {
	if m.trackCSeq == 0 || side != Caller {
		return
	}
	by := d.cseqShift()
	if by == 0 {
		return
	}
	if c.Msg.Method != sip.MethodAck {
		c.CSeqShift = by
		return
	}
	if cseq, err := c.Msg.CSeq(); err == nil {
		at := c.Msg.Offset(cseq.NumberText)
		c.Msg.Replace(at, at+len(cseq.NumberText), c.Mem.Keep(strconv.AppendUint(c.Mem.Begin(), uint64(cseq.Number+by), 10)))
	}
}
