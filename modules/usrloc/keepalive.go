// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

// Keepalives are requests to the contacts in memory, each once in a
// timer_interval. The interval is divided into rounds, and in each round a part
// of the tables is gone through: while a part is walked its lock is held and
// nothing is sent; what is due is copied, then sent.

// The bits of ka_mode.
const (
	askAll = 1 << iota
	askBehindNAT
	askUDP
)

const (
	// maxRounds is the greatest number of rounds of an interval.
	maxRounds = tableParts
	// roundsPerSecond bounds how often the timer runs.
	roundsPerSecond = 10
	// maxLookups bounds the names that are looked up at the same time.
	maxLookups = 16
	// graceSeconds is how long a contact that was silent for ka_timeout still
	// has, as in Kamailio.
	graceSeconds = 10
	// noLog is the ka_loglevel that logs nothing.
	noLog = 255
)

// keepalives is ka_mode and what belongs to it.
type keepalives struct {
	mode, filter, timeout, level int
	method, from, domain, text   string

	loc    *Usrloc
	line   module.Template // of text
	probes Probes
	task   *timer.Task
	count  atomic.Uint64
	round  int // belongs to the task, as queue
	rounds int
	queue  []asked
	// slots bounds the look-ups of names that wait.
	slots chan struct{}

	sent, answers, removed, skipped counter.Counter
}

// asked is a contact that gets a keepalive now, with texts of its own.
type asked struct {
	uri, hop, aor, ruid, path string
	hash                      uint32
	socket                    *transport.Socket
	conn                      transport.ConnID
}

// init gives the defaults.
func (k *keepalives) init(u *Usrloc) {
	k.loc, k.level, k.method, k.from, k.domain = u, noLog, "OPTIONS", "sip:server@kamailio.org", "kamailio.org"
	k.text = " to-uri: [$tu] remote-addr: [$sas]"
}

func (k *keepalives) params() []module.Param {
	return []module.Param{
		{Name: "ka_mode", Set: &k.mode, Min: 0, Max: 7, Doc: "sum of: 1 sends each contact a request once in timer_interval, 2 only those with nat_bflag, 4 only those that came over UDP; 0 sends none. Not with db_mode 3"},
		{Name: "ka_method", Set: &k.method, Doc: "method of the request"},
		{Name: "ka_from", Set: &k.from, Doc: "URI for From of the request"},
		{Name: "ka_domain", Set: &k.domain, Doc: "host for To of the request, with use_domain 0"},
		{Name: "ka_filter", Set: &k.filter, Min: 0, Max: 1, Doc: "1 sends requests only to contacts with the server_id of this server"},
		{Name: "ka_timeout", Set: &k.timeout, Min: 0, Max: 1 << 20, Unit: "s", Doc: "how long after its last answer or REGISTER a contact is given up, to be removed ten seconds later; 0 for never"},
		{Name: "ka_loglevel", Set: &k.level, Min: -5, Max: noLog, Doc: "level of a line about each answer; 255 for none"},
		{Name: "ka_logmsg", Set: &k.text, Doc: "end of that line, with the variables of the answer"},
	}
}

func (k *keepalives) counters() []counter.Entry {
	return []counter.Entry{
		{Name: "keepalives", Counter: &k.sent, Doc: "requests that were sent as keepalives (ka_mode)"},
		{Name: "keepalive_answers", Counter: &k.answers, Doc: "answers to them"},
		{Name: "keepalive_skipped", Counter: &k.skipped, Doc: "contacts that were due and could not be sent one"},
		{Name: "keepalive_removed", Counter: &k.removed, Doc: "contacts that were given up because they did not answer (ka_timeout)"},
	}
}

var (
	errAskDatabase = errors.New("ka_mode: contacts that are in the database only (db_mode 3) get no keepalives; module nathelper sends some")
	errAskFlag     = errors.New("ka_mode: which contacts are behind NAT is told by nat_bflag, which is not set")
	errAskMethod   = errors.New("ka_method is no method of a keepalive")
	errAskFrom     = errors.New("ka_from is no SIP URI")
	errAskDomain   = errors.New("ka_domain is no host")
)

func (k *keepalives) prepare(b module.Binder) (err error) {
	if k.mode == 0 {
		return nil
	}
	if !k.loc.InMemory() {
		return errAskDatabase
	}
	if k.mode&askBehindNAT != 0 && k.loc.natFlag < 0 {
		return errAskFlag
	}
	if m := sip.ParseMethod(k.method); !sip.IsToken(k.method) || m == sip.MethodAck || m == sip.MethodCancel || m == sip.MethodInvite {
		return errAskMethod
	}
	if u, err := sip.ParseURI(k.from); err != nil || !u.IsSIP() {
		return errAskFrom
	}
	if u, err := sip.ParseURI("sip:" + k.domain); err != nil || u.HasUser || u.Params != "" || u.Headers != "" {
		return errAskDomain
	}
	if k.level != noLog {
		if k.line, err = b.Template(k.text); err != nil {
			return fmt.Errorf("ka_logmsg: %w", err)
		}
	}
	return nil
}

func (k *keepalives) start() {
	if k.mode == 0 {
		return
	}
	h := k.loc.host
	k.probes = NewProbes()
	k.rounds = min(maxRounds, k.loc.interval*roundsPerSecond)
	k.slots = make(chan struct{}, maxLookups)
	h.TakeReplies(k.takeReply)
	k.task = h.Timers().Every("usrloc", time.Duration(k.loc.interval)*time.Second/time.Duration(k.rounds), k.ask)
}

