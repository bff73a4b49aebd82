// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

// walk is one call between two endpoints that live in the test: each step puts
// one message on its way, loses or repeats one, or lets time pass.
type walk struct {
	*budget
	rand *rand.Rand
	id   string
	// mu is for heard: timers send from goroutines of their own.
	mu sync.Mutex
	// a and b are the messages that have arrived at caller and callee.
	a, b []string
	// last is what was sent last to the server, to send it again.
	last []byte
	from netip.AddrPort
	log  []string
	seq  int
	// invite is what the callee got, ok the 2xx that the caller got.
	invite, ok string
}

var (
	callerAddr = netip.MustParseAddrPort("127.0.0.1:5001")
	calleeAddr = netip.MustParseAddrPort("127.0.0.1:5002")
)

func (w *walk) put(from netip.AddrPort, text string) {
	w.last, w.from = []byte(text), from
	w.again()
}

func (w *walk) again() {
	if w.last == nil {
		return
	}
	s := w.transport.Sockets()[0]
	buf := transport.NewBuffer(len(w.last))
	n := copy(buf.Data, w.last)
	w.engine.Receive(transport.Packet{Data: buf.Data[:n], Buffer: buf, Socket: s, Src: w.from, Dst: s.Addr, Time: w.clock.Now()})
}

// first builds a request of the caller outside of the dialog.
func (w *walk) first(method, extra string) string {
	return fmt.Sprintf("%s sip:bob@127.0.0.1:5002 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5001;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\nFrom: <sip:alice@x>;tag=a\r\nTo: <sip:bob@x>%s\r\n"+
		"Call-ID: %s\r\nCSeq: 1 %s\r\nContact: <sip:alice@127.0.0.1:5001>\r\nContent-Length: 0\r\n\r\n", method, w.id, extra, w.id, method)
}

// headers returns the lines of a message with one of the names.
func headers(msg string, names ...string) (out []string) {
	for _, line := range strings.Split(msg, "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		if slices.Contains(names, name) {
			out = append(out, line)
		}
	}
	return out
}

// answer builds a reply of an endpoint to a request that it got.
func answer(req string, code int, contact string) string {
	lines := headers(req, "Via", "From", "To", "Call-ID", "CSeq", "Record-Route")
	for i, l := range lines {
		if strings.HasPrefix(l, "To:") && !strings.Contains(l, "tag=") {
			lines[i] = l + ";tag=b"
		}
	}
	return fmt.Sprintf("SIP/2.0 %d X\r\n%s\r\nContact: <%s>\r\nContent-Length: 0\r\n\r\n", code, strings.Join(lines, "\r\n"), contact)
}

// within builds a request inside of the dialog.
func (w *walk) within(method string, caller bool, cseq int) string {
	routes := headers(w.ok, "Record-Route")
	from, to, uri, via := "<sip:alice@x>;tag=a", "<sip:bob@x>;tag=b", "sip:bob@127.0.0.1:5002", "127.0.0.1:5001"
	if !caller {
		from, to, uri, via = to, from, "sip:alice@127.0.0.1:5001", "127.0.0.1:5002"
	}
	w.seq++
	var route strings.Builder
	for _, r := range routes {
		route.WriteString("Route:" + strings.TrimPrefix(r, "Record-Route:") + "\r\n")
	}
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s-%d\r\nMax-Forwards: 70\r\n%sFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContent-Length: 0\r\n\r\n",
		method, uri, via, w.id, w.seq, route.String(), from, to, w.id, cseq, method)
}

// heard takes what the server sent.
func (w *walk) heard(to netip.AddrPort, data []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if to == callerAddr {
		w.a = append(w.a, string(data))
		if bytes.HasPrefix(data, []byte("SIP/2.0 200")) && bytes.Contains(data, []byte(" INVITE\r\n")) {
			w.ok = string(data)
		}
		return
	}
	w.b = append(w.b, string(data))
	if bytes.HasPrefix(data, []byte("INVITE ")) {
		w.invite = string(data)
	}
}

// reply answers a request that arrived at an endpoint, if one did.
func (w *walk) reply(box *[]string, at netip.AddrPort, code int) bool {
	for i := len(*box) - 1; i >= 0; i-- {
		m := (*box)[i]
		if strings.HasPrefix(m, "SIP/2.0") || strings.HasPrefix(m, "ACK ") || strings.HasPrefix(m, "INVITE ") {
			continue
		}
		*box = slices.Delete(*box, i, i+1)
		w.put(at, answer(m, code, "sip:x@"+at.String()))
		return true
	}
	return false
}

