// SPDX-License-Identifier: Apache-2.0

package transaction

import "github.com/kahea-sip/kahea/core/transport"

// hope is a request of our own that waits for a connection to be opened.
type hope struct {
	l      *Layer
	id     ID
	branch int
}

// watched is where b goes; where that may have to open a connection, for a request
// of our own, we hear when it does not open. A relayed request runs into fr_timer
// then, as scripts expect.
func (t *Transaction) watched(b *Branch) transport.Destination {
	d := b.dest
	if t.local && d.Proto.Reliable() {
		f := transport.Refused((&hope{t.l, t.id, b.Index}).refused)
		d.Refused = &f
	}
	return d
}

// refused ends the branch: an error of the transport is a 503 (RFC 3261
// 8.1.3.1, 17.1.4), unless there is another address to try.
func (h *hope) refused(error) {
	t := h.l.find(h.id, nil)
	if t == nil {
		return
	}
	t.enter(nil, nil)
	t.refs.Add(1)
	defer t.leave()
	if h.branch >= len(t.branches) {
		return
	}
	b := t.branches[h.branch]
	if b.finished || b.replied {
		return
	}
	if t.failover(b) {
		t.finishBranch(b, 503)
		return
	}
	t.branchFailed(b, 503)
}
