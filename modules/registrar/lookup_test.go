// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// TestLookup has the results and targets of Kamailio 5.6.3.
func TestLookup(t *testing.T) {
	const (
		plain = "Contact: <sip:a@h>;q=0.5\n"
		two   = "Contact: <sip:a@h>;q=0.5, <sip:b@h>;q=0.7\n"
	)
	for _, row := range []struct {
		name      string
		set       func(r *Registrar)
		registers string
		method    string
		uri       string
		headers   string
		result    module.Result
		targets   string // URI and next hop of the target and the branches
	}{
		{"nobody", nil, "", "INVITE", "sip:bob@h", "", notFound, "sip:bob@h"},
		{"one", nil, plain, "INVITE", "sip:bob@h", "", found, "sip:a@h"},
		{"another case", nil, plain, "INVITE", "sip:B%4fB@other", "", found, "sip:a@h"},
		{"tel", nil, plain + "To: <sip:+123@h>\n", "INVITE", "tel:+123", "", found, "sip:a@h"},
		{"no URI", nil, plain, "INVITE", "foo", "", badURI, "foo"},
		{"two", nil, two, "INVITE", "sip:bob@h", "", found, "sip:b@h sip:a@h"},
		{"only the first", func(r *Registrar) { r.appendBranches.Set(0) }, two, "INVITE", "sip:bob@h", "", found, "sip:b@h"},
		{"received", nil, "Contact: <sip:a@h>;received=\"sip:1.1.1.1:1\"\n", "INVITE", "sip:bob@h", "", found, "sip:a@h>sip:1.1.1.1:1"},
		{"path", func(r *Registrar) { r.usePath = 1 }, plain + "Supported: path\nPath: <sip:p1;lr>, <sip:p2;lr>\n", "INVITE", "sip:bob@h", "", found,
			"sip:a@h>sip:p1;lr|<sip:p1;lr>, <sip:p2;lr>"},
		{"path not used", nil, plain + "Path: <sip:p1;lr>\n", "INVITE", "sip:bob@h", "", found, "sip:a@h"},
		{"own path", func(r *Registrar) { r.usePath, r.pathLocal, r.pathMode = 1, 1, 0 }, plain + "Path: <sip:127.0.0.1:5060;lr>, <sip:p2;lr>\n", "INVITE", "sip:bob@h", "",
			found, "sip:a@h>sip:p2;lr|<sip:p2;lr>"},
		{"own path alone", func(r *Registrar) { r.usePath, r.pathLocal, r.pathMode = 1, 1, 0 }, plain + "Path: <sip:127.0.0.1:5060;lr>\n", "INVITE", "sip:bob@h", "",
			found, "sip:a@h"},
		{"method not allowed", func(r *Registrar) { r.methodFiltering = 1 }, plain + "Allow: INVITE, ACK\n", "MESSAGE", "sip:bob@h", "", notSupported, "sip:bob@h"},
		{"method of the contact", func(r *Registrar) { r.methodFiltering = 1 }, "Contact: <sip:a@h>;methods=\"INVITE\", <sip:b@h>;methods=\"MESSAGE\"\n", "MESSAGE", "sip:bob@h", "", found, "sip:b@h"},
		{"method in a dialog", func(r *Registrar) { r.methodFiltering = 1 }, plain + "Allow: INVITE\n", "MESSAGE", "sip:bob@h", "To: <sip:x>;tag=1\n", found, "sip:a@h"},
		{"method not looked at", nil, plain + "Allow: INVITE\n", "MESSAGE", "sip:bob@h", "", found, "sip:a@h"},
		{"branch flags", func(r *Registrar) { r.lookupFilter, r.xavpCfg = filterFlags, "reg" }, plain, "INVITE", "sip:bob@h", "", notFound, "sip:bob@h"},
		{"no connection needed", func(r *Registrar) { r.lookupFilter = filterConn }, plain, "INVITE", "sip:bob@h", "", found, "sip:a@h"},
	} {
		h := newHost(t, row.set).start(t)
		if row.registers != "" {
			h.register(row.registers, 0)
		}
		c := h.call(row.method, row.uri, row.headers)
		result := h.reg.lookup(c, args(2, "location"))
		if got := targets(c); result != row.result || got != row.targets {
			t.Errorf("%s: %d %q, want %d %q", row.name, result, got, row.result, row.targets)
		}
	}
}

