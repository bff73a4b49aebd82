// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// LocalRequest is a request of our own (t_uac).
type LocalRequest struct {
	// Method and URI are the first line.
	Method, URI string
	// From and To are whole values, tags included.
	From, To string
	// CallID is made up when empty, CSeq 10 when 0 and not ZeroCSeq.
	CallID   string
	CSeq     uint32
	ZeroCSeq bool
	// MaxForwards is 70 when 0; below 0 it stands in Headers.
	MaxForwards int
	// Route is the route set, values separated by commas; empty for none.
	Route string
	// NextHop is a URI that the request is sent to instead of Route or URI.
	NextHop string
	// Socket is the socket to send from; nil lets the layer choose.
	Socket *transport.Socket
	// Headers are further header fields with their CRLF.
	Headers string
	Body    string
	// Brief forgets the transaction with its final reply: what comes late is
	// nobody's, and is dropped. It is for who sends very many requests.
	Brief bool
	// NoACK leaves the ACK for a 2xx to the caller (t_uac_start_noack).
	NoACK bool
	// Gen is the generation for the scripts; By is the Call that asks, whose
	// worker lends its place while a name is looked up, nil for none.
	Gen any
	By  any
	// Heard is told of the events in Events.
	Events Event
	Heard  func(*Notice)
}

// uac is what a local transaction has beside branches.
type uac struct {
	noACK bool
	brief bool
	ack   []byte // the ACK for the 2xx
	ackTo transport.Destination
}

// Send sends a request of our own statefully. The listeners of r hear of its
// replies and its end. The transaction that is returned has a reference of the
// caller and is not locked.
func (l *Layer) Send(r *LocalRequest, out transport.Sender) (*Transaction, error) {
	t, err := l.get(sip.ParseMethod(r.Method), r.size())
	if err != nil {
		l.full()
		return nil, err
	}
	if err := t.build(r); err != nil {
		l.discard(t)
		return nil, err
	}
	if err := l.newLocalKey(&t.key, t.Request()); err != nil {
		l.discard(t)
		return nil, err
	}
	t.enter(out, r.By)
	defer t.Unlock()
	if r.Heard != nil {
		t.On(r.Events, r.Heard)
	}
	l.insert(t)
	l.count(t).uac.Add(1)
	if err := t.sendLocal(r); err != nil {
		t.status = 500
		t.wait()
		return t, err
	}
	return t, nil
}

// size is enough for the printed request, in bytes.
func (r *LocalRequest) size() int {
	return 512 + len(r.URI) + len(r.From) + len(r.To) + len(r.Route) + len(r.Headers) + len(r.Body)
}

// build makes the request and parses it, so that a route may see it.
func (t *Transaction) build(r *LocalRequest) error {
	t.local = true
	t.Gen = r.Gen
	t.State.Reset()
	t.uac = &uac{noACK: r.NoACK, brief: r.Brief}
	buf := transport.NewBuffer(r.size())
	text := t.appendLocal(buf.Data[:0], r)
	t.Packet = transport.Packet{Data: text, Buffer: buf, Socket: r.Socket}
	if r.Socket != nil {
		t.Packet.Src, t.Packet.Dst = r.Socket.Addr, r.Socket.Addr
	}
	t.request = NewMessage()
	if err := t.request.Parse(text); err != nil {
		return err
	}
	t.Method = t.Request().Method
	t.State.Target = Target{URI: t.Request().RequestURI, Socket: r.Socket, Q: QUnset}
	if hop := firstHop(r); hop != "" {
		t.State.Target.DstURI = buf.Copy(hop)
	}
	return nil
}

func firstHop(r *LocalRequest) string {
	if r.NextHop != "" {
		return r.NextHop
	}
	first, _, ok := sip.NextListValue(r.Route)
	if !ok {
		return ""
	}
	if a, err := sip.ParseNameAddr(first); err == nil {
		return a.URI
	}
	return ""
}

// appendLocal prints the request without a Via: each branch gets its own.
func (t *Transaction) appendLocal(dst []byte, r *LocalRequest) []byte {
	field := func(name, value string) {
		dst = append(dst, name...)
		dst = append(dst, value...)
		dst = append(dst, "\r\n"...)
	}
	field(r.Method+" ", r.URI+" "+sip.Version)
	field("To: ", r.To)
	field("From: ", r.From)
	cseq := r.CSeq
	if cseq == 0 && !r.ZeroCSeq {
		cseq = 10
	}
	dst = append(dst, "CSeq: "...)
	dst = strconv.AppendUint(dst, uint64(cseq), 10)
	field(" ", r.Method)
	dst = append(dst, "Call-ID: "...)
	if r.CallID == "" {
		dst = t.l.appendCallID(dst)
	}
	field(r.CallID, "")
	hops := r.MaxForwards
	if hops == 0 {
		hops = 70
	}
	if hops > 0 {
		field("Max-Forwards: ", strconv.Itoa(hops))
	}
	if r.Route != "" {
		field("Route: ", r.Route)
	}
	dst = append(dst, "Content-Length: "...)
	field(strconv.Itoa(len(r.Body)), "")
	if t.cfg.UserAgentHeader != "" {
		field(t.cfg.UserAgentHeader, "")
	}
	dst = append(dst, r.Headers...)
	if r.Headers != "" && !strings.HasSuffix(r.Headers, "\n") {
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "\r\n"...)
	return append(dst, r.Body...)
}

