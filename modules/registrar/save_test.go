// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

const (
	instance = `+sip.instance="<urn:uuid:1>"`
	ok       = "200 OK\n"
	bad      = "400 Bad Request\n"
)

// step is one REGISTER of a case.
type step struct {
	headers string
	result  module.Result
	reply   string
	after   time.Duration // that passes before
}

// The replies and results are those of Kamailio 5.6.3.
func TestSave(t *testing.T) {
	const a, b = "Contact: <sip:a@h>", "Contact: <sip:b@h>"
	const flow, via = a + `;+sip.instance="<urn:x>";reg-id=1` + "\n", "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKhop\n"
	for _, row := range []struct {
		name  string
		set   func(r *Registrar)
		flags int
		steps []step
	}{
		{"add, refresh, ask, remove", nil, 0, []step{
			{a + "\n", inserted, ok + "Contact: <sip:a@h>;expires=3600\n", 0},
			{a + ";q=0.5\nExpires: 600\n", updated, ok + "Contact: <sip:a@h>;q=0.5;expires=600\n", time.Minute},
			{"", listed, ok + "Contact: <sip:a@h>;q=0.5;expires=590\n", 10 * time.Second},
			{a + ";expires=0\n", deleted, ok, 0},
			{a + ";expires=0\n", inserted, ok, 0},
			{"", listed, ok, 0},
		}},
		{"expires", func(r *Registrar) { r.maxExpires.Set(2000) }, 0, []step{
			{a + ";expires=120\nExpires: 300\n", inserted, ok + "Contact: <sip:a@h>;expires=120\n", 0},
			{a + "\nExpires: 300\n", updated, ok + "Contact: <sip:a@h>;expires=300\n", 0},
			{a + "\nExpires: 3000\n", updated, ok + "Contact: <sip:a@h>;expires=2000\n", 0},
			{a + "\nExpires: 5\n", updated, ok + "Contact: <sip:a@h>;expires=60\n", 0},
			{a + ";expires=abc\nExpires: 300\n", updated, ok + "Contact: <sip:a@h>;expires=2000\n", 0},
			{a + ";expires=120\nExpires: 0\n", updated, ok + "Contact: <sip:a@h>;expires=120\n", 0},
			{a + "\nExpires: 0\n", deleted, ok, 0},
		}},
		{"default below the minimum", func(r *Registrar) { r.defaultExpires.Set(30); r.maxExpires.Set(50) }, 0, []step{
			{a + "\n", inserted, ok + "Contact: <sip:a@h>;expires=50\n", 0},
		}},
		{"interval too brief", func(r *Registrar) { r.minExpires.Set(100); r.minExpiresMode = 1 }, 0, []step{
			{a + "\nExpires: 10\n", rejected, "423 Interval Too Brief\nMin-Expires: 100\nP-Registrar-Error: Interval too brief\n", 0},
			{a + "\nExpires: 100\n", inserted, ok + "Contact: <sip:a@h>;expires=100\n", 0},
			{b + ";expires=50\n", rejected, "423 Interval Too Brief\nContact: <sip:a@h>;expires=100\nMin-Expires: 100\nP-Registrar-Error: Interval too brief\n", 0},
		}},
		{"expiry by chance", func(r *Registrar) { r.expiresRange.Set(50) }, 0, []step{
			{a + ";expires=1000\n", inserted, ok + "Contact: <sip:a@h>;expires=501\n", 0},
		}},
		{"exact expiry", func(r *Registrar) { r.expiresRange.Set(50) }, flagExact, []step{
			{a + ";expires=1000\n", inserted, ok + "Contact: <sip:a@h>;expires=1000\n", 0},
		}},
		{"order of several", nil, 0, []step{
			{"Contact: <sip:1@h>, <sip:2@h>\nContact: <sip:3@h>, <sip:4@h>\n", inserted,
				ok + "Contact: <sip:2@h>;expires=3600, <sip:1@h>;expires=3600, <sip:4@h>;expires=3600, <sip:3@h>;expires=3600\n", 0},
		}},
		{"one contact twice", nil, 0, []step{
			{a + ";expires=100, <sip:a@h>;expires=200\n", updated, ok + "Contact: <sip:a@h>;expires=100\n", 0},
			{a + ";expires=300, <sip:a@h>;expires=400\n", updated, ok + "Contact: <sip:a@h>;expires=400\n", 0},
		}},
		{"q", nil, 0, []step{
			{a + ";q=1.000, <sip:b@h>;q=0.550\n" + "Contact: <sip:c@h>;q=0, <sip:d@h>;q=0.001\n", inserted,
				ok + "Contact: <sip:a@h>;q=1;expires=3600, <sip:b@h>;q=0.55;expires=3600, <sip:d@h>;q=0.001;expires=3600, <sip:c@h>;q=0;expires=3600\n", 0},
			{a + ";q=2\n", rejected, bad + "Contact: <sip:a@h>;q=1;expires=3600, <sip:b@h>;q=0.55;expires=3600, <sip:d@h>;q=0.001;expires=3600, <sip:c@h>;q=0;expires=3600\n" +
				"P-Registrar-Error: Invalid q param in contact\n", 0},
		}},
		{"default q", func(r *Registrar) { r.defaultQ.Set(300) }, 0, []step{
			{a + "\n", inserted, ok + "Contact: <sip:a@h>;q=0.3;expires=3600\n", 0},
		}},
		{"star", nil, 0, []step{
			{a + ", <sip:b@h>\n", inserted, ok + "Contact: <sip:b@h>;expires=3600, <sip:a@h>;expires=3600\n", 0},
			{"Contact: *\n", rejected, bad + "P-Registrar-Error: * used in contact and expires is not zero\n", 0},
			{"Contact: *\nExpires: 1\n", rejected, bad + "P-Registrar-Error: * used in contact and expires is not zero\n", 0},
			{"Contact: *\n" + a + "\nExpires: 0\n", rejected, bad + "P-Registrar-Error: * used in contact and more than 1 contact\n", 0},
			{a + "\nContact: *\nExpires: 0\n", rejected, bad + "P-Registrar-Error: * used in contact and more than 1 contact\n", 0},
			{"Contact: *, <sip:a@h>\nExpires: 0\n", deleted, ok, 0},
			{"Contact: *;q=1\nExpires: 0\n", deleted, ok, 0},
		}},
		{"CSeq", nil, 0, []step{
			{a + "\nCSeq: 10 REGISTER\n", inserted, ok + "Contact: <sip:a@h>;expires=3600\n", 0},
			{a + ";expires=77\nCSeq: 10 REGISTER\n", inserted, ok + "Contact: <sip:a@h>;expires=3600\n", 0},
			{a + "\nCSeq: 9 REGISTER\n", rejected, bad + "Contact: <sip:a@h>;expires=3600\nP-Registrar-Error: Invalid CSeq number\n", 0},
			{a + ";expires=0\nCSeq: 9 REGISTER\n", rejected, bad + "Contact: <sip:a@h>;expires=3600\nP-Registrar-Error: Invalid CSeq number\n", 0},
			{a + "\nCSeq: 10 REGISTER\n", rejected, bad + "Contact: <sip:a@h>;expires=3579\nP-Registrar-Error: Invalid CSeq number\n", 21 * time.Second},
			{a + "\nCSeq: 9 REGISTER\nCall-ID: c2\n", updated, ok + "Contact: <sip:a@h>;expires=3600\n", 0},
		}},
		{"nothing changes when one is too old", nil, 0, []step{
			{a + "\nCSeq: 10 REGISTER\n", inserted, ok + "Contact: <sip:a@h>;expires=3600\n", 0},
			{a + ", <sip:b@h>\nCSeq: 9 REGISTER\n", rejected, bad + "Contact: <sip:a@h>;expires=3600\nP-Registrar-Error: Invalid CSeq number\n", 0},
		}},
		{"too many contacts", func(r *Registrar) { r.maxContacts.Set(2); r.retryAfter.Set(30) }, 0, []step{
			{a + "\n", inserted, ok + "Contact: <sip:a@h>;expires=3600\n", 0},
			{"Contact: <sip:2@h>, <sip:3@h>\n", tooMany, "503 Service Unavailable\nContact: <sip:a@h>;expires=3600\nP-Registrar-Error: Too many registered contacts\nRetry-After: 30\n", 0},
			{"Contact: <sip:2@h>\n", inserted, ok + "Contact: <sip:a@h>;expires=3600, <sip:2@h>;expires=3600\n", 0},
			{"Contact: <sip:2@h>;expires=0, <sip:4@h>\n", deleted, ok + "Contact: <sip:a@h>;expires=3600, <sip:4@h>;expires=3600\n", 0},
			{"Contact: <sip:2@h>;expires=0, <sip:6@h>\n", tooMany, "503 Service Unavailable\nContact: <sip:a@h>;expires=3600, <sip:4@h>;expires=3600\nP-Registrar-Error: Too many registered contacts\nRetry-After: 30\n", 0},
		}},
		{"expired ones do not count", func(r *Registrar) { r.maxContacts.Set(1) }, 0, []step{
			{a + ";expires=60\n", inserted, ok + "Contact: <sip:a@h>;expires=60\n", 0},
			{b + "\n", inserted, ok + "Contact: <sip:b@h>;expires=3600\n", 59*time.Second + time.Second},
		}},
		{"only one contact", nil, flagOne, []step{
			{a + "\n", inserted, ok + "Contact: <sip:a@h>;expires=3600\n", 0},
			{b + "\n", inserted, ok + "Contact: <sip:b@h>;expires=3600\n", 0},
			{"Contact: <sip:4@h>, <sip:5@h>\n", inserted, ok + "Contact: <sip:5@h>;expires=3600\n", 0},
		}},
		{"received", nil, 0, []step{
			{a + `;received="sip:9.9.9.9:9"` + "\n", inserted, ok + "Contact: <sip:a@h>;expires=3600;received=\"sip:9.9.9.9:9\"\n", 0},
		}},
		{"received under another name", func(r *Registrar) { r.receivedParam = "" }, 0, []step{
			{a + `;received="sip:9.9.9.9:9"` + "\n", inserted, ok + "Contact: <sip:a@h>;expires=3600\n", 0},
		}},
		{"bad contacts", func(r *Registrar) { r.contactMax = 20 }, 0, []step{
			{"Contact: <sip:a@h\n", rejected, bad + "P-Registrar-Error: Contact parse error\n", 0},
			{"Contact: \n", rejected, bad + "P-Registrar-Error: Contact parse error\n", 0},
			{"Contact: <sip:aaaaaaaaaaaaaaaaaaaaaaa@h>\n", rejected, bad + "P-Registrar-Error: Contact/received too long\n", 0},
			{"Contact: <bad uri>\n", inserted, ok + "Contact: <bad uri>;expires=3600\n", 0},
		}},
		{"bad user", nil, 0, []step{
			{a + "\nTo: <foo>\n", rejected, bad + "P-Registrar-Error: Error while parsing AOR\n", 0},
		}},
		{"user in another case, escaped", nil, 0, []step{
			{a + "\nTo: <sip:BOB@Example.ORG>\n", inserted, ok + "Contact: <sip:a@h>;expires=3600\n", 0},
			{"To: <sip:%62ob@other.example>\n", listed, ok + "Contact: <sip:a@h>;expires=3600\n", 0},
		}},
		{"case sensitive", func(r *Registrar) { r.caseSensitive.Set(1) }, 0, []step{
			{a + "\nTo: <sip:BOB@h>\n", inserted, ok + "Contact: <sip:a@h>;expires=3600\n", 0},
			{"To: <sip:bob@h>\n", listed, ok, 0},
		}},
		{"instance", nil, 0, []step{
			{a + ";" + instance + ";reg-id=1\n", inserted, ok + `Contact: <sip:a@h>;expires=3600;+sip.instance="<urn:uuid:1>";reg-id=1` + "\n", 0},
			{b + ";" + instance + ";reg-id=1\n", updated, ok + `Contact: <sip:b@h>;expires=3600;+sip.instance="<urn:uuid:1>";reg-id=1` + "\n", 0},
			{b + ";" + instance + "\n", inserted, ok + `Contact: <sip:b@h>;expires=3600;+sip.instance="<urn:uuid:1>";reg-id=1, <sip:b@h>;expires=3600;+sip.instance="<urn:uuid:1>"` + "\n", 0},
			{b + "\n", updated, ok + `Contact: <sip:b@h>;expires=3600;+sip.instance="<urn:uuid:1>";reg-id=1, <sip:b@h>;expires=3600;+sip.instance="<urn:uuid:1>"` + "\n", 0},
		}},
		{"an instance that comes back", nil, 0, []step{
			{a + ";" + instance + ";reg-id=1\n", inserted, ok + `Contact: <sip:a@h>;expires=3600;+sip.instance="<urn:uuid:1>";reg-id=1` + "\n", 0},
			{b + ";" + instance + ";reg-id=2\n", inserted, ok + `Contact: <sip:a@h>;expires=3600;+sip.instance="<urn:uuid:1>";reg-id=1, <sip:b@h>;expires=3600;+sip.instance="<urn:uuid:1>";reg-id=2` + "\n", 0},
			{"Contact: <sip:c@h>\n", inserted, ok + `Contact: <sip:a@h>;expires=3600;+sip.instance="<urn:uuid:1>";reg-id=1, <sip:b@h>;expires=3600;+sip.instance="<urn:uuid:1>";reg-id=2, <sip:c@h>;expires=3600` + "\n", 0},
			{b + ";" + instance + ";reg-id=2\nCall-ID: new\n", updated, ok + `Contact: <sip:b@h>;expires=3600;+sip.instance="<urn:uuid:1>";reg-id=2, <sip:c@h>;expires=3600` + "\n", 0},
		}},
		{"path off", func(r *Registrar) { r.usePath, r.pathMode = 1, pathOff }, 0, []step{
			{a + "\nPath: <sip:p;lr>\nSupported: path\n", inserted, ok + "Contact: <sip:a@h>;expires=3600\n", 0},
		}},
		{"path lazy", func(r *Registrar) { r.usePath, r.pathMode = 1, pathLazy }, 0, []step{
			{a + "\nPath: <sip:p;lr>\n", inserted, ok + "Contact: <sip:a@h>;expires=3600\n", 0},
			{a + "\nPath: <sip:p;lr>\nSupported: x, path\n", updated, ok + "Contact: <sip:a@h>;expires=3600\nPath: <sip:p;lr>\n", 0},
		}},
		{"path strict", func(r *Registrar) { r.usePath = 1 }, 0, []step{
			{a + "\nPath: <sip:p;lr>\n", inserted, "420 Bad Extension\nContact: <sip:a@h>;expires=3600\nUnsupported: path\nPath: <sip:p;lr>\nP-Registrar-Error: No support for found Path indicated\n", 0},
			{a + "\nPath: <sip:p;lr>, <sip:p2;lr>\nSupported: path\nPath: <sip:p3;lr>\n", updated, ok + "Contact: <sip:a@h>;expires=3600\nPath: <sip:p;lr>, <sip:p2;lr>,<sip:p3;lr>\n", 0},
			{a + "\nPath: foo\nSupported: path\n", rejected, bad + "Contact: <sip:a@h>;expires=3600\nP-Registrar-Error: Path parse error\n", 0},
		}},
		{"path with received", func(r *Registrar) { r.usePath, r.pathMode, r.pathReceived = 1, pathOff, 1 }, 0, []step{
			{a + "\nPath: <sip:p;lr;received=sip:1.2.3.4:5%3btransport%3dtcp>\n", inserted, ok + "Contact: <sip:a@h>;expires=3600;received=\"sip:1.2.3.4:5;transport=tcp\"\n", 0},
		}},
		{"outbound off", nil, 0, []step{
			{a + "\nRequire: outbound\n", rejected, "420 Bad Extension\nUnsupported: outbound\nP-Registrar-Error: No support for Outbound on server\n", 0},
			{a + "\nSupported: outbound\n", inserted, ok + "Contact: <sip:a@h>;expires=3600\n", 0},
		}},
		{"outbound", func(r *Registrar) { r.outboundMode, r.flowTimer = outboundSupported, 25 }, 0, []step{
			{a + "\n", inserted, ok + "Contact: <sip:a@h>;expires=3600\nSupported: outbound\n", 0},
			{a + "\nSupported: outbound\n", updated, ok + "Contact: <sip:a@h>;expires=3600\nSupported: outbound\nRequire: outbound\nFlow-Timer: 25\n", 0},
		}},
		{"outbound over a proxy", func(r *Registrar) { r.outboundMode = outboundSupported }, 0, []step{
			{flow + via + "Supported: outbound\n", rejected, "439 First Hop Lacks Outbound Support\nP-Registrar-Error: No support for Outbound on edge proxy\n", 0},
			{flow + via + "Supported: outbound\nPath: <sip:p;lr>, <sip:q;lr;ob>\n", rejected, "439 First Hop Lacks Outbound Support\nP-Registrar-Error: No support for Outbound on edge proxy\n", 0},
			{flow + via + "Supported: outbound\nPath: <sip:p;lr;ob>, <sip:q;lr>\n", inserted, ok + "Contact: <sip:a@h>;expires=3600;+sip.instance=\"<urn:x>\";reg-id=1\nSupported: outbound\nRequire: outbound\n", 0},
			{flow + "Supported: outbound\nPath: <sip:p;lr>\n", updated, ok + "Contact: <sip:a@h>;expires=3600;+sip.instance=\"<urn:x>\";reg-id=1\nSupported: outbound\nRequire: outbound\n", 0},
		}},
		{"outbound over a proxy, without a reg-id", func(r *Registrar) { r.outboundMode = outboundSupported }, 0, []step{
			{a + "\n" + via + "Supported: outbound\n", inserted, ok + "Contact: <sip:a@h>;expires=3600\nSupported: outbound\nRequire: outbound\n", 0},
		}},
		{"outbound over a proxy, not supported", nil, 0, []step{
			{flow + via + "Supported: outbound\n", inserted, ok + "Contact: <sip:a@h>;expires=3600;+sip.instance=\"<urn:x>\";reg-id=1\n", 0},
		}},
		{"outbound required", func(r *Registrar) { r.outboundMode = outboundRequired }, 0, []step{
			{a + "\nSupported: path\n", rejected, "421 Extension Required\nRequire: outbound\nSupported: outbound\nP-Registrar-Error: No support for Outbound indicated\n", 0},
			{a + "\nSupported: outbound\n", inserted, ok + "Contact: <sip:a@h>;expires=3600\nRequire: outbound\nSupported: outbound\n", 0},
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := newHost(t, row.set).start(t)
			for i, s := range row.steps {
				h.Time.Advance(s.after)
				result, reply := h.register(s.headers, row.flags)
				if result != s.result || reply != s.reply {
					t.Errorf("step %d: result %d, want %d\n got %q\nwant %q", i, result, s.result, reply, s.reply)
				}
			}
		})
	}
}

