// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"errors"
	"syscall"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// Relay says how a request is relayed.
type Relay struct {
	Hop
	// No100 leaves the automatic 100 out.
	No100 bool
	// NoFailover forbids DNS failover for these branches.
	NoFailover bool
	// Replicate sends a copy whose replies go nowhere.
	Replicate bool
}

// Relay sends the request to its target set: State.Target, where it was not
// sent there yet, and State.Branches, which are used up. The error is that of
// the branch that failed last when none could be sent.
func (t *Transaction) Relay(o *Relay) error {
	err := t.relay(o)
	if err != nil {
		t.State.Err = errorOf(err)
	}
	return err
}

func errorOf(err error) *Error {
	if e, ok := err.(*Error); ok {
		return e
	}
	return ErrNoBranch
}

func (t *Transaction) relay(o *Relay) error {
	switch {
	case t.flags&canceled != 0:
		return ErrCanceled
	case t.status >= 200 && t.flags&replica == 0:
		return ErrFinished
	}
	if o.Replicate {
		t.flags |= replica
	}
	if t.Method == sip.MethodInvite && !o.No100 && t.status == 0 && t.flags&(relayed|replica) == 0 {
		t.Trying()
	}
	if t.deadline == 0 {
		t.deadline = t.l.now() + t.lifetime()
	}
	first := len(t.branches)
	err := t.addBranches(o)
	t.flags |= relayed
	t.main, t.State.TargetUsed = Hops(&t.State.Target), true
	t.State.Plan.OnBranch = 0 // a failure route names its own
	t.State.Err = nil
	if len(t.branches) == first {
		if err == nil {
			err = ErrNoTarget
		}
		return err
	}
	step := t.step
	t.step = first
	if err := t.sendBranches(first, o, err); err != nil {
		t.step = step
		return err
	}
	if t.flags&inFailure != 0 {
		t.dropEarlier(step, first)
	}
	return nil
}

// addBranches makes and prints a branch for each target.
func (t *Transaction) addBranches(o *Relay) (err error) {
	more := t.State.Branches
	want := t.wantTarget(more)
	if len(more) > 1 || want && len(more) == 1 {
		err = t.fork()
	}
	if err == nil {
		if want {
			err = t.addBranch(&t.State.Target, o)
		}
		for i := range more {
			if e := t.addBranch(&more[i], o); e != nil {
				err = e
			}
		}
	}
	clear(more)
	t.State.Branches = more[:0]
	t.SaveEdits()
	return err
}

// wantTarget tells whether State.Target is a branch: the first time always,
// later when a script set its URI, or made another of it and did not append it itself.
func (t *Transaction) wantTarget(more []Target) bool {
	main := Hops(&t.State.Target)
	if main == t.State.Dropped {
		return false
	}
	switch {
	case t.State.TargetUsed && main == t.main:
		return false
	case !t.State.TargetUsed && t.flags&relayed == 0:
		return true
	}
	for i := range more {
		if Hops(&more[i]) == main {
			return false
		}
	}
	return true
}

// HopURIs are what tells one target from another.
type HopURIs struct{ uri, dst string }

// Hops are those of a target.
func Hops(t *Target) HopURIs { return HopURIs{t.URI, t.DstURI} }

// addBranch makes and prints a branch. The error of one
// that branch_route drops is ErrDropped.
func (t *Transaction) addBranch(target *Target, o *Relay) error {
	if len(t.branches) >= t.cfg.MaxBranches {
		return ErrTooMany
	}
	b := t.newBranch(target)
	err := t.prepare(b, o)
	if err == nil {
		return nil
	}
	if t.cfg.FailureExecMode.Get() != 0 && err != ErrDropped {
		t.unsent(b, err)
		return nil
	}
	t.dropLast()
	return err
}

// prepare runs branch_route for b, finds its next hop and prints it.
func (t *Transaction) prepare(b *Branch, o *Relay) error {
	edits := t.Request().Edits()
	mark := edits.Mark()
	main, used, reply := t.State.Target, t.State.TargetUsed, t.State.Plan.OnReply
	params, recorded := t.State.RouteParams, t.State.RecordRouted
	t.State.Target = b.Target
	b.onBranch = t.State.Plan.OnBranch
	keep := t.scripts.Branch(t, b, t.from)
	b.Target, b.OnReply = t.State.Target, t.State.Plan.OnReply
	t.State.Target, t.State.TargetUsed, t.State.Plan.OnReply = main, used, reply
	defer func() {
		edits.ResetTo(mark)
		t.State.RouteParams, t.State.RecordRouted = params, recorded
	}()
	if !keep {
		return ErrDropped
	}
	q, err := o.query(&b.Target)
	if err != nil {
		return err
	}
	if b.more, err = t.l.locate(q, t.from); err != nil {
		return err
	}
	if err := t.nextAddress(b); err != nil {
		return err
	}
	if o.NoFailover || t.State.Plan.NoFailover {
		b.more = noTargets
	}
	b.print()
	return nil
}

