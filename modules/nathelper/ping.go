// SPDX-License-Identifier: Apache-2.0

package nathelper

import (
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

// The keepalives are spread over natping_interval: it is divided into rounds,
// and in each round one part of the location table is gone through. While a part
// is walked its lock is held and nothing is sent; what is due is copied, then
// sent. With contacts in the database only, all of them are read at the
// beginning of the interval and sent in equal shares.

const (
	// maxRounds is the greatest number of rounds of an interval: usrloc has no
	// more parts.
	maxRounds = 256
	// roundsPerSecond bounds how often the timer runs.
	roundsPerSecond = 10
	// maxLookups bounds the names that are looked up at the same time.
	maxLookups = 16
)

// due is a contact that gets a keepalive now, with texts of its own.
type due struct {
	uri, hop, path, ruid string
	hash                 uint32
	socket               *transport.Socket
	request              bool // a SIP request, not four bytes
}

// round is the state of the walk; it belongs to the timer's task.
type round struct {
	next, count int
	queue       []due
}

func (n *NATHelper) startPings() {
	n.round.count = min(maxRounds, n.interval*roundsPerSecond)
	n.slots = make(chan struct{}, maxLookups)
	n.on.Store(true)
	n.host.TakeReplies(n.takeReply)
	every := time.Duration(n.interval) * time.Second / time.Duration(n.round.count)
	n.task = n.host.Timers().Every("nathelper", every, n.ping)
}

// ping is one round.
func (n *NATHelper) ping() {
	r := &n.round
	part := r.next
	r.next = (r.next + 1) % r.count
	if !n.on.Load() {
		r.queue = r.queue[:0]
		return
	}
	switch {
	case n.loc.InMemory():
		n.collect(part, r.count)
	case part == 0:
		n.collect(0, 1)
	}
	share := len(r.queue)
	if !n.loc.InMemory() {
		share = (share + r.count - part - 1) / (r.count - part)
	}
	for i := range share {
		if n.ctx.Err() != nil {
			break
		}
		n.send(&r.queue[i])
	}
	left := copy(r.queue, r.queue[share:])
	clear(r.queue[left:])
	r.queue = r.queue[:left]
}

// collect puts those contacts of a part of the tables into the queue that are due.
func (n *NATHelper) collect(part, parts int) {
	now := n.host.Clock().Now().Unix()
	var c usrloc.Contact
	for _, d := range n.loc.Domains() {
		d.EachIn(part, parts, func(b *usrloc.Bindings) bool {
			for h := b.First(); h != 0; h = b.Next(h) {
				if b.Expired(h, now) {
					continue
				}
				b.Read(h, &c)
				if n.wants(&c) {
					n.consider(b, h, &c, now)
				}
			}
			return n.ctx.Err() == nil
		})
	}
}

// wants tells whether a contact gets keepalives at all.
func (n *NATHelper) wants(c *usrloc.Contact) bool {
	switch {
	case n.disableFlag >= 0 && c.CFlags&(1<<n.disableFlag) != 0:
		return false
	case n.serverFilter != 0 && c.ServerID != n.host.Core().ServerID:
		return false
	case c.Socket != nil && c.Socket.Proto != transport.UDP:
		return false
	}
	return n.natedOnly == 0 || n.behindNAT(c)
}

func (n *NATHelper) behindNAT(c *usrloc.Contact) bool {
	flag := n.loc.NATFlag()
	return flag >= 0 && c.CFlags&(1<<flag) != 0
}

// asks tells whether a contact gets a SIP request.
func (n *NATHelper) asks(c *usrloc.Contact) bool {
	return n.sippingFrom != "" && n.sippingFlag >= 0 && (n.natedOnly == 0 || c.CFlags&(1<<n.sippingFlag) != 0)
}

// consider queues a contact, or ends one that has not answered for too long.
// The table is locked.
func (n *NATHelper) consider(b *usrloc.Bindings, h usrloc.Handle, c *usrloc.Contact, now int64) {
	asks := n.asks(c)
	if n.timeout > 0 && asks && n.loc.InMemory() && n.behindNAT(c) && c.Keepalive > 0 && c.Keepalive+int64(n.timeout) < now {
		b.EndAt(h, now)
		n.removed.Inc()
		return
	}
	d := due{uri: strings.Clone(c.URI), hash: b.Hash(), socket: c.Socket, request: asks}
	if n.ignorePath == 0 {
		d.path = strings.Clone(c.Path)
	}
	if d.hop = d.uri; c.Received != "" {
		d.hop = strings.Clone(c.Received)
	}
	if asks {
		d.ruid = string(c.AppendRUID(nil))
		if d.path != "" {
			if first, _, ok := sip.NextListValue(d.path); ok {
				if a, err := sip.ParseNameAddr(first); err == nil {
					d.hop = a.URI
				}
			}
		}
	}
	n.round.queue = append(n.round.queue, d)
}

// send sends a keepalive. A name that is not known yet is looked up meanwhile.
func (n *NATHelper) send(d *due) {
	u, err := sip.ParseURI(d.hop)
	if err != nil || !u.IsSIP() {
		n.skipped.Inc()
		return
	}
	q := locate.Query{Host: u.Host, Port: u.Port, Transport: u.Transport(), Secure: u.Scheme == sip.SchemeSIPS}
	if m := u.Maddr(); m != "" {
		q.Host = m
	}
	if targets, ready := n.host.Locator().Ready(q); ready {
		n.sendTo(d, targets)
		return
	}
	select {
	case n.slots <- struct{}{}:
	default:
		n.skipped.Inc()
		return
	}
	later := *d
	n.host.Transactions().Go("nathelper", func() {
		defer func() { <-n.slots }()
		targets, _ := n.host.Locator().Locate(n.ctx, q)
		n.sendTo(&later, targets)
	})
}

// fourBytes is the keepalive that is no SIP.
var fourBytes = make([]byte, 4)

func (n *NATHelper) sendTo(d *due, targets locate.Targets) {
	t, ok := targets.Next()
	if !ok || t.Proto != transport.UDP {
		n.skipped.Inc()
		return
	}
	to := transport.Destination{Proto: t.Proto, Addr: t.Addr, Socket: d.socket}
	if n.socket != nil {
		to.Socket = n.socket
	}
	if to.Socket == nil {
		to.Socket = n.host.Transport().Choose(t.Proto, t.Addr.Addr())
	}
	if to.Socket == nil {
		n.skipped.Inc()
		return
	}
	data, counter := fourBytes, &n.udpPings
	if d.request {
		data, counter = n.request(d, to.Socket), &n.sipPings
	}
	if n.host.Transport().Send(to, data) != nil {
		n.skipped.Inc()
		return
	}
	counter.Inc()
}

// takeReply takes the answers to keepalives.
func (n *NATHelper) takeReply(c *module.Call) bool {
	probe, ok := n.probes.Read(c.Msg.FromTag())
	if !ok {
		return false
	}
	n.answers.Inc()
	n.loc.Answered(c, probe, n.host.Clock().Now())
	return true
}
