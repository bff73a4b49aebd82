// SPDX-License-Identifier: Apache-2.0

package uac

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/digest"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// early is how many seconds before its end a registration is renewed at the
// latest, beside reg_timer_interval.
const early = 3

// newAccount begins the registration of a profile.
func (m *Module) newAccount(p profile) *account {
	wait := p.delay
	if wait == 0 && m.randomDelay > 0 {
		wait = m.host.Rand().Int64N(int64(m.randomDelay))
	}
	return &account{profile: p, flags: p.flags & disabled, lasting: p.expires, begin: m.now() + wait}
}

func (m *Module) now() int64 { return m.host.Clock().Now().Unix() }

// tick sends what REGISTERs are due.
func (m *Module) tick() {
	if !m.registry.active.Load() {
		return
	}
	now := m.now()
	for _, a := range m.registry.list() {
		m.registry.mu.RLock()
		due := a.due(now, int64(m.timerInterval))
		m.registry.mu.RUnlock()
		if due {
			m.register(a, false)
		}
	}
}

// due says whether a REGISTER is to be sent. The registry's lock is held.
func (a *account) due(now, interval int64) bool {
	switch {
	case a.flags&(disabled|ongoing) != 0:
		return false
	case a.flags&begun == 0:
		return a.begin <= now
	case a.flags&online == 0:
		return a.expiry <= now+interval
	}
	return a.expiry <= now+interval+early
}

// registering is one registration on its way: a REGISTER, and the one that
// answers its challenge or asks for a longer lifetime.
type registering struct {
	m   *Module
	a   *account
	sip transaction.LocalRequest
	// leave unregisters.
	leave     bool
	lifetime  int64
	answers   int  // challenges that were answered
	prolonged bool // the server wanted a longer lifetime
}

// register sends a REGISTER for an account. leave takes the registration back and
// disables the account.
func (m *Module) register(a *account, leave bool) {
	g := &registering{m: m, a: a, leave: leave, lifetime: a.expires}
	ok := m.registry.update(a, func() {
		if leave {
			a.lasting = 0
		} else {
			a.lasting = max(a.lasting, a.expires)
		}
		g.lifetime = a.lasting
		if m.keepCallID == 0 || a.callID == "" || a.flags&(online|ongoing) == 0 {
			a.callID, a.cseq = m.newCallID(), firstCSeq-1
		}
		a.cseq++
		a.flags = a.flags&^authSent | ongoing | begun
	})
	if ok {
		g.send("")
	}
}

// send sends the REGISTER (RFC 3261 10.2), with a header field that answers a
// challenge.
func (g *registering) send(authorization string) {
	m, a := g.m, g.a
	if g.sip.From == "" {
		uri := "<" + a.remoteURI() + ">"
		g.sip = transaction.LocalRequest{Method: "REGISTER", URI: "sip:" + a.remoteDomain, From: uri + ";tag=" + m.host.Transactions().NewTag(),
			To: uri, NextHop: a.proxy, Socket: m.socketOf(&a.profile), Gen: m.host.Generation(), Events: transaction.LocalDone, Heard: g.done}
	}
	m.registry.mu.RLock()
	g.sip.CallID, g.sip.CSeq = a.callID, a.cseq
	m.registry.mu.RUnlock()
	g.sip.Headers = "Contact: <" + a.contactURI() + ">\r\nExpires: " + strconv.FormatInt(g.lifetime, 10) + "\r\n" + authorization
	t, err := m.host.Transactions().Send(&g.sip, nil)
	if t != nil {
		t.Unref()
	}
	if err != nil {
		m.log.Error("cannot send a REGISTER", "l_uuid", a.uuid, "err", err)
		g.failed()
	}
}

// done follows the end of a REGISTER. The transaction's lock is held.
func (g *registering) done(n *transaction.Notice) {
	switch {
	case n.Code < 300:
		g.succeeded(n.Reply)
	case (n.Code == 401 || n.Code == 407) && n.Reply != nil && g.answer(n.Reply):
	case n.Code == 423 && n.Reply != nil && g.prolong(n.Reply):
	default:
		g.m.log.Error("got sip response " + strconv.Itoa(n.Code) + " while registering [" + g.a.uuid + "]")
		g.failed()
	}
}