// targets writes the target set of a call.
func targets(c *module.Call) string {
	var list []string
	for _, b := range append([]transaction.Target{c.Target}, c.Branches...) {
		s := b.URI
		if b.DstURI != "" {
			s += ">" + b.DstURI
		}
		if b.Path != "" {
			s += "|" + b.Path
		}
		list = append(list, s)
	}
	return strings.Join(list, " ")
}

func TestLookupTarget(t *testing.T) {
	h := newHost(t, func(r *Registrar) { r.xavpRecord = "rcd" }).start(t)
	c := h.call("REGISTER", "sip:h", "Contact: <sip:a@h>;q=0.5;"+instance+";reg-id=3\nUser-Agent: phone\n")
	c.Target.Flags = 1 << 6
	h.reg.save(c, args(3, "location"))
	c.Packet.Buffer.Release()
	c = h.call("INVITE", "sip:bob@h", "")
	c.Target.Flags = 1 << 1
	if got := h.reg.lookup(c, args(2, "location")); got != found {
		t.Fatal(got)
	}
	want := transaction.Target{URI: "sip:a@h", Socket: h.layer.Sockets()[0], Q: 500, Flags: 1<<6 | 1<<1, RegID: 3,
		Instance: "<urn:uuid:1>", RUID: c.Target.RUID, UserAgent: "phone"}
	if c.Target != want || !strings.HasPrefix(c.Target.RUID, "uloc-") {
		t.Errorf("got %+v\nwant %+v", c.Target, want)
	}
	it := c.XAVPs.At("rcd", 0)
	if it == nil || it.Fields.At("contact", 0).Value.Str != "sip:a@h" || it.Fields.At("expires", 0).Value.Int != 3600 ||
		it.Fields.At("ruid", 0).Value.Str != c.Target.RUID || it.Fields.At("path", 0) != nil {
		t.Errorf("xavp_rcd: %+v", it)
	}
}

// TestXAVPs is xavp_contact: what save finds comes back with lookup, the first
// contact's as the newest.
func TestXAVPs(t *testing.T) {
	h := newHost(t, nil)
	for _, p := range h.loc.Exports().Params {
		if p.Name == "xavp_contact" {
			*p.Set.(*string) = "ua"
		}
	}
	h.start(t)
	for i, uri := range []string{"sip:a@h", "sip:b@h"} {
		c := h.call("REGISTER", "sip:h", "Contact: <"+uri+">\n")
		set(c, "ua", "n", avp.Number(int64(i)))
		h.reg.save(c, args(3, "location"))
	}
	c := h.call("INVITE", "sip:bob@h", "")
	h.reg.lookup(c, args(2, "location"))
	for i := range 2 {
		if it := c.XAVPs.At("ua", i); it == nil || it.Fields.At("n", 0).Value.Int != int64(i) {
			t.Errorf("$xavp(ua[%d]=>n): %v", i, it)
		}
	}
	c = h.call("INVITE", "sip:bob@h", "")
	h.reg.registered(c, args(4, "location", "", 0, actionRestore))
	if it := c.XAVPs.At("ua", 0); it == nil || it.Fields.At("n", 0).Value.Int != 0 {
		t.Errorf("registered restored %v", it)
	}
}

func TestExpiredContacts(t *testing.T) {
	for _, use := range []int64{0, 1} {
		h := newHost(t, func(r *Registrar) { r.useExpired.Set(use); r.minExpires.Set(1) }).start(t)
		h.register("Contact: <sip:a@h>;expires=5\n", 0)
		h.Time.Advance(6 * time.Second)
		c := h.call("INVITE", "sip:bob@h", "")
		if got := h.reg.lookup(c, args(2, "location")); (got == found) != (use == 1) {
			t.Errorf("use_expired_contacts %d: %d", use, got)
		}
	}
}

func TestFlow(t *testing.T) {
	for _, row := range []struct {
		name    string
		set     func(r *Registrar)
		headers string
		want    transport.ConnID
	}{
		{"to the address of the contact", nil, "Contact: <sip:a@h>\n", 0},
		{"through the NAT", nil, "Contact: <sip:a@h>;received=\"sip:1.1.1.1:1;transport=tcp\"\n", 7},
		{"along the path", func(r *Registrar) { r.usePath, r.pathMode = 1, 0 }, "Contact: <sip:a@h>;received=\"sip:1.1.1.1:1\"\nPath: <sip:p;lr>\n", 0},
		{"outbound", func(r *Registrar) { r.outboundMode = outboundSupported }, "Supported: outbound\nContact: <sip:a@h>;" + instance + ";reg-id=1\n", 7},
		{"no outbound", nil, "Contact: <sip:a@h>;" + instance + ";reg-id=1\n", 0},
	} {
		h := newHost(t, row.set).start(t)
		c := h.call("REGISTER", "sip:h", row.headers)
		c.Packet.Conn = 7
		h.reg.save(c, args(3, "location"))
		c = h.call("INVITE", "sip:bob@h", "")
		if h.reg.lookup(c, args(2, "location")); c.Target.Conn != row.want {
			t.Errorf("%s: connection %d, want %d", row.name, c.Target.Conn, row.want)
		}
	}
}

