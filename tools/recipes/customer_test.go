// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// customer calls from an address of its own.
type customer struct {
	name   string
	conn   *net.UDPConn
	server *net.UDPAddr
	closed chan struct{}
	ended  sync.WaitGroup

	mu      sync.Mutex
	calls   map[string]*call // by Call-ID
	order   []*call
	waiting int // calls that nobody has answered, with 180 or a final reply
}

// call is one call of a customer. All but the channels belong to the mutex of the customer.
type call struct {
	id, number string
	hold       bool // until hangUp; else it is ended soon after it was answered

	gateway       string // whose tag the newest reply has, up to the first final one
	heard         bool   // a reply to the INVITE came
	waits         bool   // it is one of those that wait
	code, byeCode int    // final replies, 0 before
	routes        string // Route header fields of the dialog
	to, contact   string
	invite, bye   string // what is sent again until there is a reply
	cancelled     bool

	answered, over chan struct{} // closed at the final reply, and when all is over
}

// repeatAfter is timer T1 of RFC 3261, and how long a call that is not held lasts at the most.
const repeatAfter = 500 * time.Millisecond

// newCustomer opens a socket at an address and answers what comes until the test ends.
func newCustomer(t *testing.T, name, address, server string) *customer {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp4", server)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(address)})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadBuffer(8 << 20)
	c := &customer{name: name, conn: conn, server: to, closed: make(chan struct{}), calls: map[string]*call{}}
	c.ended.Add(2)
	go c.receive()
	go c.repeat()
	t.Cleanup(func() {
		close(c.closed)
		conn.Close()
		c.ended.Wait()
	})
	return c
}

// call begins a call.
func (c *customer) call(number string, hold bool) *call {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := &call{id: fmt.Sprintf("%s-%d-%d", c.name, len(c.order), c.conn.LocalAddr().(*net.UDPAddr).Port), number: number, hold: hold, waits: true, answered: make(chan struct{}), over: make(chan struct{})}
	c.calls[k.id], c.order = k, append(c.order, k)
	c.waiting++
	k.to = "<sip:" + number + "@carrier.example.com>"
	k.invite = c.request(k, "INVITE", 1, "sip:"+number+"@carrier.example.com", "")
	c.send(k.invite)
	return k
}

// mayCall tells that not too many calls wait: more of them, on a machine that is slow, would only have gateways look dead.
func (c *customer) mayCall() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting < 40
}

// hangUp ends calls that are up.
func (c *customer) hangUp(calls ...*call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range calls {
		c.sendBye(k)
	}
}

// giveUp cancels the calls that have no final reply.
func (c *customer) giveUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.order {
		if k.code == 0 {
			k.cancelled = true
			c.send(c.request(k, "CANCEL", 1, "sip:"+k.number+"@carrier.example.com", ""))
		}
	}
}

func (c *customer) sendBye(k *call) {
	if k.bye == "" && k.code == 200 {
		k.bye = c.request(k, "BYE", 2, k.contact, k.routes)
		c.send(k.bye)
	}
}

// request writes a request; CANCEL, and the ACK to a refusal, have the branch of their INVITE.
func (c *customer) request(k *call, method string, cseq int, uri, routes string) string {
	branch := "z9hG4bK" + k.id
	if routes != "" {
		branch += "-" + method
	}
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s\r\nMax-Forwards: 70\r\n%sFrom: <sip:caller@%s>;tag=%s\r\nTo: %s\r\n"+
		"Call-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:caller@%s>\r\nContent-Length: 0\r\n\r\n",
		method, uri, c.conn.LocalAddr(), branch, routes, c.name, k.id, k.to, k.id, cseq, method, c.conn.LocalAddr())
}

func (c *customer) send(text string) { c.conn.WriteToUDP([]byte(text), c.server) }

// repeat sends again what has no reply, and ends the calls that nobody holds.
func (c *customer) repeat() {
	defer c.ended.Done()
	tick := time.NewTicker(repeatAfter)
	defer tick.Stop()
	var again []*call // what was open at the tick before
	for {
		select {
		case <-c.closed:
			return
		case <-tick.C:
		}
		c.mu.Lock()
		for _, k := range again {
			switch {
			case !k.heard:
				c.send(k.invite)
			case k.bye != "" && k.byeCode == 0:
				c.send(k.bye)
			}
		}
		again = again[:0]
		for _, k := range c.order {
			if !k.hold {
				c.sendBye(k)
			}
			if !k.heard || k.bye != "" && k.byeCode == 0 {
				again = append(again, k)
			}
		}
		c.mu.Unlock()
	}
}

// receive takes what comes.
func (c *customer) receive() {
	defer c.ended.Done()
	buf := make([]byte, 1<<16)
	for {
		n, err := c.conn.Read(buf)
		if err != nil {
			return
		}
		text := string(buf[:n])
		c.mu.Lock()
		if k := c.calls[one(text, "Call-ID")]; k != nil {
			if code, ok := strings.CutPrefix(text, "SIP/2.0 "); ok {
				status, _ := strconv.Atoi(code[:3])
				c.reply(k, status, text)
			} else {
				c.asked(k, text)
			}
		}
		c.mu.Unlock()
	}
}

func (c *customer) reply(k *call, status int, text string) {
	to := one(text, "To")
	switch _, method, _ := strings.Cut(one(text, "CSeq"), " "); {
	case method == "BYE" && status >= 200 && k.byeCode == 0:
		k.byeCode = status
		k.finish()
	case method == "INVITE":
		k.heard = true
		if _, tag, ok := strings.Cut(to, ";tag="); ok && k.code == 0 {
			k.gateway, _, _ = strings.Cut(tag, "-")
		}
		if status >= 200 {
			c.final(k, status, to, text)
		}
		if k.waits && (k.gateway != "" || k.code != 0) {
			k.waits = false
			c.waiting--
		}
	}
}

// final acknowledges a final reply to the INVITE.
func (c *customer) final(k *call, status int, to, text string) {
	first := k.code == 0
	if first {
		k.code, k.to = status, to
		close(k.answered)
	}
	if status != 200 {
		c.send(c.request(k, "ACK", 1, "sip:"+k.number+"@carrier.example.com", ""))
		if first {
			k.finish()
		}
		return
	}
	if first {
		k.contact = strings.Trim(one(text, "Contact"), "<>")
		all := every(text, "Record-Route")
		slices.Reverse(all)
		for _, r := range all {
			k.routes += "Route: " + r + "\r\n"
		}
	}
	c.send(c.request(k, "ACK", 1, k.contact, k.routes))
}

// asked answers a request of the server, which ends the call.
func (c *customer) asked(k *call, text string) {
	if !strings.HasPrefix(text, "BYE ") {
		return
	}
	var b strings.Builder
	b.WriteString("SIP/2.0 200 OK\r\n")
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		for _, v := range every(text, name) {
			b.WriteString(name + ": " + v + "\r\n")
		}
	}
	c.send(b.String() + "Content-Length: 0\r\n\r\n")
	if k.bye == "" {
		k.bye, k.byeCode = "theirs", 200
		k.finish()
	}
}

func (k *call) finish() { close(k.over) }

// every returns the values of a header, one returns the first.
func every(text, name string) (values []string) {
	head, _, _ := strings.Cut(text, "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if n, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.TrimSpace(n), name) {
			values = append(values, strings.TrimSpace(v))
		}
	}
	return values
}

func one(text, name string) string {
	if all := every(text, name); len(all) > 0 {
		return all[0]
	}
	return ""
}
