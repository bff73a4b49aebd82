// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"net/netip"

	"github.com/kahea-sip/kahea/core/transport"
)

// watched is where b goes; where that may have to open a connection, for a request
// of our own, we hear when it does not open. A relayed request runs into fr_timer
// then, as scripts expect.
func (t *Transaction) watched(b *Branch) transport.Destination {
	d := b.dest
	if t.local && d.Proto.Reliable() {
		l, id, index, proto, to := t.l, t.id, b.Index, d.Proto, d.Addr // d itself would be allocated for every request
		f := transport.Refused(func(error) {
			l.opt.Go("refused connection", func() { l.refused(id, index, proto, to) })
		})
		d.Refused = &f
	}
	return d
}

// refused ends a branch of a transaction: an error of the transport is a 503 (RFC 3261
// 8.1.3.1, 17.1.4), unless there is another address to try. Whoever learned of it when
// the branch was sent has gone on to that one already.
func (l *Layer) refused(id ID, index int, proto transport.Proto, to netip.AddrPort) {
	t := l.find(id, nil)
	if t == nil {
		return
	}
	t.enter(nil, nil)
	t.refs.Add(1)
	defer t.leave()
	if index >= len(t.branches) {
		return
	}
	b := t.branches[index]
	if b.finished || b.replied || b.dest.Proto != proto || b.dest.Addr != to {
		return
	}
	if t.failover(b) {
		t.finishBranch(b, 503)
		return
	}
	t.branchFailed(b, 503)
}
