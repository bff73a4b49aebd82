// SPDX-License-Identifier: Apache-2.0

package rr

import (
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// house is as much of a Host as rr asks for.
type house struct {
	module.Host
	layer *transport.Layer
}

func (h house) Transport() *transport.Layer { return h.layer }

func newHouse(t *testing.T) house {
	t.Helper()
	addr := netip.MustParseAddrPort
	l, err := transport.New(transport.Options{Network: transport.NewMemoryNetwork(), Sockets: []transport.Listen{
		{Proto: transport.UDP, Addr: addr("127.0.0.1:15960")}, {Proto: transport.UDP, Addr: addr("127.0.0.1:15961"), Name: "second"},
		{Proto: transport.TCP, Addr: addr("127.0.0.1:15960")},
		{Proto: transport.UDP, Addr: addr("127.0.0.1:15962"), AdvertiseHost: "192.0.2.9", AdvertisePort: 5060}}})
	if err == nil {
		err = l.Listen()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Stop(t.Context()) })
	return house{layer: l}
}

func (h house) call(t *testing.T, method, uri, toTag, headers string) *module.Call {
	t.Helper()
	text := method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:15990;branch=z9hG4bK1\r\n" +
		"From: <sip:alice@example.org>;tag=ft1\r\nTo: <sip:bob@example.org>" + toTag + "\r\nCall-ID: c1\r\nCSeq: 1 " + method + "\r\n" + headers + "Content-Length: 0\r\n\r\n"
	buf := transport.NewBuffer(len(text))
	c := &module.Call{Host: h}
	c.SetLog(slog.New(slog.NewTextHandler(io.Discard, nil)))
	c.Reset(new(sip.Message), transport.Packet{Data: buf.Data[:copy(buf.Data, text)], Buffer: buf, Socket: h.layer.Sockets()[0]})
	if err := c.Msg.Parse(c.Packet.Data); err != nil {
		t.Fatal(err)
	}
	c.Target.URI = uri
	return c
}

func (h house) print(c *module.Call, out *transport.Socket) string {
	return string(sip.AppendRequest(nil, c.Msg, &sip.Outgoing{NoVia: true, RequestURI: c.Target.URI, Socket: out, Data: c.State}))
}

func text(s string) module.Args {
	return module.Args{{Value: avp.String(s), Given: s != ""}, {}}
}

