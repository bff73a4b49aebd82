// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

// Results of lookup beside those of all functions.
const (
	found        module.Result = 1
	notFound     module.Result = -1
	notSupported module.Result = -2
	badURI       module.Result = -3
)

// Bits of lookup_filter_mode.
const (
	filterFlags = 1 << iota
	filterConn
)

// looking is one lookup.
type looking struct {
	r      *Registrar
	c      *module.Call
	now    int64
	gruu   gruu
	flags  uint32     // rlf_bflags
	method sip.Method // 0 for any
	// main is true while the first contact found is to become the target.
	main bool
	// into is the branch that the first contact found replaces, -1 for none.
	into  int
	first bool // none was taken yet
	// full tells that a contact found no place in the target set.
	full     bool
	filtered bool
	xavps    []*avp.Tree // of the contacts taken
}

// lookup is lookup(domain[, uri]).
func (r *Registrar) lookup(c *module.Call, a module.Args) module.Result {
	d, err := r.domain(a)
	if err != nil {
		return c.Fail("lookup", err)
	}
	uri := c.Target.URI
	if a[1].Given && a.Str(1) != "" {
		uri = a.Str(1)
	}
	l := looking{r: r, c: c, main: true, into: -1}
	return l.find(d, uri)
}

// lookupToSet is lookup_to_dset(domain[, uri]).
func (r *Registrar) lookupToSet(c *module.Call, a module.Args) module.Result {
	d, err := r.domain(a)
	if err != nil {
		return c.Fail("lookup_to_dset", err)
	}
	uri := c.Target.URI
	if a[1].Given && a.Str(1) != "" {
		uri = a.Str(1)
	}
	l := looking{r: r, c: c, into: -1}
	return l.find(d, uri)
}

// lookupBranches is lookup_branches(domain).
func (r *Registrar) lookupBranches(c *module.Call, a module.Args) module.Result {
	d, err := r.domain(a)
	if err != nil {
		return c.Fail("lookup_branches", err)
	}
	l := looking{r: r, c: c, main: true, into: -1}
	there := len(c.Branches)
	result := l.find(d, c.Target.URI)
	for i := range there {
		b := &c.Branches[i]
		if b.DstURI != "" || b.Path != "" || b.Socket != nil || b.RUID != "" {
			continue
		}
		l = looking{r: r, c: c, into: i}
		if n := l.find(d, b.URI); n > 0 && result < 0 {
			result = n
		}
	}
	return result
}

// find takes the contacts of the user that uri names.
func (l *looking) find(d *usrloc.Domain, uri string) module.Result {
	r, c := l.r, l.c
	u, err := sip.ParseURI(uri)
	if err != nil || !u.IsSIP() && !u.IsTel() {
		return badURI
	}
	var ok bool
	if l.gruu, ok = r.parseGRUU(&u); !ok {
		return badURI
	}
	l.now, l.first = c.Packet.Time.Unix(), true
	if r.methodFiltering != 0 && c.Msg.ToTag() == "" {
		l.method = c.Msg.Method
	}
	if r.lookupFilter&filterFlags != 0 {
		n, _ := r.cfgInt(c, "rlf_bflags")
		l.flags = uint32(n)
	}
	if l.gruu.ruid != "" {
		err = l.one(d)
	} else {
		err = l.all(d, r.aorOf(c, &u))
	}
	if err != nil {
		return c.Fail("lookup", err)
	}
	return l.result()
}

// all takes the contacts of an AOR, in the order of the store.
func (l *looking) all(d *usrloc.Domain, aor string) error {
	v, err := d.Visit(l.c, aor)
	if err != nil {
		return err
	}
	defer v.Leave()
	l.allOf(v.Lock())
	return nil
}

func (l *looking) allOf(b usrloc.Bindings) {
	defer b.Unlock()
	for h := b.First(); h != 0; h = b.Next(h) {
		var k usrloc.Contact
		b.Read(h, &k)
		if !l.wanted(&k) {
			continue
		}
		l.take(&k)
		if l.full || l.r.appendBranches.Get() == 0 && l.main {
			return
		}
	}
}

// one takes the contact of a temporary GRUU.
func (l *looking) one(d *usrloc.Domain) error {
	v, ok, err := d.VisitRUID(l.c, l.gruu.hash, l.gruu.ruid)
	if !ok {
		return err
	}
	defer v.Leave()
	l.oneOf(v.Lock())
	return nil
}

func (l *looking) oneOf(b usrloc.Bindings) {
	defer b.Unlock()
	var k usrloc.Contact
	if h := b.MatchRUID(l.gruu.ruid); h == 0 {
		return
	} else if b.Read(h, &k); l.wanted(&k) {
		l.take(&k)
	}
}

