// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

// world is a proxy with a fake network: what it sends is kept in sent, and
// time stands still until advance.
type world struct {
	t     testing.TB
	clock *timer.Manual
	wheel *timer.Wheel
	layer *Layer
	udp   *transport.Socket
	tcp   *transport.Socket
	sent  []sentMessage
	// invites is the last INVITE that each address got.
	invites  map[netip.AddrPort]string
	fail     map[netip.AddrPort]bool
	tried    []transport.Destination
	datagram int  // more bytes cannot be sent; 0 for no limit
	panics   bool // of Send
	dns      locate.Fixed
	routes   map[Route]func(*Transaction)
	// replies runs for onreply_route; false drops.
	replies  map[Route]func(*Transaction, *Branch, *Received) bool
	branches func(*Transaction, *Branch) bool
	events   []string
}

type sentMessage struct {
	to   transport.Destination
	text string
}

var (
	alice = netip.MustParseAddrPort("192.0.2.1:5060")
	bob   = netip.MustParseAddrPort("192.0.2.2:5060")
	carol = netip.MustParseAddrPort("192.0.2.3:5060")
	proxy = netip.MustParseAddrPort("192.0.2.9:5060")
)

func newWorld(t testing.TB) *world {
	t.Helper()
	transport.Poison(true)
	Poison(true)
	w := &world{t: t, clock: timer.NewManual(time.Unix(1700000000, 0)), fail: map[netip.AddrPort]bool{}, invites: map[netip.AddrPort]string{},
		dns: locate.Fixed{}, routes: map[Route]func(*Transaction){},
		replies: map[Route]func(*Transaction, *Branch, *Received) bool{}}
	w.wheel = timer.New(w.clock, timer.Options{})
	w.udp = &transport.Socket{Proto: transport.UDP, Addr: proxy, Host: "192.0.2.9", Port: 5060, SentBy: "192.0.2.9"}
	w.tcp = &transport.Socket{Proto: transport.TCP, Addr: proxy, Host: "192.0.2.9", Port: 5060, SentBy: "192.0.2.9"}
	conf := locate.DefaultConfig()
	conf.Failover = true
	w.layer = New(Options{Network: w, Locator: locate.New(locate.Sources{Resolver: w.dns, Clock: w.clock}, conf), Wheel: w.wheel, Secret: 42, TableSize: 64,
		Go: func(_ string, f func()) { f() }})
	w.layer.Configure(NewSettings(), w)
	w.layer.On(RequestIn|Destroyed|FailureDone|EndToEndACKIn|NegativeACKIn|CancelIn|LocalDone|ReplyOut, func(n *Notice) {
		w.events = append(w.events, fmt.Sprintf("%d %d", n.Event, n.Code))
	})
	return w
}

// Send implements Network.
func (w *world) Send(d transport.Destination, data []byte) error {
	w.tried = append(w.tried, d)
	if w.panics {
		panic("a test wants it")
	}
	if w.datagram > 0 && len(data) > w.datagram {
		return syscall.EMSGSIZE
	}
	if w.fail[d.Addr] {
		return errors.New("refused")
	}
	w.sent = append(w.sent, sentMessage{d, string(data)})
	if strings.HasPrefix(string(data), "INVITE") {
		w.invites[d.Addr] = string(data)
	}
	return nil
}

func (w *world) UpgradedTo(netip.AddrPort) *transport.Socket { return nil }

// Choose implements Network.
func (w *world) Choose(proto transport.Proto, dst netip.Addr) *transport.Socket {
	switch proto {
	case transport.UDP:
		return w.udp
	case transport.TCP:
		return w.tcp
	}
	return nil
}

// Branch implements Scripts.
func (w *world) Branch(t *Transaction, b *Branch, _ any) bool {
	if w.branches == nil || t.State.Plan.OnBranch == 0 {
		return true
	}
	return w.branches(t, b)
}

// Reply implements Scripts.
func (w *world) Reply(t *Transaction, b *Branch, r *Received) bool {
	if f := w.replies[b.OnReply]; f != nil {
		return f(t, b, r)
	}
	return true
}