// TestNoReply is flags 2 and 16 and reg_send_reply.
func TestNoReply(t *testing.T) {
	h := newHost(t, nil).start(t)
	c := h.call("REGISTER", "sip:h", "Contact: <sip:a@h>\n")
	if got := h.reg.save(c, args(3, "location", flagNoReply)); got != inserted || len(h.replies) != 0 || c.ReplyHeaders != "" {
		t.Errorf("result %d, replies %q, headers %q", got, h.replies, c.ReplyHeaders)
	}
	const want = "200 OK\r\nContact: <sip:a@h>;expires=3600\r\n"
	if got := h.reg.sendPrepared(c, nil); got != module.True || h.replies[0] != want {
		t.Errorf("result %d, replies %q", got, h.replies)
	}
	if got := h.reg.sendPrepared(c, nil); got != module.False {
		t.Error("the reply was sent twice")
	}
	c = h.call("REGISTER", "sip:h", "Contact: <sip:a@h>\n")
	h.reg.save(c, args(3, "location", flagNoReply|flagPrepare))
	if c.ReplyHeaders != "Contact: <sip:a@h>;expires=3600\r\n" {
		t.Errorf("prepared %q", c.ReplyHeaders)
	}
	if h.reg.sendPrepared(c, nil); h.replies[1] != want {
		t.Errorf("replies %q", h.replies)
	}
}