// The expectations were seen on the wire of Kamailio 5.6.3.
func TestRecordRoute(t *testing.T) {
	h := newHouse(t)
	sockets := h.layer.Sockets()
	udp, second, tcp, advertised := sockets[0], sockets[1], sockets[2], sockets[3]
	for _, row := range []struct {
		name string
		do   func(r *RR, c *module.Call)
		out  *transport.Socket
		want string
	}{
		{"one", func(r *RR, c *module.Call) { r.recordRoute(c, text("")) }, udp, "Record-Route: <sip:127.0.0.1:15960;lr;ftag=ft1>\r\n"},
		{"parameters around", func(r *RR, c *module.Call) {
			r.addParam(c, text(";a=1"))
			r.recordRoute(c, text(";p=1"))
			r.addParam(c, text(";b=2"))
		}, udp, "Record-Route: <sip:127.0.0.1:15960;lr;ftag=ft1;p=1;a=1;b=2>\r\n"},
		{"advertised with the default port", func(r *RR, c *module.Call) { r.double = 0; r.recordRoute(c, text("")) }, advertised,
			"Record-Route: <sip:192.0.2.9;lr;ftag=ft1>\r\n"},
		{"two sockets", func(r *RR, c *module.Call) { r.recordRoute(c, text("")) }, second,
			"Record-Route: <sip:127.0.0.1:15961;r2=on;lr;ftag=ft1>\r\nRecord-Route: <sip:127.0.0.1:15960;r2=on;lr;ftag=ft1>\r\n"},
		{"udp to tcp", func(r *RR, c *module.Call) { r.recordRoute(c, text("")) }, tcp,
			"Record-Route: <sip:127.0.0.1:15960;transport=tcp;r2=on;lr;ftag=ft1>\r\nRecord-Route: <sip:127.0.0.1:15960;r2=on;lr;ftag=ft1>\r\n"},
		{"advertised, udp to tcp", func(r *RR, c *module.Call) { r.recordRouteAdvertised(c, text("1.2.3.4:5080")) }, tcp,
			"Record-Route: <sip:1.2.3.4:5080;transport=tcp;r2=on;ftag=ft1;lr>\r\nRecord-Route: <sip:1.2.3.4:5080;transport=udp;r2=on;ftag=ft1;lr>\r\n"},
		{"preset", func(r *RR, c *module.Call) {
			r.recordRoutePreset(c, module.Args{{Value: avp.String("1.2.3.4:5080;x=1"), Given: true}, {Value: avp.String("5.6.7.8"), Given: true}})
		}, udp, "Record-Route: <sip:1.2.3.4:5080;x=1;ftag=ft1;lr>\r\nRecord-Route: <sip:5.6.7.8;ftag=ft1;lr>\r\n"},
		{"full lr, user, no tag", func(r *RR, c *module.Call) {
			r.fullLR, r.addUsername, r.appendTag = 1, 1, 0
			r.recordRoute(c, text(""))
		}, udp, "Record-Route: <sip:bob@127.0.0.1:15960;lr=on>\r\n"},
		{"twice is once", func(r *RR, c *module.Call) { r.recordRoute(c, text("")); r.recordRoute(c, text("")) }, udp,
			"Record-Route: <sip:127.0.0.1:15960;lr;ftag=ft1>\r\nVia"},
		{"removed", func(r *RR, c *module.Call) { r.recordRoute(c, text("")); r.removeRecordRoute(c, nil) }, udp, "SIP/2.0\r\nVia"},
		{"before others", func(r *RR, c *module.Call) { r.recordRoute(c, text("")) }, udp, "SIP/2.0\r\nRecord-Route: <sip:127.0.0.1:15960"},
	} {
		c := h.call(t, "INVITE", "sip:bob@127.0.0.1:15991", "", "Record-Route: <sip:1.1.1.1;lr>\r\n")
		row.do(New(), c)
		if got := h.print(c, row.out); !strings.Contains(got, row.want) {
			t.Errorf("%s: no\n%s\nin\n%s", row.name, row.want, got)
		}
	}
}