// appendCallID appends a Call-ID that nobody had before.
func (l *Layer) appendCallID(dst []byte) []byte {
	n := l.calls.Add(1)
	a := mix(n, l.opt.Secret)
	dst = appendHex8(dst, uint32(a>>32))
	dst = appendHex8(dst, uint32(a))
	dst = append(dst, '-')
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	return appendHex8(dst, binary.BigEndian.Uint32(b[4:]))
}

// newLocalKey is newKey for a request without Via.
func (l *Layer) newLocalKey(k *key, m *sip.Message) error {
	cseq, err := m.CSeq()
	if err != nil {
		return err
	}
	if _, err := m.From(); err != nil {
		return err
	}
	if _, err := m.To(); err != nil {
		return err
	}
	k.callID, k.fromTag, k.toTag = m.CallID(), m.FromTag(), m.ToTag()
	k.ruri, k.name, k.method, k.cseq = m.RequestURI, m.MethodName, m.Method, cseq.Number
	k.call = l.table.hashCall(k.callID, k.cseq, k.method == sip.MethodInvite)
	return nil
}

// sendLocal sends a local request to its target.
func (t *Transaction) sendLocal(r *LocalRequest) error {
	t.deadline = t.l.now() + t.lifetime()
	t.scripts.Local(t, nil, t.from)
	t.SaveEdits()
	return t.addLocal()
}

func (t *Transaction) addLocal() error {
	var o Relay
	first := len(t.branches)
	err := t.addBranches(&o)
	t.State.TargetUsed = true
	if len(t.branches) == first {
		if err == nil {
			err = ErrNoBranch
		}
		return err
	}
	t.step = first
	return t.sendBranches(first, &o, err)
}

// localSuccess ends a local transaction with a 2xx.
func (t *Transaction) localSuccess(b *Branch, m *sip.Message, first bool) {
	if t.Method == sip.MethodInvite && !t.uac.noACK && !t.State.Plan.NoAutoACK {
		t.ack2xx(b, m)
	}
	if first && t.status < 200 {
		t.status, t.phase = m.Status, accepted
		t.emit(LocalReplyIn, b, nil, m, m.Status)
		t.emit(LocalDone, b, nil, m, m.Status)
		t.cancelOthers(b, m.Status)
		t.wait()
	}
}

// localDone ends a local transaction with the negative reply of b.
func (t *Transaction) localDone(b *Branch) {
	t.status = b.status
	t.emit(LocalDone, b, nil, b.reply, b.status)
	for _, o := range t.branches {
		o.releaseReply()
	}
	t.wait()
}

// ack2xx acknowledges a 2xx to our own INVITE (RFC 3261 13.2.2.4).
func (t *Transaction) ack2xx(b *Branch, m *sip.Message) {
	if t.uac.ack == nil && !t.buildACK2xx(b, m) {
		return
	}
	_ = t.transmit(t.uac.ackTo, t.uac.ack)
}

func (t *Transaction) buildACK2xx(b *Branch, m *sip.Message) bool {
	target := b.Target.URI
	if contacts, err := m.Contacts(); err == nil && len(contacts) > 0 {
		target = contacts[0].URI
	}
	route, hop := t.routeSet(m)
	if hop == "" {
		hop = target
	}
	d := b.dest
	switch t.cfg.LocalACKMode.Get() {
	case 0:
		q, err := uriQuery(hop)
		if err != nil {
			return false
		}
		at, err := t.l.locate(q, t.from)
		if err != nil {
			return false
		}
		next, _ := at.Next()
		if d, err = t.l.destination(next, &Target{Socket: b.Target.Socket}, &t.State, &t.Packet); err != nil {
			return false
		}
	case 2:
		d.Addr = m.Source
	}
	p := b.newPress()
	defer p.free()
	p.out.Transport, p.out.Host, p.out.Port = d.Proto, d.Socket.Host, d.Socket.Port
	// An ACK for a 2xx is a transaction of its own (RFC 3261 17.1.1.3).
	p.out.Branch = view(append(t.l.appendBranchID(p.id[:0], t.id, b.Index), 'a'))
	req := sip.LocalRequest{Method: "ACK", RequestURI: target, Via: &p.out, From: t.Request().Value(sip.HeaderFrom),
		To: m.Value(sip.HeaderTo), CallID: t.key.callID, CSeq: t.key.cseq, MaxForwards: 70, Route: route,
		UserAgent: t.cfg.UserAgentHeader}
	t.uac.ack, t.uac.ackTo = sip.AppendLocalRequest(nil, &req), d
	return true
}

// routeSet is the route set of the dialog that a 2xx made, and its first hop
// (RFC 3261 12.1.2).
func (t *Transaction) routeSet(m *sip.Message) (route, hop string) {
	rr, _ := m.RecordRoutes()
	for i := len(rr) - 1; i >= 0; i-- {
		if route != "" {
			route += ", "
		} else {
			hop = rr[i].URI
		}
		route += rr[i].Raw
	}
	if route == "" {
		route = t.Request().Value(sip.HeaderRoute)
		if a, err := sip.ParseNameAddr(route); err == nil && route != "" {
			hop = a.URI
		}
	}
	return route, hop
}
