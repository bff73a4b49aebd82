// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

// host is an engine with sockets, timers and a store.
type host struct {
	*rpctest.Host
	wheel  *timer.Wheel
	layer  *transport.Layer
	stores map[string]any
	lines  strings.Builder
	log    *slog.Logger
}

// Rand gives each host other numbers.
func (h *host) Rand() *rand.Rand { return rand.New(rand.NewPCG(hosts.Add(1), 0)) }

var hosts atomic.Uint64

func (h *host) Log() *slog.Logger           { return h.log }
func (h *host) Timers() *timer.Wheel        { return h.wheel }
func (h *host) Transport() *transport.Layer { return h.layer }
func (h *host) Store(name string, create func() any) any {
	if h.stores[name] == nil {
		h.stores[name] = create()
	}
	return h.stores[name]
}

var _ module.Host = (*host)(nil)

func newHost(t testing.TB) *host {
	t.Helper()
	h := &host{Host: rpctest.New(), stores: map[string]any{}}
	h.log = slog.New(slog.NewTextHandler(&h.lines, nil))
	h.wheel = timer.New(h.Time, timer.Options{})
	var err error
	h.layer, err = transport.New(transport.Options{Network: transport.NewMemoryNetwork(), Clock: h.Time,
		Sockets: []transport.Listen{{Proto: transport.UDP, Addr: netip.MustParseAddrPort("127.0.0.1:5060")}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.layer.Listen(); err != nil {
		t.Fatal(err)
	}
	return h
}

// start starts u with the table location.
func start(t testing.TB, h *host, u *Usrloc) *Domain {
	t.Helper()
	d := u.Domain("location")
	if err := h.Set.Declare("usrloc", u.Exports().Counters...); err != nil {
		t.Fatal(err)
	}
	if err := u.Start(context.Background(), h); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := u.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return d
}

func contact(uri string) Contact {
	return Contact{URI: uri, CallID: "c1", CSeq: 1, Q: sip.QUnset, UserAgent: "ua", Methods: AllMethods,
		Expires: rpctest.Start.Unix() + 600, Modified: rpctest.Start.Unix()}
}

func lockAOR(d *Domain, aor string) Bindings { return d.lock(d.t, aor) }

func insert(t testing.TB, d *Domain, aor string, c Contact) {
	t.Helper()
	b := lockAOR(d, aor)
	defer b.Unlock()
	if _, err := b.Insert(&c); err != nil {
		t.Fatal(err)
	}
}

// uris lists the contacts of an AOR in their order.
func uris(d *Domain, aor string) (list []string) {
	b := lockAOR(d, aor)
	defer b.Unlock()
	var c Contact
	for h := b.First(); h != 0; h = b.Next(h) {
		b.Read(h, &c)
		list = append(list, strings.Clone(c.URI))
	}
	return list
}

func TestOrder(t *testing.T) {
	for _, row := range []struct {
		name      string
		timeOrder int
		q         []int
		want      string
	}{
		{"equals as they came", 0, []int{-1, -1, -1}, "0 1 2"},
		{"by q", 0, []int{100, 900, -1, 1000}, "3 1 0 2"},
		{"behind equals", 0, []int{500, 500, 900, 500}, "2 0 1 3"},
		{"newest first", 1, []int{900, 100, -1}, "2 1 0"},
	} {
		u := New()
		u.timeOrder = row.timeOrder
		d := start(t, newHost(t), u)
		for i, q := range row.q {
			c := contact(fmt.Sprint(i))
			c.Q = q
			insert(t, d, "bob", c)
		}
		if got := strings.Join(uris(d, "bob"), " "); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
}

func TestUpdateMoves(t *testing.T) {
	d := start(t, newHost(t), New())
	for i, q := range []int{500, 500, 500} {
		c := contact(fmt.Sprint(i))
		c.Q = q
		insert(t, d, "bob", c)
	}
	update := func(uri string, q int) {
		b := lockAOR(d, "bob")
		defer b.Unlock()
		h := b.MatchURI(uri)
		var c Contact
		b.Read(h, &c)
		c.Q = q
		if err := b.Update(h, &c); err != nil {
			t.Fatal(err)
		}
	}
	update("0", 500)
	if got := uris(d, "bob"); !slices.Equal(got, []string{"0", "1", "2"}) {
		t.Errorf("the same q moved it: %v", got)
	}
	for _, row := range []struct {
		uri  string
		q    int
		want string
	}{
		{"0", 100, "1 2 0"},
		{"2", 100, "1 2 0"}, // it may stay before its equal
		{"1", 50, "2 0 1"},
		{"1", 900, "1 2 0"},
	} {
		if update(row.uri, row.q); strings.Join(uris(d, "bob"), " ") != row.want {
			t.Errorf("%s with q %d: %v, want %s", row.uri, row.q, uris(d, "bob"), row.want)
		}
	}
}

func TestMatch(t *testing.T) {
	a := contact("sip:a@h")
	p := contact("sip:a@h")
	p.Path, p.CallID = "<sip:p;lr>", "c2"
	i := contact("sip:i@h")
	i.Instance, i.RegID = "<urn:x>", 1
	for _, row := range []struct {
		name string
		mode int
		with func(c *Contact)
		want string // the Call-ID of the contact, or nothing
	}{
		{"address", matchContact, func(*Contact) {}, "c1"},
		{"another case of the address", matchContact, func(c *Contact) { c.URI = "sip:A@h" }, ""},
		{"address and other call", matchContact, func(c *Contact) { c.CallID = "zz" }, "c1"},
		{"address and call", matchContactCallID, func(c *Contact) { c.CallID = "c2" }, "c2"},
		{"address and no such call", matchContactCallID, func(c *Contact) { c.CallID = "zz" }, ""},
		{"address and path", matchContactPath, func(c *Contact) { c.Path = "<sip:p;lr>" }, "c2"},
		{"address and no such path", matchContactPath, func(c *Contact) { c.Path = "<sip:q;lr>" }, ""},
		{"call", matchCallID, func(c *Contact) { c.URI, c.CallID = "sip:b@h", "c2" }, "c2"},
		{"instance", matchContact, func(c *Contact) { c.URI, c.Instance, c.RegID = "sip:b@h", "<urn:x>", 1 }, "c1"},
		{"instance, other reg-id", matchContact, func(c *Contact) { c.URI, c.Instance, c.RegID = "sip:i@h", "<urn:x>", 2 }, ""},
		{"instance beats address", matchContact, func(c *Contact) { c.Instance = "<urn:y>" }, ""},
	} {
		u := New()
		u.matching = row.mode
		d := start(t, newHost(t), u)
		for _, c := range []Contact{a, p, i} {
			insert(t, d, "bob", c)
		}
		c := contact("sip:a@h")
		row.with(&c)
		b := lockAOR(d, "bob")
		got := ""
		if h := b.Match(&c); h != 0 {
			var k Contact
			b.Read(h, &k)
			got = strings.Clone(k.CallID)
		}
		b.Unlock()
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

func TestCSeq(t *testing.T) {
	now := rpctest.Start.Unix()
	for _, row := range []struct {
		name   string
		delay  int
		callID string
		cseq   uint32
		after  int64
		want   Order
	}{
		{"next", 20, "c1", 8, 0, Newer},
		{"same at once", 20, "c1", 7, 0, Repeated},
		{"same late", 20, "c1", 7, 21, Older},
		{"same without delay", 0, "c1", 7, 0, Older},
		{"before", 20, "c1", 6, 0, Older},
		{"another call", 20, "c2", 1, 0, Newer},
	} {
		u := New()
		u.cseqDelay = row.delay
		d := start(t, newHost(t), u)
		c := contact("sip:a@h")
		c.CSeq = 7
		insert(t, d, "bob", c)
		b := lockAOR(d, "bob")
		if got := b.Order(b.First(), row.callID, row.cseq, now+row.after); got != row.want {
			t.Errorf("%s: %d, want %d", row.name, got, row.want)
		}
		b.Unlock()
	}
}

// TestAgainstModel compares the store with a plain map under many random
// changes, with texts of all lengths.
func TestAgainstModel(t *testing.T) {
	u := New()
	u.parts = 2
	d := start(t, newHost(t), u)
	rnd := rand.New(rand.NewPCG(1, 2))
	model := map[string]map[string]string{} // AOR, URI, the other texts
	text := func() string { return strings.Repeat(string(rune('a'+rnd.IntN(26))), rnd.IntN(1+1<<rnd.IntN(12))) }
	for i := range 20000 {
		aor, uri := fmt.Sprint("u", rnd.IntN(150)), fmt.Sprint("sip:", rnd.IntN(4))
		c := contact(uri)
		c.Path, c.Received, c.UserAgent = text(), text(), fmt.Sprint("agent", rnd.IntN(40))
		c.Q = rnd.IntN(3) * 100
		all := c.Path + "|" + c.Received + "|" + c.UserAgent
		b := lockAOR(d, aor)
		h := b.MatchURI(uri)
		if _, known := model[aor][uri]; known != (h != 0) {
			t.Fatalf("step %d: %s of %s is known: %v, want %v", i, uri, aor, h != 0, known)
		}
		switch {
		case h != 0 && rnd.IntN(3) == 0:
			b.Delete(h)
			delete(model[aor], uri)
		case h != 0:
			if err := b.Update(h, &c); err != nil {
				t.Fatal(err)
			}
			model[aor][uri] = all
		default:
			if _, err := b.Insert(&c); err != nil {
				t.Fatal(err)
			}
			if model[aor] == nil {
				model[aor] = map[string]string{}
			}
			model[aor][uri] = all
		}
		b.Unlock()
	}
	users, contacts := int64(0), int64(0)
	for aor, want := range model {
		b := lockAOR(d, aor)
		n, q := 0, 1<<20
		for h := b.First(); h != 0; h = b.Next(h) {
			var c Contact
			b.Read(h, &c)
			if got := c.Path + "|" + c.Received + "|" + c.UserAgent; got != want[c.URI] || c.Q > q {
				t.Fatalf("%s of %s: q %d after %d, %.60q, want %.60q", c.URI, aor, c.Q, q, got, want[c.URI])
			}
			n, q = n+1, c.Q
		}
		if b.Unlock(); n != len(want) {
			t.Errorf("%s: %d contacts, want %d", aor, n, len(want))
		}
		if contacts += int64(n); n > 0 {
			users++
		}
	}
	if d.Users() != users || d.Contacts() != contacts {
		t.Errorf("counted %d users and %d contacts, want %d and %d", d.Users(), d.Contacts(), users, contacts)
	}
	seen := 0
	d.Each(func(b *Bindings) bool { seen++; return true })
	if seen != int(users) {
		t.Errorf("walked over %d AORs of %d", seen, users)
	}
	for aor := range model {
		b := lockAOR(d, aor)
		for h := b.First(); h != 0; h = b.First() {
			b.Delete(h)
		}
		b.Unlock()
	}
	if n := len(d.t.store.agents.byText); n != 0 || d.Users() != 0 || d.Contacts() != 0 {
		t.Errorf("left over: %d agents, %d users, %d contacts", n, d.Users(), d.Contacts())
	}
}

func TestTooLong(t *testing.T) {
	d := start(t, newHost(t), New())
	b := lockAOR(d, "bob")
	defer b.Unlock()
	c := contact(strings.Repeat("x", 1<<16))
	if _, err := b.Insert(&c); err != ErrTooLong {
		t.Errorf("error %v", err)
	}
}

func TestRUID(t *testing.T) {
	d := start(t, newHost(t), New())
	insert(t, d, "bob", contact("sip:a@h"))
	own := contact("sip:b@h")
	own.RUID = "other-1"
	insert(t, d, "bob", own)
	b := lockAOR(d, "bob")
	var c Contact
	b.Read(b.First(), &c)
	ruid, hash := string(c.AppendRUID(nil)), b.Hash()
	b.Unlock()
	if !strings.HasPrefix(ruid, "uloc-") || strings.Count(ruid, "-") != 3 {
		t.Errorf("record unique id %q", ruid)
	}
	for _, row := range []struct{ ruid, want string }{{ruid, "sip:a@h"}, {"other-1", "sip:b@h"}, {ruid + "0", ""}, {"", ""}} {
		v, ok, err := d.VisitRUID(nil, hash, row.ruid)
		if ok != (row.want != "") || err != nil {
			t.Errorf("%q: found %v, %v", row.ruid, ok, err)
		}
		if ok {
			b := v.Lock()
			if b.Read(b.MatchRUID(row.ruid), &c); c.URI != row.want {
				t.Errorf("%q: %s", row.ruid, c.URI)
			}
			b.Unlock()
			v.Leave()
		}
	}
}

func TestExpire(t *testing.T) {
	h := newHost(t)
	u := New()
	u.handleLost, u.interval = 1, 10
	var told []string
	u.OnExpire(func(domain, aor string, c *Contact) { told = append(told, domain+" "+aor+" "+c.URI) })
	d := start(t, h, u)
	for i := range 200 {
		c := contact(fmt.Sprint("sip:", i))
		switch {
		case i == 5:
			c.Expires = 0
		case i == 6:
			c.Conn = 77 // there is no such connection
		case i < 100:
			c.Expires = rpctest.Start.Unix() + 5
		}
		insert(t, d, fmt.Sprint("u", i), c)
	}
	h.Time.Advance(10 * time.Second)
	if d.Contacts() != 101 || d.Users() != 101 || len(told) != 99 {
		t.Fatalf("%d contacts, %d users, told of %d", d.Contacts(), d.Users(), len(told))
	}
	sort.Strings(told)
	if told[0] != "location u0 sip:0" {
		t.Errorf("told %q", told[0])
	}
	if d.t.expired.Load() != 99 {
		t.Errorf("counted %d", d.t.expired.Load())
	}
	h.Time.Advance(time.Hour)
	if got := uris(d, "u5"); len(got) != 1 || d.Contacts() != 1 {
		t.Errorf("of those that last for ever there are %v, of all %d", got, d.Contacts())
	}
}

func TestChangeHooks(t *testing.T) {
	u := New()
	var told []string
	u.OnChange(Inserted|Updated|Deleted, func(n *Change) {
		told = append(told, fmt.Sprint(n.Event, n.Domain, n.AOR, n.Contact.URI))
	})
	d := start(t, newHost(t), u)
	b := lockAOR(d, "bob")
	c := contact("sip:a")
	h, err := b.Insert(&c)
	if err != nil || b.Update(h, &c) != nil {
		t.Fatal(err)
	}
	b.Delete(h)
	b.Unlock()
	if got := strings.Join(told, " "); got != "1locationbobsip:a 2locationbobsip:a 4locationbobsip:a" {
		t.Errorf("told %s", got)
	}
}

// What is kept of a contact is a view of the store, whose place there is given
// back before the hooks run.
func TestChangeHookSeesTheNewTexts(t *testing.T) {
	u := New()
	told := ""
	u.OnChange(Updated, func(n *Change) { told = n.Contact.URI + " " + n.Contact.CallID })
	b := lockAOR(start(t, newHost(t), u), "bob")
	defer b.Unlock()
	c := contact("sip:a")
	h, err := b.Insert(&c)
	if err != nil {
		t.Fatal(err)
	}
	var again Contact
	b.Read(h, &again)
	again.CallID = strings.Repeat("c", 200)
	if err := b.Update(h, &again); err != nil {
		t.Fatal(err)
	}
	if want := c.URI + " " + again.CallID; told != want {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestReload(t *testing.T) {
	h := newHost(t)
	d := start(t, h, New())
	insert(t, d, "bob", contact("sip:a@h"))
	if got := uris(start(t, h, New()), "bob"); len(got) != 1 {
		t.Errorf("after a reload there are %v", got)
	}
}

// TestTogether is for the race detector.
func TestTogether(t *testing.T) {
	u := New()
	u.parts = 4
	d := start(t, newHost(t), u)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 300 {
				aor := fmt.Sprint("u", (i*7+w)%50)
				c := contact(fmt.Sprint("sip:", w))
				c.UserAgent = fmt.Sprint("ua", i%9)
				b := lockAOR(d, aor)
				if h := b.MatchURI(c.URI); h == 0 {
					_, _ = b.Insert(&c)
				} else if i%3 == 0 {
					b.Delete(h)
				} else {
					_ = b.Update(h, &c)
				}
				b.Unlock()
				if i%50 == 0 {
					d.Each(func(b *Bindings) bool { return b.First() != 0 })
					u.expire()
				}
			}
		})
	}
	wg.Wait()
}

func TestAllocations(t *testing.T) {
	d := start(t, newHost(t), New())
	insert(t, d, "bob", contact("sip:a@h"))
	c := contact("sip:a@h")
	for _, row := range []struct {
		name string
		run  func()
	}{
		{"read", func() {
			var c Contact
			b := lockAOR(d, "bob")
			b.Read(b.First(), &c)
			b.Unlock()
		}},
		{"update", func() {
			c.CSeq++
			b := lockAOR(d, "bob")
			if err := b.Update(b.Match(&c), &c); err != nil {
				t.Fatal(err)
			}
			b.Unlock()
		}},
	} {
		if n := testing.AllocsPerRun(100, row.run); n > 0 {
			t.Errorf("%s allocates %v times", row.name, n)
		}
	}
}

// idle takes packets and does nothing.
type idle struct{ got chan transport.ConnID }

func (i idle) Receive(p transport.Packet, _ *transport.Out) {
	i.got <- p.Conn
	p.Buffer.Release()
}

// TestConnections is close_expired_tcp and handle_lost_tcp on a real connection.
func TestConnections(t *testing.T) {
	for _, row := range []struct {
		name        string
		lost, close int
		expires     int64
		hangUp      bool
		left        int64
		open        bool
	}{
		{"expired", 0, 0, 5, false, 0, true},
		{"expired and closed", 0, 1, 5, false, 0, false},
		{"not expired", 1, 1, 600, false, 1, true},
		{"lost", 1, 0, 600, true, 0, false},
		{"lost, not looked for", 0, 0, 600, true, 1, false},
	} {
		h := newHost(t)
		network := transport.NewMemoryNetwork()
		var err error
		h.layer, err = transport.New(transport.Options{Network: network, Clock: h.Time,
			Sockets: []transport.Listen{{Proto: transport.TCP, Addr: netip.MustParseAddrPort("127.0.0.1:5060")}}})
		if err == nil {
			err = h.layer.Listen()
		}
		got := idle{make(chan transport.ConnID, 1)}
		if err == nil {
			err = h.layer.Serve(func() transport.Receiver { return got })
		}
		if err != nil {
			t.Fatal(err)
		}
		closed := make(chan transport.ConnID, 1)
		h.layer.OnClose(func(c transport.Connection) { closed <- c.ID })
		conn, err := network.Dial(t.Context(), netip.MustParseAddrPort("127.0.0.1:0"), netip.MustParseAddrPort("127.0.0.1:5060"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte("OPTIONS sip:h SIP/2.0\r\nContent-Length: 0\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		u := New()
		u.interval, u.handleLost, u.closeExpired = 10, row.lost, row.close
		d := start(t, h, u)
		c := contact("sip:a@h")
		c.Conn, c.Expires = <-got.got, rpctest.Start.Unix()+row.expires
		insert(t, d, "bob", c)
		if row.hangUp {
			conn.Close()
			<-closed
		}
		h.Time.Advance(10 * time.Second)
		if row.close != 0 && row.expires < 10 {
			<-closed
		}
		if _, open := h.layer.Connection(c.Conn); open != row.open || d.Contacts() != row.left {
			t.Errorf("%s: open %v and %d contacts, want %v and %d", row.name, open, d.Contacts(), row.open, row.left)
		}
		conn.Close()
		if err := h.layer.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