func TestURIArgument(t *testing.T) {
	h := newHost(t, nil).start(t)
	h.reg.save(h.call("REGISTER", "sip:h", "Contact: <sip:a@h>\n"), args(3, "location", 0, "sip:other@h"))
	if _, reply := h.register("", 0); reply != ok {
		t.Errorf("bob has %q", reply)
	}
	if _, reply := h.register("To: <sip:other@h>\n", 0); reply != ok+"Contact: <sip:a@h>;expires=3600\n" {
		t.Errorf("other has %q", reply)
	}
}

func TestConfigXAVP(t *testing.T) {
	h := newHost(t, func(r *Registrar) { r.xavpCfg = "reg"; r.sockFlag = 5 }).start(t)
	c := h.call("REGISTER", "sip:h", "Contact: <sip:a@h>;q=0.9;expires=500\n")
	set(c, "reg", "q", avp.Number(333))
	set(c, "reg", "expires", avp.Number(77))
	set(c, "reg", "socket", avp.String("udp:127.0.0.1:5070"))
	c.Flags = 1 << 5
	h.reg.save(c, args(3, "location"))
	if want := "200 OK\r\nContact: <sip:a@h>;q=0.333;expires=77\r\n"; h.replies[0] != want {
		t.Errorf("reply %q", h.replies[0])
	}
	c = h.call("OPTIONS", "sip:bob@h", "")
	if h.reg.lookup(c, args(2, "location")); c.Target.Socket == nil || c.Target.Socket.Addr.Port() != 5070 {
		t.Errorf("socket %v", c.Target.Socket)
	}
	c = h.call("REGISTER", "sip:h", "Contact: <sip:b@h>\n")
	set(c, "reg", "max_contacts", avp.Number(1))
	if got := h.reg.save(c, args(3, "location")); got != tooMany {
		t.Errorf("a second contact: %d", got)
	}
}