// steps are what may happen next.
var steps = []struct {
	name string
	do   func(w *walk) bool
}{
	{"INVITE", func(w *walk) bool { w.put(callerAddr, w.first("INVITE", "")); return true }},
	{"180", func(w *walk) bool { return w.callee(180) }},
	{"200", func(w *walk) bool { return w.callee(200) }},
	{"486", func(w *walk) bool { return w.callee(486) }},
	{"487", func(w *walk) bool { return w.callee(487) }},
	{"ACK", func(w *walk) bool {
		if w.ok != "" {
			w.put(callerAddr, w.within("ACK", true, 1))
			return true
		}
		w.put(callerAddr, w.first("ACK", ";tag=b"))
		return true
	}},
	{"CANCEL", func(w *walk) bool { w.put(callerAddr, w.first("CANCEL", "")); return true }},
	{"BYE of the caller", func(w *walk) bool { w.put(callerAddr, w.within("BYE", true, 2)); return true }},
	{"BYE of the callee", func(w *walk) bool { w.put(calleeAddr, w.within("BYE", false, 1)); return true }},
	{"INFO of the caller", func(w *walk) bool { w.put(callerAddr, w.within("INFO", true, 3)); return true }},
	{"INFO of the callee", func(w *walk) bool { w.put(calleeAddr, w.within("INFO", false, 2)); return true }},
	{"200 of the caller", func(w *walk) bool { return w.reply(&w.a, callerAddr, 200) }},
	{"200 of the callee", func(w *walk) bool { return w.reply(&w.b, calleeAddr, 200) }},
	{"481 of the callee", func(w *walk) bool { return w.reply(&w.b, calleeAddr, 481) }},
	{"again", func(w *walk) bool { w.again(); return w.last != nil }},
	{"0.5 s", func(w *walk) bool { w.Advance(500 * time.Millisecond); return true }},
	{"5 s", func(w *walk) bool { w.Advance(5 * time.Second); return true }},
	{"32 s", func(w *walk) bool { w.Advance(32 * time.Second); return true }},
	{"61 s", func(w *walk) bool { w.Advance(61 * time.Second); return true }},
	{"end_dlg", func(w *walk) bool {
		_, err := w.Command("dlg.terminate_dlg", []any{w.id, "a", "b"})
		return err == nil
	}},
}

func (w *walk) callee(code int) bool {
	if w.invite == "" {
		return false
	}
	w.put(calleeAddr, answer(w.invite, code, "sip:bob@127.0.0.1:5002"))
	return true
}

// TestDialogModel makes calls whose messages come in every order, are lost and
// come again, whose BYEs cross, whose CANCEL meets the 200, and lets the timers
// race with them. Whatever happens, a while later there is no dialog, nobody is
// counted, and no timer of a dialog is armed.
func TestDialogModel(t *testing.T) {
	const orders, length = 200, 14
	var w *walk
	b := newBudgetIn(t, "testdata/dialog.cfg", func(to netip.AddrPort, data []byte) {
		if w != nil {
			w.heard(to, data)
		}
	})
	seen := map[string]int{}
	for n := range orders {
		w = &walk{budget: b, rand: rand.New(rand.NewPCG(7, uint64(n))), id: fmt.Sprintf("c%d@x", n)}
		do := func(i int) {
			if steps[i].do(w) {
				w.log = append(w.log, steps[i].name)
				for _, d := range dialogs(t, b) {
					seen[fmt.Sprint(field(d, "state"))]++
					if field(d, "owner") == "" || field(d, "reason") == "" || field(d, "deadline").(int64) < b.clock.Now().Unix() {
						t.Fatalf("%s: a dialog that nobody looks after: %v", strings.Join(w.log, ", "), d)
					}
				}
			}
		}
		do(0)
		for range length {
			do(w.rand.IntN(len(steps)))
		}
		b.Advance(10 * time.Minute)
		if left := dialogs(t, b); len(left) > 0 {
			t.Fatalf("order %d: %s: a dialog is left: %v", n, strings.Join(w.log, ", "), left[0])
		}
		for _, name := range []string{"active_dialogs", "early_dialogs", "kept_dialogs"} {
			if v := b.counters.Lookup("dialog", name).Value(); v != 0 {
				t.Fatalf("order %d: %s: %s is %d", n, strings.Join(w.log, ", "), name, v)
			}
		}
		if r, err := b.Command("dlg.profile_get_size", []any{"calls"}); err != nil || r.Values[0] != int64(0) {
			t.Fatalf("order %d: %s: profile counts %v %v", n, strings.Join(w.log, ", "), r.Values, err)
		}
	}
	for _, state := range []string{"1", "2", "3", "4", "5"} {
		if seen[state] == 0 {
			t.Errorf("no walk came to state %s: %v", state, seen)
		}
	}
}