// BranchFailure implements Scripts.
func (w *world) BranchFailure(t *Transaction, b *Branch, r Route, _ any) { w.routes[r](t) }

// Failure implements Scripts.
func (w *world) Failure(t *Transaction, r Route, _ any) { w.routes[r](t) }

// Local implements Scripts.
func (w *world) Local(*Transaction, *Branch, any) {}

// OnSend implements Scripts.
func (w *world) OnSend(*Transaction, *Branch, transport.Destination, []byte, any) bool { return true }
func (w *world) OnSendReply(*Transaction, *Branch, *sip.Message, []byte, any) bool     { return true }

// received makes a message as a worker has it.
func (w *world) received(from netip.AddrPort, socket *transport.Socket, text string) *Received {
	w.t.Helper()
	text = strings.ReplaceAll(text, "\n", "\r\n")
	buf := transport.NewBuffer(len(text))
	n := copy(buf.Data, text)
	p := transport.Packet{Data: buf.Data[:n], Buffer: buf, Src: from, Dst: socket.Addr, Socket: socket}
	m := NewMessage()
	if err := m.Parse(p.Data); err != nil {
		w.t.Fatalf("bad test message: %v\n%s", err, text)
	}
	m.Source = from
	s := new(State)
	s.Reset()
	s.Target.URI = m.RequestURI
	return &Received{Msg: m, Packet: p, State: s, Out: w}
}

func (w *world) done(r *Received) {
	if !r.Adopted {
		freeReceived(r)
	}
}

// request takes a request through a script: what it does with a new
// transaction. Everything else is what t_relay does.
func (w *world) request(text string, script func(t *Transaction)) {
	w.t.Helper()
	w.requestBy(w.udp, text, script)
}

func (w *world) requestBy(socket *transport.Socket, text string, script func(t *Transaction)) {
	w.t.Helper()
	w.requestFrom(w, socket, text, script)
}

func (w *world) requestFrom(out transport.Sender, socket *transport.Socket, text string, script func(t *Transaction)) {
	w.t.Helper()
	r := w.received(alice, socket, text)
	r.Out = out
	defer w.done(r)
	if r.Msg.Method == sip.MethodAck {
		w.layer.ACK(r)
		return
	}
	var invite *Transaction
	if r.Msg.Method == sip.MethodCancel {
		invite = w.layer.FindInvite(r.Msg)
	}
	t, fresh, err := w.layer.Create(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer t.Unref()
	if !fresh {
		if invite != nil {
			invite.Unref()
		}
		t.Retransmit(r)
		return
	}
	defer t.EndScript()
	if invite != nil {
		defer invite.Unref()
		t.RelayCancel(invite)
		return
	}
	script(t)
}

// relay is the script that only relays.
func relay(t *Transaction) { _ = t.Relay(&Relay{}) }

// relayTo relays to several targets.
func relayTo(uris ...string) func(*Transaction) {
	return func(t *Transaction) {
		t.State.Target.URI = uris[0]
		for _, u := range uris[1:] {
			t.State.Branches = append(t.State.Branches, Target{URI: u, Q: QUnset})
		}
		_ = t.Relay(&Relay{})
	}
}

// reply has branch i of the last request that was sent to addr answer.
func (w *world) reply(from netip.AddrPort, text string) bool {
	w.t.Helper()
	r := w.received(from, w.udp, text)
	defer w.done(r)
	return w.layer.Reply(r)
}

// take returns the messages sent since the last take as "first line -> addr",
// one per line.
func (w *world) take() string {
	var out []string
	for _, m := range w.sent {
		line, _, _ := strings.Cut(m.text, "\r\n")
		line = strings.TrimSuffix(strings.TrimPrefix(line, "SIP/2.0 "), " SIP/2.0")
		if f := strings.Fields(line); len(f) > 1 && strings.HasPrefix(f[1], "sip:") {
			line = f[0]
		} else {
			line = f[0]
		}
		out = append(out, line+">"+names[m.to.Addr.Addr()])
	}
	w.sent = w.sent[:0]
	return strings.Join(out, " ")
}

var names = map[netip.Addr]string{alice.Addr(): "alice", bob.Addr(): "bob", carol.Addr(): "carol"}

// last returns the last message that was sent to addr and begins with prefix.
func (w *world) last(to netip.AddrPort, prefix string) string {
	w.t.Helper()
	for i := len(w.sent) - 1; i >= 0; i-- {
		if w.sent[i].to.Addr == to && strings.HasPrefix(w.sent[i].text, prefix) {
			return w.sent[i].text
		}
	}
	w.t.Fatalf("nothing that begins with %q was sent to %v", prefix, to)
	return ""
}

// answer makes a reply to a request that was sent.
func answer(request string, code int, tag string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d %s\n", code, sip.StatusText(code))
	for _, line := range strings.Split(request, "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		switch name {
		case "Via", "From", "Call-ID", "CSeq":
			b.WriteString(line + "\n")
		case "To":
			if !strings.Contains(line, "tag=") && tag != "" {
				line += ";tag=" + tag
			}
			b.WriteString(line + "\n")
		}
	}
	return b.String() + "Content-Length: 0\n\n"
}

