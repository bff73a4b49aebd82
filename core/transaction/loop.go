// SPDX-License-Identifier: Apache-2.0

package transaction

import "slices"

// A target set with members that lead back to this server makes two requests
// of one, those two four, and so on as often as Max-Forwards allows: RFC 5393.
// Only a request that was here before and would be forked is looked at, so
// that others cost nothing; how often it was here, and where, its Vias tell,
// which nobody can forge (branchid.go).

// fork is asked before a request is sent to several targets at once. ErrLoop:
// it was forked here before with the same Request-URI (RFC 5393 4.2; a request
// that comes back from an application server, to which it went alone, is
// none). ErrBreadth: it came back so often that callDepth of its transactions
// are alive, which bounds what one request can lead to (RFC 5393 5.3.3).
func (t *Transaction) fork() error {
	t.forked.Store(true)
	var ids [16]ID
	passed := t.passed(ids[:0])
	if len(passed) == 0 {
		return nil
	}
	var err error
	alive := 1
	t.l.walkCall(t.key.call, func(o *Transaction) bool {
		if o == t || !o.key.sameCall(&t.key) || o.key.fromTag != t.key.fromTag || o.key.method != t.key.method {
			return false
		}
		alive++
		if o.forked.Load() && o.key.ruri == t.key.ruri && slices.Contains(passed, o.id) {
			err = ErrLoop
		}
		return false
	})
	if err == nil && alive >= callDepth {
		err = ErrBreadth
	}
	return err
}

// passed appends the transactions that the request went through here.
func (t *Transaction) passed(ids []ID) []ID {
	m := t.Request()
	for i := 0; ; i++ {
		via, err := m.Via(i)
		if err != nil {
			return ids
		}
		if id, _, ok := t.l.parseBranchID(via.Branch); ok {
			ids = append(ids, id)
		}
	}
}