// answer answers a challenge; false where it cannot be, or was before. A nonce
// that has run out meanwhile is no refusal, once.
func (g *registering) answer(reply *sip.Message) bool {
	if g.answers > 1 || g.answers == 1 && !stale(reply) {
		return false
	}
	g.answers++
	s := g.a.secret()
	line, err := answerTo(nil, reply, &digest.Request{Method: "REGISTER", URI: g.sip.URI}, func() string { return "" }, g.m.host.Rand(),
		func(realm string) (secret, bool) { return s, s.realm == "" || s.realm == realm })
	if err != nil {
		g.m.log.Error("a challenge of a registration cannot be answered", "l_uuid", g.a.uuid, "err", err)
		return false
	}
	return g.again(string(line), func() { g.a.flags |= authSent })
}

// stale says whether a challenge tells that only its nonce had run out.
func stale(reply *sip.Message) bool {
	for _, header := range []sip.HeaderType{sip.HeaderWWWAuthenticate, sip.HeaderProxyAuthenticate} {
		for i := reply.First(header); i >= 0; i = reply.Next(header, i) {
			if c, err := digest.ParseChallenge(reply.Header(i).Value); err == nil && c.Stale {
				return true
			}
		}
	}
	return false
}

// prolong asks for the lifetime that the server wants at least (RFC 3261 10.2.8).
func (g *registering) prolong(reply *sip.Message) bool {
	i := reply.First(sip.HeaderMinExpires)
	if g.prolonged || g.leave || i < 0 {
		return false
	}
	least, ok := sip.ParseUint(reply.Header(i).Value)
	if !ok || int64(least) <= g.lifetime || least > maxExpires {
		return false
	}
	g.prolonged, g.lifetime = true, int64(least)
	return g.again("", func() { g.a.lasting = int64(least) })
}

// again sends the REGISTER once more, with the next CSeq number. It does so
// outside of the transaction: sending may wait for a name.
func (g *registering) again(authorization string, note func()) bool {
	ok := g.m.registry.update(g.a, func() {
		g.a.cseq++
		note()
	})
	if ok {
		g.m.host.Transactions().Go("uac registration", func() { g.send(authorization) })
	}
	return true
}

// succeeded notes the lifetime that the server gave.
func (g *registering) succeeded(reply *sip.Message) {
	a, life := g.a, g.lifetime
	if reply != nil {
		life = granted(reply, a.uuid, life)
	}
	g.m.registry.update(a, func() {
		a.flags &^= ongoing | authSent | online
		a.expiry = g.m.now() + life
		if g.leave {
			a.flags |= disabled
			return
		}
		a.flags |= online
	})
}

// granted is the lifetime of our binding in the reply to a REGISTER (RFC 3261
// 10.2.4); asked where it says nothing.
func granted(reply *sip.Message, uuid string, asked int64) int64 {
	life := asked
	if i := reply.First(sip.HeaderExpires); i >= 0 {
		if n, ok := sip.ParseUint(reply.Header(i).Value); ok && n <= maxExpires {
			life = int64(n)
		}
	}
	contacts, _ := reply.Contacts()
	for i := range contacts {
		u, err := sip.ParseURI(contacts[i].URI)
		if err != nil || u.User != uuid {
			continue
		}
		if v, ok := contacts[i].Params.Lookup("expires"); ok {
			if n, ok := sip.ParseUint(v); ok && n <= maxExpires {
				life = int64(n)
			}
		}
	}
	return life
}

// failed notes when the next attempt is made, if any.
func (g *registering) failed() {
	m, a := g.m, g.a
	m.registry.update(a, func() {
		a.flags &^= ongoing | authSent | online
		a.expiry = m.now() + int64(m.retryInterval)
		if m.retryInterval == 0 || g.leave {
			a.flags |= disabled
		}
	})
}