func (w *world) advance(d time.Duration) { w.clock.Advance(d) }

// expect compares what was sent.
func (w *world) expect(what, want string) {
	w.t.Helper()
	if got := w.take(); got != want {
		w.t.Fatalf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// end lets all timers run and checks that nothing is left.
func (w *world) end() {
	w.t.Helper()
	w.advance(10 * time.Minute)
	w.empty()
}

func (w *world) empty() {
	w.t.Helper()
	if s := w.layer.Stats(); s.Current != 0 || s.Waiting != 0 {
		for i := range w.layer.table.index[byCall] {
			for t := w.layer.table.index[byCall][i].head; t != nil; t = t.links[byCall].next {
				w.t.Logf("%s %s status %d flags %b refs %d", t.key.name, t.key.callID, t.status, t.flags, t.refs.Load())
				for _, b := range t.branches {
					w.t.Logf("  branch %d status %d finished %v blind %v fr %v retr %v armed %v stop %v held %v want %v", b.Index, b.status, b.finished, b.blind, b.frAt, b.retrAt, b.timer.armed, b.stop != nil, t.held != nil, b.wantCancel)
				}
			}
		}
		w.t.Fatalf("%d transactions are left, %d of them waiting", s.Current, s.Waiting)
	}
	w.layer.slots.each(func(t *Transaction) {
		if t.live || t.refs.Load() != 0 {
			w.t.Fatalf("slot %d is not free", t.id.Index)
		}
	})
	for _, index := range w.layer.table.index {
		for i := range index {
			if index[i].head != nil {
				w.t.Fatalf("bucket %d is not empty", i)
			}
		}
	}
	if n := w.wheel.Len(); n != 0 {
		w.t.Fatalf("%d timers are armed", n)
	}
}

func makeRequest(method, branch string, cseq int) string {
	cseqMethod := method
	return fmt.Sprintf("%s sip:bob@192.0.2.2 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK%s\nFrom: <sip:alice@a>;tag=fa\n"+
		"To: <sip:bob@b>\nCall-ID: call1\nCSeq: %d %s\nMax-Forwards: 70\nContact: <sip:alice@192.0.2.1>\nContent-Length: 0\n\n",
		method, branch, cseq, cseqMethod)
}

var (
	invite = makeRequest("INVITE", "i1", 1)
	cancel = makeRequest("CANCEL", "i1", 1)
	bye    = makeRequest("BYE", "b1", 2)
)

// ackFor makes the ACK for a reply that alice got; a 2xx wants a new branch.
func ackFor(reply, branch string) string {
	to := ""
	for _, line := range strings.Split(reply, "\r\n") {
		if strings.HasPrefix(line, "To:") {
			to = line
		}
	}
	return strings.Replace(makeRequest("ACK", branch, 1), "To: <sip:bob@b>", to, 1)
}
