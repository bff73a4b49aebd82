// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// get takes a transaction from the pool, locked, with one reference of the
// layer and one of the caller, and puts it into the slot table. size is that
// of its request, of method.
func (l *Layer) get(method sip.Method, size int) (*Transaction, error) {
	cost := costOf(size)
	at, index, uses := l.slots.take(cost, l.reserve(method))
	if at == nil {
		return nil, ErrFull
	}
	t := at.tx.Load()
	if t == nil {
		t = l.newTransaction()
		at.tx.Store(t)
	}
	t.mu.Lock()
	branches, heard := t.branches[:0], t.heard[:0]
	t.fields = fields{}
	t.branches, t.heard, t.cost = branches, heard, cost
	c := l.config.Load()
	t.cfg, t.scripts = c.settings, c.scripts
	t.id = ID{index, uint32(mix(uint64(index)<<32|uint64(uses), ^l.opt.Secret))}
	t.created = l.now()
	t.live = true
	t.repeated.Store(false)
	t.forked.Store(false)
	t.refs.Store(2)
	l.count(t).created.Add(1)
	return t, nil
}

// Create makes the transaction of a request (t_newtran) and takes the message,
// its memory and the caller's state over: r.State is empty afterwards, and the
// caller goes on with the State of the transaction. Where one for this request
// exists already, that is returned with fresh false, not locked, and nothing
// was taken. Either way the caller has a reference; a new transaction is
// locked, and the caller ends with EndScript.
func (l *Layer) Create(r *Received) (t *Transaction, fresh bool, err error) {
	if r.Msg.Method == sip.MethodAck {
		return nil, false, ErrBadURI
	}
	t, err = l.get(r.Msg.Method, len(r.Packet.Data))
	if err != nil {
		if t = l.Lookup(r); t != nil {
			return t, false, nil // it has its room
		}
		l.full()
		return nil, false, err
	}
	if err := l.newKey(&t.key, r.Msg, t.cfg, false); err != nil {
		l.discard(t)
		return nil, false, err
	}
	if old := l.insert(t); old != nil {
		l.discard(t)
		return old, false, nil
	}
	t.enter(r.Out, r.From)
	t.request, t.Packet, t.Gen, t.Method = r.Msg, r.Packet, r.Gen, r.Msg.Method
	t.State, *r.State = *r.State, t.State
	r.State.Reset()
	t.flags |= inScript
	t.replyTo = t.replyDestination(r.Packet)
	r.Adopted = true
	l.count(t).uas.Add(1)
	t.emit(RequestIn, nil, nil, nil, 0)
	return t, true, nil
}

// discard takes a transaction back that nobody saw, with its lock held.
func (l *Layer) discard(t *Transaction) {
	t.live = false
	t.mu.Unlock()
	t.refs.Add(-1)
	t.Unref()
}

// replyDestination is where replies go (RFC 3261 18.2.2, RFC 3581).
func (t *Transaction) replyDestination(p transport.Packet) transport.Destination {
	d, err := ReplyDestination(t.Request(), p, &t.State)
	if err != nil {
		d = transport.Destination{Proto: p.Socket.Proto, Addr: p.Src, Socket: p.Socket, Conn: p.Conn}
	}
	return d
}

// EndScript ends what Create began: the script of the request is over, and
// the lock is given back. A transaction that the script neither relayed nor
// answered nor suspended ends here.
func (t *Transaction) EndScript() {
	t.flags &^= inScript
	if t.saved() {
		t.Request().Edits().ResetTo(t.mark)
	}
	if t.flags&(suspended|released) == 0 && t.status < 200 && !t.pending() {
		if t.flags&failLater != 0 {
			t.complete()
		} else if e := t.State.Err; e != nil && !t.State.Plan.NoInternalReply {
			t.ReplyError(e)
		} else {
			t.l.opt.Log.Warn("the script neither relayed nor answered a request it made a transaction for",
				"method", t.key.name, "call_id", t.key.callID)
		}
	}
	if t.flags&(suspended|waiting) == 0 && t.phase == proceeding && !t.pending() {
		t.wait()
	}
	t.Unlock()
}

// pending reports whether a branch has no final reply yet.
func (t *Transaction) pending() bool {
	for _, b := range t.branches {
		if !b.finished {
			return true
		}
	}
	return false
}

// SaveEdits makes the current edits of the request those that later branches
// begin with (t_save_lumps).
func (t *Transaction) SaveEdits() {
	if !t.saved() {
		t.mark = t.Request().Edits().Mark()
		t.flags |= marked
	}
}

func (t *Transaction) saved() bool { return t.flags&marked != 0 }

// free gives everything back. Nobody has a reference any more.
func (t *Transaction) free() {
	l := t.l
	l.slots.give(t.forget())
}

// forget gives back what t holds. What else it remembers is forgotten when it
// is used again.
//
// Hot path: a transaction ends seconds after it was last touched. Emptying it
// then costs 30 cache lines that are far away, and that are written again when
// it is used next; get, newBranch and Create do it, which write them anyway.
func (t *Transaction) forget() (index uint32, cost int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Packet.Buffer != nil {
		t.emit(Destroyed, nil, nil, nil, t.status)
	}
	for _, b := range t.branches {
		t.freeBranch(b)
	}
	clear(t.heard)
	freeText(t.reply)
	t.dropHeld()
	if t.request != nil {
		FreeMessage(t.request)
	}
	if t.Packet.Buffer != nil {
		t.Packet.Buffer.Release()
	}
	t.reply, t.request, t.Packet.Buffer = nil, nil, nil
	t.l.count(t).freed.Add(1)
	return t.id.Index, t.cost
}
