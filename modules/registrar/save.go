// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"errors"
	"sync"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

// Flags of save.
const (
	flagNoReply = 0x02
	flagOne     = 0x04
	flagExact   = 0x08
	flagPrepare = 0x10
)

// Results of save beside those of all functions.
const (
	inserted module.Result = 1
	updated  module.Result = 2
	deleted  module.Result = 3
	listed   module.Result = 4
	rejected module.Result = -1
	tooMany  module.Result = -2
)

// saving is one REGISTER on its way through save.
type saving struct {
	r        *Registrar
	c        *module.Call
	d        *usrloc.Domain
	flags    int
	cfg      config
	aor      string
	now      int64
	outbound bool
	gruu     bool
	first    bool // the AOR has no bindings yet
	path     string
	bad      *rejection // found in the contacts; the reply lists the bindings all the same

	contacts []sip.Contact
	fresh    []usrloc.Contact // what the message says, in the order of work
	bindings usrloc.Bindings
	old      usrloc.Contact
}

var savings = sync.Pool{New: func() any { return new(saving) }}

// save is save(domain[, flags[, uri]]).
func (r *Registrar) save(c *module.Call, a module.Args) module.Result {
	d, err := r.domain(a)
	if err != nil {
		return c.Fail("save", err)
	}
	bits := 0
	if a[1].Given {
		if a[1].Err != nil {
			return c.Fail("save", a[1].Err)
		}
		bits, _ = a[1].Data.(int)
	}
	s := savings.Get().(*saving)
	*s = saving{r: r, c: c, d: d, flags: bits, now: c.Packet.Time.Unix(), fresh: s.fresh[:0]}
	result := s.run(a.Str(2))
	clear(s.fresh)
	s.c, s.contacts = nil, nil
	savings.Put(s)
	return result
}

// run does the steps of RFC 3261 10.3 from step 5 on: the script has done those
// before.
func (s *saving) run(uri string) module.Result {
	if why := s.prepare(uri); why != nil {
		return s.reject(why, nil)
	}
	visit, err := s.d.Visit(s.c, s.aor)
	if err != nil {
		return s.reject(errStore, nil)
	}
	text, result, why := s.change(&visit)
	// A database that keeps the contacts has them before the answer goes out.
	if err := visit.Commit(); err != nil && (!s.r.loc.InMemory() || errors.Is(err, usrloc.ErrRefused)) {
		why = errStore
	}
	if why != nil {
		return s.reject(why, text)
	}
	return s.accept(text, result)
}

// change changes the bindings and lists those that are left.
func (s *saving) change(v *usrloc.Visit) (contacts []byte, result module.Result, why *rejection) {
	s.bindings = v.Lock()
	defer s.bindings.Unlock()
	result, why = s.update()
	return s.appendContacts(s.begin()), result, why
}

// prepare looks at all of the message that needs no lock.
func (s *saving) prepare(uri string) *rejection {
	r, c := s.r, s.c
	var err error
	if s.contacts, err = c.Msg.Contacts(); err != nil || s.emptyContact() {
		return errContact
	}
	if why := s.checkContacts(); why != nil {
		return why
	}
	if why := s.checkOutbound(); why != nil {
		return why
	}
	if uri == "" {
		to, err := c.Msg.To()
		if err != nil {
			return errBadAOR
		}
		uri = to.URI
	}
	if s.aor, err = r.aor(c, uri); err != nil {
		return errBadAOR
	}
	s.cfg = r.saveConfig(c)
	s.gruu = r.gruu != 0 && c.Msg.HasOption(sip.HeaderSupported, "gruu")
	if r.usePath != 0 {
		s.bad = s.readPath()
	}
	if s.bad == nil && len(s.contacts) > 0 && !star(&s.contacts[0]) {
		s.bad = s.read()
	}
	return nil
}

// emptyContact reports a Contact field with nothing in it.
func (s *saving) emptyContact() bool {
	return len(s.contacts) == 0 && s.c.Msg.HasHeader(sip.HeaderContact)
}