// dialogs is what dlg.list tells.
func dialogs(t *testing.T, b *budget) (all []*module.Struct) {
	t.Helper()
	r, err := b.Command("dlg.list", nil)
	if err != nil {
		t.Fatal(err)
	}
	for v := range r.Values[0].(module.Stream) {
		all = append(all, v.(*module.Struct))
	}
	return all
}

func field(s *module.Struct, name string) any {
	for _, f := range s.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// TestDialogOrders makes the races that walks by chance may miss, each with
// the dialog events that it must lead to.
func TestDialogOrders(t *testing.T) {
	rows := []struct{ name, steps, events string }{
		{"call", "INVITE 180 200 ACK BYE_of_the_caller 200_of_the_callee", "start end"},
		{"BYEs cross", "INVITE 200 ACK BYE_of_the_caller BYE_of_the_callee 200_of_the_callee 200_of_the_caller", "start end"},
		{"CANCEL meets 200", "INVITE 180 CANCEL 200 ACK BYE_of_the_caller 200_of_the_callee", "start end"},
		{"CANCEL", "INVITE 180 CANCEL 487 ACK", "failed"},
		{"BYE before the ACK", "INVITE 200 BYE_of_the_callee ACK", "start end"},
		{"no ACK", "INVITE 200 61_s 61_s", "start end"},
		{"nobody answers", "INVITE 180", "failed"},
		{"callee dead", "INVITE", "failed"},
		{"BYE meets the command", "INVITE 200 ACK end_dlg BYE_of_the_callee 200_of_the_caller", "start end"},
		{"command, nobody answers", "INVITE 200 ACK end_dlg 61_s", "start end"},
		{"late 200", "INVITE 180 486 200 ACK", "failed"},
		{"INVITE again after its end", "INVITE 486 ACK 61_s again", "failed"},
		{"too long", "INVITE 200 ACK", "start end"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			var w *walk
			b := newBudgetIn(t, "testdata/dialog.cfg", func(to netip.AddrPort, data []byte) {
				if w != nil {
					w.heard(to, data)
				}
			})
			w = &walk{budget: b, id: "one@x"}
			for _, name := range strings.Fields(row.steps) {
				name = strings.ReplaceAll(name, "_of_the_", " of the ")
				if strings.HasSuffix(name, "_s") {
					name = strings.Replace(name, "_", " ", 1)
				}
				i := slices.IndexFunc(steps, func(s struct {
					name string
					do   func(w *walk) bool
				}) bool {
					return s.name == name
				})
				if i < 0 {
					t.Fatalf("no step %q", name)
				}
				steps[i].do(w)
			}
			b.Advance(10 * time.Minute)
			if left := dialogs(t, b); len(left) > 0 {
				t.Errorf("a dialog is left: %v", left[0])
			}
			var events []string
			for _, line := range strings.Split(b.log.String(), "\n") {
				if _, e, ok := strings.Cut(line, "event "); ok {
					events = append(events, strings.Fields(e)[0])
				}
			}
			if got := strings.Join(events, " "); got != row.events {
				t.Errorf("events %q, want %q", got, row.events)
			}
		})
	}
}

// newBudgetIn is newBudgetOf with a function that hears what is sent.
func newBudgetIn(t testing.TB, file string, heard func(to netip.AddrPort, data []byte), flags ...string) *budget {
	t.Helper()
	b := &budget{daemon: &daemon{clock: timer.NewManual(start)}}
	o, err := parseOptions(append([]string{"-E", "-DD", "-a", "no", "-f", file, "-Y", t.TempDir(), "-l", "udp:127.0.0.1:9"}, flags...))
	if err != nil {
		t.Fatal(err)
	}
	cfg, status := readConfig(o, &b.log)
	if status != exitOK {
		t.Fatalf("exit status %d\n%s", status, b.log.String())
	}
	b.server, err = boot(cfg, surroundings{stdout: &b.log, stderr: &b.log, clock: b.clock, resolver: locate.Fixed{}, seed: 1, portable: true,
		network: addressed{transport.NewMemoryNetwork(), heard}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.stop() })
	return b
}

// addressed is a network whose datagrams go to a function.
type addressed struct {
	*transport.MemoryNetwork
	heard func(to netip.AddrPort, data []byte)
}

// ListenPacket implements transport.Network.
func (n addressed) ListenPacket(addr netip.AddrPort) (transport.PacketConn, error) {
	c, err := n.MemoryNetwork.ListenPacket(addr)
	return addressedPackets{c, n.heard}, err
}

type addressedPackets struct {
	transport.PacketConn
	heard func(to netip.AddrPort, data []byte)
}

// WriteTo implements transport.PacketConn.
func (c addressedPackets) WriteTo(data []byte, to netip.AddrPort) error {
	c.heard(to, data)
	return nil
}
