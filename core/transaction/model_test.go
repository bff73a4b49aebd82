// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestAnyOrderOfEvents lets clients, servers, scripts and time act in random
// order. Whatever happens: a client gets at most one final reply of its own
// besides 2xx, nothing panics or reads released memory, and in the end nothing
// is left.
func TestAnyOrderOfEvents(t *testing.T) {
	for seed := range uint64(400) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := &model{world: newWorld(t), r: rand.New(rand.NewPCG(seed, 1))}
			m.scripts()
			m.watch(t)
			for range 40 {
				m.step()
			}
			m.world.end()
		})
	}
}

type model struct {
	*world
	r        *rand.Rand
	requests []string // that alice sent
	ids      []ID     // suspended
	seen     int      // messages of world.all that were looked at
	toBob    []received
	toAlice  []string
	started  int
}

type received struct {
	at   netip.AddrPort
	text string
}

var replyCodes = []int{100, 180, 183, 200, 200, 302, 401, 404, 407, 486, 487, 500, 503, 603}

func (m *model) scripts() {
	route := func(t *Transaction) {
		switch m.r.IntN(4) {
		case 0:
			t.State.Plan.OnFailure = 1
			t.State.Branches = append(t.State.Branches, Target{URI: "sip:x@192.0.2.3", Q: QUnset})
			_ = t.Relay(&Relay{})
		case 1:
			_ = t.Respond(&Answer{Code: 480})
		case 2:
			m.suspend(t)
		}
	}
	m.routes[1], m.routes[2] = route, route
	m.replies[3] = func(t *Transaction, b *Branch, r *Received) bool {
		if m.r.IntN(6) == 0 && t.SuspendReply(b, r) == nil {
			m.ids = append(m.ids, t.ID())
		}
		return m.r.IntN(5) != 0
	}
}

func (m *model) suspend(t *Transaction) {
	if t.Suspend() == nil {
		m.ids = append(m.ids, t.ID())
	}
}

func (m *model) script(t *Transaction) {
	if m.r.IntN(2) == 0 {
		t.State.Plan.OnFailure = 1
	}
	if m.r.IntN(4) == 0 {
		t.State.Plan.OnBranchFailure = 2
	}
	if m.r.IntN(3) == 0 {
		t.State.Plan.OnReply = 3
	}
	switch m.r.IntN(8) {
	case 0:
		_ = t.Respond(&Answer{Code: replyCodes[3+m.r.IntN(len(replyCodes)-3)]})
	case 1:
		m.suspend(t)
	case 2:
		t.Release()
	case 3: // nothing
	default:
		relayTo([]string{"sip:b@192.0.2.2", "sip:c@192.0.2.3", "sip:d@192.0.2.2"}[:1+m.r.IntN(3)]...)(t)
	}
}

// look sorts what was sent since the last step.
func (m *model) look() {
	for _, s := range m.sent {
		switch {
		case strings.HasPrefix(s.text, "SIP/2.0"):
			m.toAlice = append(m.toAlice, s.text)
		case !strings.HasPrefix(s.text, "ACK"):
			m.toBob = append(m.toBob, received{s.to.Addr, s.text})
		}
	}
	m.sent = m.sent[:0]
}

func (m *model) step() {
	m.look()
	switch m.r.IntN(9) {
	case 0, 1:
		m.started++
		method := []string{"INVITE", "INVITE", "BYE"}[m.r.IntN(3)]
		text := strings.Replace(makeRequest(method, fmt.Sprint("m", m.started), 1), "call1", fmt.Sprint("call", m.started), 1)
		m.requests = append(m.requests, text)
		m.request(text, m.script)
	case 2:
		if n := len(m.requests); n > 0 {
			m.request(m.requests[m.r.IntN(n)], m.script)
		}
	case 3:
		if n := len(m.requests); n > 0 {
			m.request(strings.ReplaceAll(m.requests[m.r.IntN(n)], "INVITE", "CANCEL"), m.script)
		}
	case 4:
		if n := len(m.toAlice); n > 0 && len(m.requests) > 0 {
			to := m.toAlice[m.r.IntN(n)]
			call := to[strings.Index(to, "Call-ID: ")+9:]
			call = call[:strings.Index(call, "\r")]
			ack := strings.Replace(ackFor(to, "m"+strings.TrimPrefix(call, "call")), "call1", call, 1)
			m.request(ack, nil)
		}
	case 5, 6, 7:
		if n := len(m.toBob); n > 0 {
			q := m.toBob[m.r.IntN(n)]
			m.reply(q.at, answer(q.text, replyCodes[m.r.IntN(len(replyCodes))], "t"))
		}
	case 8:
		m.advance(time.Duration(m.r.IntN(20000)) * time.Millisecond)
		if n := len(m.ids); n > 0 && m.r.IntN(2) == 0 {
			id := m.ids[n-1]
			m.ids = m.ids[:n-1]
			_ = m.layer.Continue(id, &Received{Out: m.world}, func(t *Transaction, _ *Branch, r *Received) {
				if r == nil {
					m.script(t)
				}
			})
		}
	}
}

// watch counts the negative final replies of each transaction.
func (m *model) watch(t *testing.T) {
	final := map[*Transaction]int{}
	m.layer.On(RequestIn|ReplyOut, func(n *Notice) {
		switch {
		case n.Event == RequestIn:
			delete(final, n.Tx)
		case n.Code >= 300 && final[n.Tx] != 0:
			t.Errorf("%s: got %d, then %d", n.Tx.CallID(), final[n.Tx], n.Code)
		case n.Code >= 300:
			final[n.Tx] = n.Code
		}
	})
}