// checkContacts checks the contacts that can be seen to be wrong alone, and the
// rules of "*" (RFC 3261 10.3 step 6).
func (s *saving) checkContacts() *rejection {
	for i := range s.contacts {
		k := &s.contacts[i]
		if star(k) {
			if k.Header != s.contacts[0].Header || s.contacts[len(s.contacts)-1].Header != k.Header {
				return errStarAlone
			}
			if i > 0 {
				return errContact
			}
			if n, err := s.c.Msg.Expires(); err != nil || n != 0 {
				return errStarExpires
			}
			s.contacts = s.contacts[:1]
			return nil
		}
		if k.URI == "" {
			return errContact
		}
		if len(k.URI) > s.r.contactMax || len(k.Received) > s.r.contactMax {
			return errContactSize
		}
	}
	return nil
}

func star(k *sip.Contact) bool { return k.Star || k.URI == "*" }

// update changes the bindings, all or none (RFC 3261 10.3).
func (s *saving) update() (module.Result, *rejection) {
	switch {
	case s.bad != nil && len(s.contacts) > 0:
		return rejected, s.bad
	case len(s.contacts) == 0:
		return listed, nil
	case star(&s.contacts[0]):
		for h := s.bindings.First(); h != 0; h = s.bindings.First() {
			s.bindings.Delete(h)
		}
		return deleted, nil
	}
	if why := s.check(); why != nil {
		return rejected, why
	}
	return s.apply()
}

// read turns the message's contacts into bindings. The order is Kamailio's, as
// the order of equals in replies and of forking shows it: field by field, each
// from its last value to its first.
func (s *saving) read() *rejection {
	for start := 0; start < len(s.contacts); {
		end := start
		for end < len(s.contacts) && s.contacts[end].Header == s.contacts[start].Header {
			end++
		}
		for i := end - 1; i >= start; i-- {
			if why := s.readContact(&s.contacts[i]); why != nil {
				return why
			}
		}
		start = end
	}
	if s.flags&flagOne != 0 {
		s.fresh = s.fresh[:1]
	}
	return nil
}

func (s *saving) readContact(k *sip.Contact) *rejection {
	r, m := s.r, s.c.Msg
	n, why := r.expires(s.c, k, &s.cfg, s.flags&flagExact != 0)
	if why != nil {
		return why
	}
	s.fresh = append(s.fresh, usrloc.Contact{URI: k.URI, Instance: k.Instance, RegID: k.RegID, Path: s.path,
		CallID: m.CallID(), Socket: s.socket(), Conn: s.c.Packet.Conn, Modified: s.now, Keepalive: s.now,
		Q: int(r.defaultQ.Get()), CFlags: s.c.Target.Flags, Methods: k.Methods, ServerID: r.host.Core().ServerID})
	f := &s.fresh[len(s.fresh)-1]
	if n > 0 {
		f.Expires = s.now + n
	}
	if f.UserAgent = m.Value(sip.HeaderUserAgent); f.UserAgent == "" || len(f.UserAgent) > maxAgent {
		f.UserAgent = noAgent
	}
	if q, err := m.CSeq(); err == nil {
		f.CSeq = q.Number
	}
	switch o := s.r.override(s.c); {
	case o.serial == s.c.Serial:
		f.Q = o.q
	case s.cfg.hasQ:
		f.Q = int(s.cfg.q)
	case k.Q != sip.QUnset:
		f.Q = k.Q
	case k.Params.Has("q"):
		return errQ
	}
	if f.Methods == 0 {
		f.Methods = usrloc.AllMethods
		if m.HasHeader(sip.HeaderAllow) {
			f.Methods = m.AllowedMethods()
		}
	}
	s.received(k, f)
	if len(f.Received) > r.contactMax {
		return errContactSize
	}
	if name := r.loc.XAVPName(); name != "" {
		if it := s.c.XAVPs.At(name, 0); it != nil {
			f.XAVPs = it.Fields
		}
	}
	return nil
}

// noAgent stands for a User-Agent that was not given, or is longer than what
// Kamailio stores of one, maxAgent.
const (
	noAgent  = "n/a"
	maxAgent = 254
)