func TestLookupBranches(t *testing.T) {
	h := newHost(t, nil).start(t)
	h.register("Contact: <sip:1@h>, <sip:2@h>\n", 0)
	h.register("To: <sip:ann@h>\nContact: <sip:3@h>, <sip:4@h>\n", 0)
	c := h.call("INVITE", "sip:bob@h", "")
	c.Branches = append(c.Branches, transaction.Target{URI: "sip:ann@h"}, transaction.Target{URI: "sip:nobody@h"}, transaction.Target{URI: "sip:ann@h", DstURI: "sip:x"})
	if got := h.reg.lookupBranches(c, args(1, "location")); got != found {
		t.Error(got)
	}
	if got := targets(c); got != "sip:2@h sip:4@h sip:nobody@h sip:ann@h>sip:x sip:1@h sip:3@h" {
		t.Error(got)
	}
	c = h.call("INVITE", "sip:bob@h", "")
	if got := h.reg.lookupToSet(c, args(2, "location")); got != found || targets(c) != "sip:bob@h sip:2@h sip:1@h" {
		t.Errorf("%d %s", got, targets(c))
	}
}

func TestManyBranches(t *testing.T) {
	h := newHost(t, nil).start(t)
	for i := range 20 {
		h.register(fmt.Sprintf("Contact: <sip:%d@h>\n", i), 0)
	}
	c := h.call("INVITE", "sip:bob@h", "")
	if h.reg.lookup(c, args(2, "location")); len(c.Branches) != 11 {
		t.Errorf("%d branches", len(c.Branches))
	}
}

func TestRegistered(t *testing.T) {
	h := newHost(t, func(r *Registrar) { r.xavpCfg = "reg" }).start(t)
	h.register("Contact: <sip:a@h>;received=\"sip:1.1.1.1:1\"\n", 0)
	for _, row := range []struct {
		name   string
		uri    string
		match  int
		field  string
		value  string
		result module.Result
	}{
		{"by Request-URI", "", 0, "", "", module.True},
		{"nobody", "sip:nobody@h", 0, "", "", module.False},
		{"no URI", "foo", 0, "", "", module.False},
		{"Call-ID", "sip:bob@h", matchCallID, "match_callid", "c1", module.True},
		{"another Call-ID", "sip:bob@h", matchCallID, "match_callid", "c2", module.False},
		{"received", "sip:bob@h", matchReceived, "match_received", "sip:1.1.1.1:1", module.True},
		{"no received", "sip:bob@h", matchReceived, "match_callid", "c1", module.False},
		{"contact", "sip:bob@h", matchContact, "match_contact", "sip:a@h", module.True},
	} {
		c := h.call("INVITE", "sip:bob@h", "")
		if row.field != "" {
			set(c, "reg", row.field, avp.String(row.value))
		}
		if got := h.reg.registered(c, args(4, "location", row.uri, row.match)); got != row.result {
			t.Errorf("%s: %d, want %d", row.name, got, row.result)
		}
	}
}