// ask is one round.
func (k *keepalives) ask() {
	part := k.round
	k.round = (k.round + 1) % k.rounds
	now := k.loc.host.Clock().Now().Unix()
	var c Contact
	for _, d := range k.loc.domains {
		d.EachIn(part, k.rounds, func(b *Bindings) bool {
			for h := b.First(); h != 0; h = b.Next(h) {
				if b.Expired(h, now) {
					continue
				}
				if b.Read(h, &c); k.wants(&c) {
					k.consider(b, h, &c, now)
				}
			}
			return k.loc.ctx.Err() == nil
		})
	}
	for i := range k.queue {
		if k.loc.ctx.Err() == nil {
			k.send(&k.queue[i])
		}
	}
	clear(k.queue)
	k.queue = k.queue[:0]
}

// wants tells whether a contact gets keepalives at all.
func (k *keepalives) wants(c *Contact) bool {
	switch {
	case k.mode&askBehindNAT != 0 && c.CFlags&(1<<k.loc.natFlag) == 0:
		return false
	case k.mode&askUDP != 0 && c.Socket != nil && c.Socket.Proto != transport.UDP:
		return false
	}
	return k.filter == 0 || c.ServerID == k.loc.host.Core().ServerID
}

// consider queues a contact, and gives one up that has been silent for too
// long. The table is locked.
func (k *keepalives) consider(b *Bindings, h Handle, c *Contact, now int64) {
	if end := now + graceSeconds; k.timeout > 0 && c.Keepalive > 0 && c.Keepalive+int64(k.timeout) < now {
		if c.Expires == 0 || c.Expires > end {
			b.EndAt(h, end)
			k.removed.Inc()
		}
		return
	}
	d := asked{uri: strings.Clone(c.URI), aor: strings.Clone(b.AOR()), ruid: string(c.AppendRUID(nil)), path: strings.Clone(c.Path),
		hash: b.Hash(), socket: c.Socket, conn: c.Conn}
	switch {
	case d.path != "":
		if first, _, ok := sip.NextListValue(d.path); ok {
			if a, err := sip.ParseNameAddr(first); err == nil {
				d.hop = a.URI
			}
		}
	case c.Received != "":
		d.hop = strings.Clone(c.Received)
	default:
		d.hop = d.uri
	}
	k.queue = append(k.queue, d)
}

// send sends a keepalive. A name that is not known yet is looked up meanwhile.
func (k *keepalives) send(d *asked) {
	h := k.loc.host
	u, err := sip.ParseURI(d.hop)
	if err != nil || !u.IsSIP() {
		k.skipped.Inc()
		return
	}
	q := locate.Query{Host: u.Host, Port: u.Port, Transport: u.Transport(), Secure: u.Scheme == sip.SchemeSIPS}
	if m := u.Maddr(); m != "" {
		q.Host = m
	}
	if targets, ready := h.Locator().Ready(q); ready {
		k.sendTo(d, targets)
		return
	}
	select {
	case k.slots <- struct{}{}:
	default:
		k.skipped.Inc()
		return
	}
	later := *d
	h.Transactions().Go("usrloc", func() {
		defer func() { <-k.slots }()
		targets, _ := h.Locator().Locate(k.loc.ctx, q)
		k.sendTo(&later, targets)
	})
}

// sendTo sends a keepalive. Who came by a stream connection is asked over that one
// only: a client behind NAT cannot be connected to.
func (k *keepalives) sendTo(d *asked, targets locate.Targets) {
	h := k.loc.host
	t, ok := targets.Next()
	if !ok {
		k.skipped.Inc()
		return
	}
	to := transport.Destination{Proto: t.Proto, Addr: t.Addr, NoConnect: d.conn != 0}
	if d.socket != nil && d.socket.Proto == t.Proto {
		to.Socket, to.Conn = d.socket, d.conn
	} else {
		to.Socket = h.Transport().Choose(t.Proto, t.Addr.Addr())
	}
	if to.Socket == nil || h.Transport().Send(to, k.request(d, to.Socket)) != nil {
		k.skipped.Inc()
		return
	}
	k.sent.Inc()
}

// request makes the request for a contact.
func (k *keepalives) request(d *asked, from *transport.Socket) []byte {
	h := k.loc.host
	number := strconv.FormatUint(k.count.Add(1), 10)
	value := append(append(append(make([]byte, 0, 160), '<'), k.from...), ">;tag="...)
	value = k.probes.Append(value, Probe{RUID: d.ruid, Hash: d.hash, Sent: h.Clock().Now().UnixMicro()})
	to := d.aor
	if !k.loc.UseDomain() {
		to += "@" + k.domain
	}
	return sip.AppendLocalRequest(nil, &sip.LocalRequest{
		Method: k.method, RequestURI: d.uri,
		Via:  &sip.Outgoing{Transport: from.Proto, Host: from.Host, Port: from.Port, Branch: sip.MagicCookie + "x." + number + ".1.0"},
		From: string(value), To: "<sip:" + to + ">",
		CallID: "ksrulka-" + number + "-" + strconv.FormatUint(h.Rand().Uint64(), 16), CSeq: 80, MaxForwards: 70, Route: d.path,
	})
}

// takeReply takes the answers.
func (k *keepalives) takeReply(c *module.Call) bool {
	probe, ok := k.probes.Read(c.Msg.FromTag())
	if !ok {
		return false
	}
	k.answers.Inc()
	took := k.loc.Answered(c, probe, k.loc.host.Clock().Now())
	if level := module.LevelOf(k.level); k.line != nil && c.Log().Enabled(c.Context(), level) {
		c.Log().Log(c.Context(), level, fmt.Sprintf("keepalive roundtrip: %d.%06d sec - ruid [%s]%s", took/time.Second, took%time.Second/time.Microsecond, probe.RUID, k.line.Eval(c)))
	}
	return true
}