// received sets where the REGISTER came from: what the contact itself says, what
// nathelper found out, or what the first Path URI says.
func (s *saving) received(k *sip.Contact, f *usrloc.Contact) {
	if f.Received = k.Received; f.Received == "" && s.r.receivedAVP != nil {
		f.Received = s.r.receivedAVP.Get(s.c, module.Index{}).Str
	}
	if f.Received == "" && s.r.pathReceived != 0 && s.path != "" {
		if f.Received = s.pathReceived(); f.Received != "" && s.r.loc.NATFlag() >= 0 {
			f.CFlags |= 1 << s.r.loc.NATFlag()
		}
	}
}

// check finds out before anything is changed whether all can be (RFC 3261 10.3
// step 7), and how many contacts there would be.
func (s *saving) check() *rejection {
	b, added, count := &s.bindings, 0, 0
	for h := b.First(); h != 0; h = b.Next(h) {
		if !b.Expired(h, s.now) {
			count++
		}
	}
	for i := range s.fresh {
		f := &s.fresh[i]
		h := b.Match(f)
		switch {
		case h == 0 && f.Expires != 0:
			added++
		case h == 0:
		case s.order(h, f) == usrloc.Older:
			return errCSeq
		case f.Expires == 0 && !b.Expired(h, s.now):
			added--
		case f.Expires != 0 && b.Expired(h, s.now):
			added++
		}
	}
	if most := int(s.cfg.maxContacts); most > 0 && s.flags&flagOne == 0 && added > 0 && count+added > most {
		return errTooMany
	}
	return nil
}

// order tells a REGISTER that came too late. One that names an instance is never
// held to be that, as in Kamailio: the flow is what its last message says.
func (s *saving) order(h usrloc.Handle, f *usrloc.Contact) usrloc.Order {
	if f.Instance != "" {
		return usrloc.Newer
	}
	return s.bindings.Order(h, f.CallID, f.CSeq, s.now)
}

// apply carries the changes out; the result is that of the last one.
func (s *saving) apply() (result module.Result, why *rejection) {
	result = inserted
	b := &s.bindings
	s.first = b.First() == 0
	for i := range s.fresh {
		f := &s.fresh[i]
		h := b.Match(f)
		var err error
		switch {
		case h == 0 && f.Expires == 0:
			continue
		case h == 0:
			h, err = b.Insert(f)
			result = inserted
		case !s.first && s.order(h, f) == usrloc.Repeated:
		case f.Expires == 0:
			b.Delete(h)
			result = deleted
			continue
		default:
			err = s.refresh(h, f)
			result = updated
		}
		if err != nil {
			return rejected, errStore
		}
		if s.flags&flagOne != 0 {
			s.keepOnly(h)
		}
	}
	return result, nil
}

// refresh updates a binding. What an earlier REGISTER said of its identity stays
// where this one says nothing.
func (s *saving) refresh(h usrloc.Handle, f *usrloc.Contact) error {
	b := &s.bindings
	reboot := false
	if f.Instance == "" {
		b.Read(h, &s.old)
		f.Instance = s.old.Instance
		if f.RegID == 0 {
			f.RegID = s.old.RegID
		}
	} else {
		reboot = !b.SameCallID(h, f.CallID)
	}
	if err := b.Update(h, f); err != nil {
		return err
	}
	if reboot {
		s.dropStale(h, f)
	}
	return nil
}

// dropStale removes the other flows of an instance that came back with another
// Call-ID: it has started anew and does not know them any more.
func (s *saving) dropStale(kept usrloc.Handle, f *usrloc.Contact) {
	b := &s.bindings
	for h := b.First(); h != 0; {
		next := b.Next(h)
		if h != kept {
			b.Read(h, &s.old)
			if s.old.Instance == f.Instance && s.old.CallID != f.CallID {
				b.Delete(h)
			}
		}
		h = next
	}
}

func (s *saving) keepOnly(kept usrloc.Handle) {
	b := &s.bindings
	for h := b.First(); h != 0; {
		next := b.Next(h)
		if h != kept {
			b.Delete(h)
		}
		h = next
	}
}