// TestULC is reg_fetch_contacts, $ulc, unregister and reg_free_contacts.
func TestULC(t *testing.T) {
	h := newHost(t, nil).start(t)
	h.register("Contact: <sip:a@h>;q=0.5\nUser-Agent: ua1\n", 0)
	h.register("Contact: <sip:b@h>;q=0.7\nAllow: INVITE, ACK\n", 0)
	c := h.call("OPTIONS", "sip:bob@h", "")
	ulc := func(attribute string, index ...int) avp.Value {
		t.Helper()
		v, err := h.reg.bindULC(nil, "p=>"+attribute)
		if err != nil {
			t.Fatal(err)
		}
		i := module.Index{}
		if len(index) > 0 {
			i = module.Index{Given: true, N: index[0]}
		}
		return v.Get(c, i)
	}
	if got := ulc("addr"); !got.IsNull() {
		t.Errorf("before the fetch: %v", got)
	}
	if got := h.reg.fetch(c, args(3, "location", "sip:bob@h", "p")); got != module.True {
		t.Fatal(got)
	}
	now := h.Time.Now().Unix()
	for _, row := range []struct {
		attribute string
		index     int
		want      avp.Value
	}{
		{"aor", 0, avp.String("bob")},
		{"domain", 0, avp.String("location")},
		{"count", 0, avp.Number(2)},
		{"addr", 0, avp.String("sip:b@h")},
		{"addr", 1, avp.String("sip:a@h")},
		{"addr", -1, avp.String("sip:b@h")},
		{"addr", 2, avp.Value{}},
		{"q", 0, avp.Number(700)},
		{"methods", 0, avp.Number(5)},
		{"user_agent", 0, avp.String("n/a")},
		{"user_agent", 1, avp.String("ua1")},
		{"received", 0, avp.String("")},
		{"expires", 0, avp.Number(now + 3600)},
		{"modified", 0, avp.Number(now)},
		{"callid", 0, avp.String("c1")},
		{"cseq", 0, avp.Number(2)},
		{"socket", 0, avp.String("udp:127.0.0.1:5060")},
		{"conid", 0, avp.Value{}},
		{"instance", 0, avp.Value{}},
		{"regid", 0, avp.Number(0)},
		{"flags", 0, avp.Number(0)},
		{"cflags", 0, avp.Number(0)},
		{"server_id", 0, avp.Number(0)},
		{"path", 0, avp.String("")},
	} {
		if got := ulc(row.attribute, row.index); got != row.want {
			t.Errorf("%s[%d]: %v, want %v", row.attribute, row.index, got, row.want)
		}
	}
	ruid := ulc("ruid").Str
	for _, row := range []struct {
		uri, ruid string
		want      module.Result
	}{
		{"sip:bob@h", "nosuch", noContact},
		{"", ruid, unregisterFailed},
		{"foo", "", module.False},
		{"sip:bob@h", ruid, module.True},
		{"sip:bob@h", ruid, noContact},
		{"sip:nobody@h", "", module.True},
	} {
		if got := h.reg.unregister(c, args(3, "location", row.uri, row.ruid)); got != row.want {
			t.Errorf("unregister(%q, %q): %d, want %d", row.uri, row.ruid, got, row.want)
		}
	}
	if _, reply := h.register("", 0); reply != ok+"Contact: <sip:a@h>;q=0.5;expires=3600\n" {
		t.Errorf("left over: %q", reply)
	}
	if h.reg.unregister(c, args(3, "location", "sip:bob@h")); h.loc.Domain("location").Contacts() != 0 {
		t.Error("bob is still there")
	}
	if ulc("addr").Str != "sip:b@h" {
		t.Error("the copy changed with the table")
	}
	if h.reg.free(c, args(1, "p")); !ulc("addr").IsNull() {
		t.Error("not freed")
	}
	if got := h.reg.fetch(c, args(3, "location", "sip:bob@h", "p")); got != module.False {
		t.Errorf("fetch of nobody: %d", got)
	}
	for _, inner := range []string{"p", "p=>nosuch", "=>addr"} {
		if _, err := h.reg.bindULC(nil, inner); err == nil {
			t.Errorf("$ulc(%s) was taken", inner)
		}
	}
}

func TestExpiredEvent(t *testing.T) {
	h := newHost(t, func(r *Registrar) { r.minExpires.Set(1) })
	var got []string
	h.event = func(c *module.Call) {
		text := ""
		for _, a := range []string{"aor", "addr", "domain", "count"} {
			v, err := h.reg.bindULC(nil, "exp=>"+a)
			if err != nil {
				t.Fatal(err)
			}
			value := v.Get(c, module.Index{})
			text += fmt.Sprint(value.Str, value.Int, " ")
		}
		got = append(got, text)
	}
	h.start(t)
	h.register("Contact: <sip:a@h>;expires=5\n", 0)
	h.register("Contact: <sip:b@h>;expires=500\n", 0)
	h.Time.Advance(time.Minute)
	if len(got) != 1 || got[0] != "bob0 sip:a@h0 location0 1 " {
		t.Errorf("%q", got)
	}
}

func TestAddSocketHeader(t *testing.T) {
	h := newHost(t, nil).start(t)
	c := h.call("REGISTER", "sip:h", "")
	h.reg.addSocketHeader(c, args(1, "X-Sock"))
	if got := string(sip.AppendEdited(nil, c.Msg, nil)); !strings.Contains(got, "X-Sock: udp:127.0.0.1:5060\r\n") {
		t.Error(got)
	}
}

