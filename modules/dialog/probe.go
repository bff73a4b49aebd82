// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"time"

	"github.com/kahea-sip/kahea/core/transaction"
)

// probe sends keep-alives in all dialogs whose turn it is.
func (m *Module) probe() {
	now := m.now()
	m.table.each(func(d *Dialog) bool {
		d.mu.Lock()
		flags := d.iflags & (probeCaller | probeCallee)
		due := flags != 0 && d.state == Confirmed && !d.ending && now-d.probed >= time.Duration(m.kaInterval)*time.Second
		if due {
			d.probed = now
		}
		d.mu.Unlock()
		if !due {
			return true
		}
		if flags&probeCaller != 0 {
			d.probeSide(Caller)
		}
		if flags&probeCallee != 0 {
			d.probeSide(Callee)
		}
		return true
	})
}

// probeSide asks one side whether it still knows the call. The CSeq number is not
// above the last one, so that the other side's numbers stay good.
func (d *Dialog) probeSide(s Side) {
	d.send(&within{method: "OPTIONS", to: s}, func(n *transaction.Notice) {
		code := 408
		if n != nil {
			code = n.Code
		}
		d.probeDone(code)
	})
}

// probeDone follows the reply to a keep-alive: after ka_failed_limit failures the
// call has ten more seconds.
func (d *Dialog) probeDone(code int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state != Confirmed || d.ending {
		return
	}
	if code != 408 && code != 481 {
		d.failures = 0
		return
	}
	d.failures++
	if d.failures < d.m.kaFailedLimit {
		return
	}
	d.reason = "keep-alive failed"
	if end := d.m.now() + graceEnd; end < d.lifeEnd {
		d.lifeEnd, d.lifetime = end, int(graceEnd/time.Second)
		d.lookAt(end)
	}
}