// The expectations were seen on the wire of Kamailio 5.6.3.
func TestLooseRoute(t *testing.T) {
	h := newHouse(t)
	for _, row := range []struct {
		name, uri, tag, routes string
		result                 module.Result
		wantURI, wantDst       string
		wantRoutes             string
		socket                 int // 1 is the first, 0 none
		direction              way
	}{
		{"our own only", "sip:bob@127.0.0.1:15991", ";tag=tt", "Route: <sip:127.0.0.1:15960;lr;ftag=ft1>\r\n", 1, "sip:bob@127.0.0.1:15991", "", "", 0, downstream},
		{"upstream, next is loose", "sip:bob@127.0.0.1:15991", ";tag=tt", "Route: <sip:127.0.0.1:15960;lr;ftag=tt>,<sip:127.0.0.1:15991;lr>\r\n", 1,
			"sip:bob@127.0.0.1:15991", "sip:127.0.0.1:15991;lr", "Route: <sip:127.0.0.1:15991;lr>\r\n", 0, upstream},
		{"double", "sip:bob@127.0.0.1:15991", ";tag=tt", "Route: <sip:127.0.0.1:15961;r2=on;lr;ftag=ft1>,<sip:127.0.0.1:15960;r2=on;lr;ftag=ft1>\r\n", 1,
			"sip:bob@127.0.0.1:15991", "", "", 1, downstream},
		{"next is strict", "sip:bob@127.0.0.1:15991", ";tag=tt", "Route: <sip:127.0.0.1:15960;lr>\r\nRoute: <sip:127.0.0.1:15991>\r\nRoute: <sip:127.0.0.1:1>\r\n", 1,
			"sip:127.0.0.1:15991", "", "Route: <sip:127.0.0.1:1>\r\nContent-Length: 0\r\nRoute: <sip:bob@127.0.0.1:15991>\r\n", 0, downstream},
		{"strict before us, contact left", "sip:127.0.0.1:15960;lr", ";tag=tt", "Route: <sip:bob@127.0.0.1:15991>\r\n", 1, "sip:bob@127.0.0.1:15991", "", "", 0, downstream},
		{"strict before us, loose behind", "sip:127.0.0.1:15960", ";tag=tt", "Route: <sip:127.0.0.1:15991;lr>, <sip:bob@127.0.0.1:15991>\r\n", 1,
			"sip:bob@127.0.0.1:15991", "sip:127.0.0.1:15991;lr", "Route: <sip:127.0.0.1:15991;lr>\r\n", 0, downstream},
		{"strict on both sides", "sip:127.0.0.1:15960", ";tag=tt", "Route: <sip:127.0.0.1:15991>, <sip:bob@127.0.0.1:15991>\r\n", 1,
			"sip:127.0.0.1:15991", "", "Route: <sip:bob@127.0.0.1:15991>\r\n", 0, downstream},
		{"not ours, loose", "sip:bob@127.0.0.1:15991", ";tag=tt", "Route: <sip:127.0.0.1:15991;lr>\r\n", 1,
			"sip:bob@127.0.0.1:15991", "sip:127.0.0.1:15991;lr", "Route: <sip:127.0.0.1:15991;lr>\r\n", 0, downstream},
		{"preloaded, ours only", "sip:bob@127.0.0.1:15991", "", "Route: <sip:127.0.0.1:15960;lr>\r\n", -3, "sip:bob@127.0.0.1:15991", "", "", 0, downstream},
		{"preloaded, next is loose", "sip:bob@127.0.0.1:15991", "", "Route: <sip:127.0.0.1:15960;lr>,<sip:127.0.0.1:15991;lr>\r\n", 1,
			"sip:bob@127.0.0.1:15991", "sip:127.0.0.1:15991;lr", "Route: <sip:127.0.0.1:15991;lr>\r\n", 0, downstream},
		{"bogus", "sip:bob@127.0.0.1:15991", ";tag=tt", "Route: bogus\r\n", -1, "sip:bob@127.0.0.1:15991", "", "Route: bogus\r\n", 0, downstream},
		{"none", "sip:bob@127.0.0.1:15991", ";tag=tt", "", -1, "sip:bob@127.0.0.1:15991", "", "", 0, downstream},
	} {
		r := New()
		c := h.call(t, "BYE", row.uri, row.tag, row.routes)
		if got := r.looseRoute(c, 0); got != row.result {
			t.Errorf("%s: result %d, want %d", row.name, got, row.result)
		}
		if c.Target.URI != row.wantURI || c.Target.DstURI != row.wantDst {
			t.Errorf("%s: to %q by %q, want %q by %q", row.name, c.Target.URI, c.Target.DstURI, row.wantURI, row.wantDst)
		}
		printed := h.print(c, nil)
		if !strings.Contains(printed, row.wantRoutes) || row.wantRoutes == "" && strings.Contains(printed, "Route:") {
			t.Errorf("%s: no %q in\n%s", row.name, row.wantRoutes, printed)
		}
		if got := c.Target.Socket; row.socket == 0 && got != nil || row.socket > 0 && got != h.layer.Sockets()[row.socket-1] {
			t.Errorf("%s: socket %v", row.name, got)
		}
		if got := wayOf(c); got != row.direction {
			t.Errorf("%s: %v, want %v", row.name, got, row.direction)
		}
	}
}

func TestCheckRouteParam(t *testing.T) {
	h, r := newHouse(t), New()
	c := h.call(t, "BYE", "sip:bob@127.0.0.1:15991", ";tag=tt", "Route: <sip:127.0.0.1:15960;lr;nat=yes>\r\n")
	arg := func(re string) module.Args {
		return module.Args{{Data: ere.MustCompile(re, 0), Given: true}}
	}
	if r.checkParam(c, arg("nat=yes")) != module.False {
		t.Error("true before loose_route")
	}
	r.looseRoute(c, 0)
	if r.checkParam(c, arg(";nat=yes")) != module.True || r.checkParam(c, arg("nat=no")) != module.False {
		t.Error("does not see the parameters of our Route")
	}
}