func (l *looking) result() module.Result {
	// The newest XAVP of a name has the index 0: that is the first contact's.
	for i := len(l.xavps) - 1; i >= 0; i-- {
		l.c.XAVPs.Add(l.r.loc.XAVPName(), avp.Item{Fields: l.xavps[i]})
	}
	switch {
	case !l.first:
		return found
	case l.filtered:
		return notSupported
	}
	return notFound
}

// wanted says whether a request may go to a contact.
func (l *looking) wanted(k *usrloc.Contact) bool {
	r := l.r
	switch {
	case k.Expired(l.now) && r.useExpired.Get() == 0:
		return false
	case l.gruu.instance != "" && bare(k.Instance) != l.gruu.instance:
		return false
	case r.lookupFilter&filterFlags != 0 && k.CFlags&l.flags == 0:
		return false
	case r.lookupFilter&filterConn != 0 && k.Conn != 0 && !l.open(k):
		return false
	case l.method != 0 && !k.Methods.Has(l.method):
		l.filtered = true
		return false
	}
	return true
}

func (l *looking) open(k *usrloc.Contact) bool {
	_, ok := l.c.Host.Transport().Connection(k.Conn)
	return ok
}

// take makes a contact the target, or a branch.
func (l *looking) take(k *usrloc.Contact) {
	c := l.c
	switch {
	case l.first && l.main:
		flags := c.Target.Flags
		l.fill(&c.Target, k)
		c.Target.Flags |= flags
		l.r.record(c, k, l.now)
	case l.first && l.into >= 0:
		l.fill(&c.Branches[l.into], k)
	case len(c.Branches)+1 >= c.Host.Core().MaxBranches:
		l.full = true
		return
	default:
		c.Branches = append(c.Branches, transaction.Target{})
		l.fill(&c.Branches[len(c.Branches)-1], k)
	}
	l.first = false
	if k.XAVPs != nil && l.r.loc.XAVPName() != "" {
		l.xavps = append(l.xavps, usrloc.CloneXAVPs(k.XAVPs))
	}
}

// fill makes t the contact. The store's strings go with the lock.
func (l *looking) fill(t *transaction.Target, k *usrloc.Contact) {
	c := l.c
	*t = transaction.Target{URI: c.Keep(k.URI), Socket: k.Socket, Conn: l.flow(k), Q: int16(k.Q), Flags: k.CFlags,
		RegID: int(k.RegID), Instance: c.Keep(k.Instance), RUID: l.ruid(k), UserAgent: k.UserAgent}
	if k.Received != "" {
		t.DstURI = c.Keep(k.Received)
	}
	if k.Path != "" {
		uri, route := l.r.route(c, k.Path)
		t.DstURI, t.Path = c.Keep(uri), c.Keep(route)
	}
}

// flow is the connection that a contact must be reached over. Others get one to
// the address that they have registered, as in Kamailio.
func (l *looking) flow(k *usrloc.Contact) transport.ConnID {
	switch {
	case k.Conn == 0 || k.Path != "":
	case k.Received != "", // the connection through the NAT
		k.Socket != nil && (k.Socket.Proto == transport.WS || k.Socket.Proto == transport.WSS), // nobody can connect to a browser
		l.r.outboundMode != outboundOff && k.RegID != 0:                                        // RFC 5626 5.3
		return k.Conn
	}
	return 0
}

func (l *looking) ruid(k *usrloc.Contact) string {
	var room [64]byte
	if text := k.AppendRUID(room[:0]); len(text) <= len(room) {
		return l.c.Keep(string(text))
	}
	return l.c.Keep(k.RUID)
}

// restoreXAVPs gives the attributes back that were saved with a contact.
func (r *Registrar) restoreXAVPs(c *module.Call, k *usrloc.Contact) {
	if name := r.loc.XAVPName(); name != "" && k.XAVPs != nil {
		c.XAVPs.Add(name, avp.Item{Fields: usrloc.CloneXAVPs(k.XAVPs)})
	}
}

// Bits of xavp_rcd_mask.
const (
	maskRUID = 1 << iota
	maskContact
	maskExpires
	maskReceived
	maskPath
)

// record fills the XAVP that xavp_rcd names.
func (r *Registrar) record(c *module.Call, k *usrloc.Contact, now int64) {
	if r.xavpRecord == "" {
		return
	}
	fields := new(avp.Tree)
	add := func(bit int, name string, v avp.Value) {
		if r.xavpRecordMask&bit == 0 {
			fields.Add(name, avp.Item{Value: v})
		}
	}
	if k.Path != "" {
		add(maskPath, "path", avp.String(c.Lasting(k.Path)))
	}
	if k.Received != "" {
		add(maskReceived, "received", avp.String(c.Lasting(k.Received)))
	}
	add(maskExpires, "expires", avp.Number(k.Expires-now))
	add(maskContact, "contact", avp.String(c.Lasting(k.URI)))
	add(maskRUID, "ruid", avp.String(string(k.AppendRUID(nil))))
	c.XAVPs.Add(r.xavpRecord, avp.Item{Fields: fields})
}