// nextAddress takes the next address of b that can be sent to from here.
func (t *Transaction) nextAddress(b *Branch) error {
	err := error(ErrUnresolvable)
	for {
		at, ok := b.more.Next()
		if !ok {
			return err
		}
		var d transport.Destination
		if d, err = t.l.destination(at, &b.Target, &t.State, &t.Packet); err == nil {
			b.dest = d
			return nil
		}
	}
}

// sendBranches sends the branches from first on. A branch that cannot be sent
// has failed; the error is returned when all have.
func (t *Transaction) sendBranches(first int, o *Relay, err error) error {
	sent := 0
	for _, b := range t.branches[first:] {
		if b.unsent {
			continue
		}
		if e := t.send(b); e != nil {
			err = e
			t.unsent(b, e)
			continue
		}
		sent++
	}
	if sent > 0 {
		return nil
	}
	if t.cfg.FailureExecMode.Get() != 0 {
		t.flags |= failLater
		return nil
	}
	for len(t.branches) > first {
		t.dropLast()
	}
	return err
}

// unsent ends a branch that could not be sent.
func (t *Transaction) unsent(b *Branch, err error) {
	b.unsent, b.err = true, errorOf(err)
	t.fake(b, b.err.Status)
}

// send sends b for the first time and starts its timers.
func (t *Transaction) send(b *Branch) error {
	if !t.scripts.OnSend(t, b, b.dest, b.sent, t.from) {
		return ErrSend
	}
	for {
		err := t.transmit(t.watched(b), b.sent)
		if err == nil {
			break
		}
		if t.nextAddress(b) != nil {
			if errors.Is(err, syscall.EMSGSIZE) {
				return ErrTooLarge
			}
			return ErrSend
		}
		t.reprint(b, b)
	}
	now := t.l.now()
	b.frAt = t.until(now + t.timeoutFR())
	if !b.dest.Proto.Reliable() {
		b.retrIn = t.interval1()
		b.retrAt = now + b.retrIn
	}
	b.schedule()
	t.emit(RequestOut, b, nil, nil, 0)
	return nil
}

// reprint prints b, which goes to another address now, after earlier failed.
func (t *Transaction) reprint(b, earlier *Branch) {
	sent := earlier.sent
	if t.cfg.ReparseOnFailover.Get() != 0 && sent != nil {
		if b == earlier {
			b.sent = nil
		}
		if b.printAgain(sent, earlier) {
			if b == earlier {
				freeText(sent)
			}
			return
		}
		if b == earlier {
			b.sent = sent
		}
	}
	b.print()
}

// failover sends the request of b to its next address as a branch of its own,
// so that a late reply of the old one is told apart. False when there is none.
func (t *Transaction) failover(b *Branch) bool {
	if t.status >= 200 || t.flags&(canceled|lifeOver) != 0 || b.more.Left() == 0 || len(t.branches) >= t.cfg.MaxBranches {
		return false
	}
	n := t.newBranch(&b.Target)
	n.more, n.OnReply, n.onBranch = b.more, b.OnReply, b.onBranch
	b.more = noTargets
	if t.nextAddress(n) != nil {
		t.dropLast()
		return false
	}
	if t.cfg.ReparseOnFailover.Get() != 0 && b.sent != nil {
		t.reprint(n, b)
	} else if !t.printFailover(n) {
		t.dropLast()
		return false
	}
	if t.send(n) != nil {
		t.dropLast()
		return false
	}
	b.dropped = true
	return true
}

// printFailover prints n with branch_route run anew.
func (t *Transaction) printFailover(n *Branch) bool {
	edits := t.Request().Edits()
	mark := edits.Mark()
	params, recorded := t.State.RouteParams, t.State.RecordRouted
	defer func() {
		edits.ResetTo(mark)
		t.State.RouteParams, t.State.RecordRouted = params, recorded
	}()
	main, used, plan := t.State.Target, t.State.TargetUsed, t.State.Plan
	t.State.Target, t.State.Plan.OnBranch = n.Target, n.onBranch
	keep := t.scripts.Branch(t, n, t.from)
	n.Target = t.State.Target
	t.State.Target, t.State.TargetUsed, t.State.Plan.OnBranch, t.State.Plan.OnReply = main, used, plan.OnBranch, plan.OnReply
	if keep {
		n.print()
	}
	return keep
}

// dropEarlier forgets the replies of earlier steps as failure_reply_mode asks.
func (t *Transaction) dropEarlier(step, first int) {
	switch t.cfg.FailureReplyMode.Get() {
	case 1, 3:
		t.dropReplies(0, first)
	case 2:
		t.dropReplies(step, first)
	}
}

func (t *Transaction) dropReplies(from, to int) {
	for _, b := range t.branches[from:to] {
		if b.finished {
			b.dropped = true
		}
	}
}

// DropReplies forgets replies that were received: those of all branches, or
// only of the last step (t_drop_replies).
func (t *Transaction) DropReplies(lastStep bool) {
	if lastStep {
		t.dropReplies(t.step, len(t.branches))
		return
	}
	t.dropReplies(0, len(t.branches))
}