// set sets a field of an XAVP.
func set(c *module.Call, name, field string, v avp.Value) {
	it := c.XAVPs.At(name, 0)
	if it == nil {
		c.XAVPs.Add(name, avp.Item{Fields: new(avp.Tree)})
		it = c.XAVPs.At(name, 0)
	}
	it.Fields.Add(field, avp.Item{Value: v})
}

func TestSocketHeader(t *testing.T) {
	h := newHost(t, func(r *Registrar) { r.sockFlag, r.sockHeader = 5, "X-Sock" }).start(t)
	for _, row := range []struct {
		value string
		flag  uint32
		want  uint16
	}{
		{"udp:127.0.0.1:5070", 1 << 5, 5070},
		{"udp:127.0.0.1:5070", 0, 5060},
		{"udp:127.0.0.1:999", 1 << 5, 5060},
	} {
		c := h.call("REGISTER", "sip:h", "Contact: <sip:a@h>\nX-Sock: "+row.value+"\n")
		c.Flags = row.flag
		h.reg.save(c, args(3, "location"))
		c = h.call("OPTIONS", "sip:bob@h", "")
		if h.reg.lookup(c, args(2, "location")); c.Target.Socket.Addr.Port() != row.want {
			t.Errorf("%s, flag %d: %s", row.value, row.flag, c.Target.Socket.Text)
		}
	}
}