func TestUnknownTable(t *testing.T) {
	h := newHost(t, nil).start(t)
	c := h.call("REGISTER", "sip:h", "")
	if got := h.reg.save(c, args(3, "nosuch")); got != module.False {
		t.Error(got)
	}
}

// quiet is an sl that sends nothing.
type quiet struct{}

func (quiet) SendReply(*module.Call, int, string, string) error { return nil }

// way makes calls of one message again and again, as a worker does.
type way struct {
	h    *host
	c    *module.Call
	text []byte
}

func newWay(h *host, method, uri, headers string) *way {
	c := h.call(method, uri, headers)
	return &way{h, c, []byte(c.Msg.Raw())}
}

func (w *way) again(tb testing.TB) *module.Call {
	buf := transport.NewBuffer(len(w.text))
	p := transport.Packet{Data: buf.Data[:copy(buf.Data, w.text)], Buffer: buf, Socket: w.h.layer.Sockets()[0], Time: w.h.Time.Now()}
	w.c.Reset(w.c.Msg, p)
	if err := w.c.Msg.Parse(p.Data); err != nil {
		tb.Fatal(err)
	}
	w.c.Target.URI = w.c.Msg.RequestURI
	return w.c
}

const phone = "Contact: <sip:bob@192.0.2.7:5060;transport=udp>;q=0.7;expires=600\nUser-Agent: Phone 1.2\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS\n" +
	"Call-ID: 8d7f6a5b4c3d2e1f@192.0.2.7\n"

func TestAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector empties pools")
	}
	h := newHost(t, nil).start(t)
	h.reg.sl = quiet{}
	other := newWay(h, "REGISTER", "sip:h", strings.NewReplacer("q=0.7", "q=0.3", "8d7f", "9d7f").Replace(phone))
	save, list, look := newWay(h, "REGISTER", "sip:h", phone), args(3, "location"), args(2, "location")
	call := newWay(h, "INVITE", "sip:bob@h", "")
	for _, row := range []struct {
		name string
		most float64
		run  func()
	}{
		{"register again", 0, func() {
			// The Call-ID changes each time, so that each is an update.
			for _, w := range []*way{save, other} {
				c := w.again(t)
				if h.reg.save(c, list) < inserted {
					t.Fatal("not saved")
				}
				c.Packet.Buffer.Release()
			}
		}},
		{"lookup", 0, func() {
			c := call.again(t)
			if h.reg.lookup(c, look) != found {
				t.Fatal("not found")
			}
			c.Packet.Buffer.Release()
		}},
	} {
		row.run()
		if n := testing.AllocsPerRun(100, row.run); n > row.most {
			t.Errorf("%s allocates %v times, the limit is %v", row.name, n, row.most)
		}
	}
}

// BenchmarkSave is a REGISTER that refreshes one contact among 10000 users,
// parsing included.
func BenchmarkSave(b *testing.B) {
	h := newHost(b, nil).start(b)
	h.reg.sl = quiet{}
	const n = 10000
	ways := make([]*way, n)
	for i := range n {
		ways[i] = newWay(h, "REGISTER", "sip:h", fmt.Sprintf("To: <sip:user%d@h>\nCSeq: 1000000 REGISTER\n%s", i, phone))
		h.reg.save(ways[i].again(b), args(3, "location"))
	}
	list, at := args(3, "location"), make([]int, n)
	for i, w := range ways {
		at[i] = strings.Index(string(w.text), "CSeq: ") + len("CSeq: ")
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w := ways[i%n]
		// A newer CSeq each time round, of the same length.
		strconv.AppendInt(w.text[at[i%n]:at[i%n]], int64(1000001+i/n), 10)
		c := w.again(b)
		if got := h.reg.save(c, list); got != updated {
			b.Fatal(got)
		}
		c.Packet.Buffer.Release()
	}
}

// BenchmarkLookup is a lookup of one contact among 10000 users, parsing included.
func BenchmarkLookup(b *testing.B) {
	h := newHost(b, nil).start(b)
	h.reg.sl = quiet{}
	const n = 10000
	ways := make([]*way, n)
	for i := range n {
		h.reg.save(newWay(h, "REGISTER", "sip:h", fmt.Sprintf("To: <sip:user%d@h>\n%s", i, phone)).again(b), args(3, "location"))
		ways[i] = newWay(h, "INVITE", fmt.Sprintf("sip:user%d@h", i), "")
	}
	list := args(2, "location")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c := ways[i%n].again(b)
		if got := h.reg.lookup(c, list); got != found {
			b.Fatal(got)
		}
		c.Packet.Buffer.Release()
	}
}