func TestGRUU(t *testing.T) {
	h := newHost(t, nil).start(t)
	const two = "Contact: <sip:a@h>;" + instance + ", <sip:b@h>\n"
	_, reply := h.register(two+"Supported: gruu\n", 0)
	head, tail, _ := strings.Cut(reply, `;temp-gruu="`)
	temp, _, _ := strings.Cut(tail, `"`)
	if head != ok+`Contact: <sip:b@h>;expires=3600, <sip:a@h>;expires=3600;pub-gruu="sip:bob@example.org;gr=urn:uuid:1"` {
		t.Errorf("reply %q", reply)
	}
	for _, row := range []struct {
		name, uri string
		result    module.Result
		target    string
	}{
		{"public", "sip:bob@example.org;gr=urn:uuid:1", found, "sip:a@h"},
		{"public of nobody", "sip:bob@example.org;gr=urn:uuid:2", notFound, "sip:bob@example.org;gr=urn:uuid:2"},
		{"temporary", temp, found, "sip:a@h"},
		{"not ours", "sip:bob@example.org;gr", badURI, "sip:bob@example.org;gr"},
		{"no GRUU", "sip:bob@example.org", found, "sip:b@h"},
	} {
		c := h.call("OPTIONS", row.uri, "")
		if got := h.reg.lookup(c, args(2, "location")); got != row.result || c.Target.URI != row.target {
			t.Errorf("%s: %d to %s, want %d to %s", row.name, got, c.Target.URI, row.result, row.target)
		}
	}
	h = newHost(t, func(r *Registrar) { r.gruu = 0 }).start(t)
	if _, reply := h.register(two+"Supported: gruu\n", 0); strings.Contains(reply, "gruu") {
		t.Errorf("without GRUU: %q", reply)
	}
}

func TestCounters(t *testing.T) {
	h := newHost(t, nil).start(t)
	h.register("Contact: <sip:a@h>\n", 0)
	h.register("Contact: *\n", 0)
	if a, r := h.reg.accepted.Value(), h.reg.rejected.Value(); a != 1 || r != 1 {
		t.Errorf("%d accepted, %d rejected", a, r)
	}
}
