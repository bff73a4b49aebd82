// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/modules/usrloc"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

// host is an engine with usrloc, registrar and an sl that keeps the replies.
type host struct {
	*rpctest.Host
	wheel   *timer.Wheel
	layer   *transport.Layer
	store   any
	loc     *usrloc.Usrloc
	reg     *Registrar
	replies []string // code, reason and headers
	cseq    int
	event   func(c *module.Call)
}

func (h *host) Timers() *timer.Wheel        { return h.wheel }
func (h *host) Transport() *transport.Layer { return h.layer }
func (h *host) Rand() *rand.Rand            { return rand.New(rand.NewPCG(1, 1)) }
func (h *host) Store(_ string, create func() any) any {
	if h.store == nil {
		h.store = create()
	}
	return h.store
}

func (h *host) Module(name string) module.Module {
	if name == "sl" {
		return (*sl)(h)
	}
	return nil
}

func (h *host) Route(kind module.RouteKind, name string) (module.RouteRef, bool) {
	return 1, h.event != nil && kind == module.EventRoute && name == "usrloc:contact-expired"
}

func (h *host) NewCall() *module.Call {
	c := h.call("OPTIONS", "sip:x@h", "")
	c.Gen = module.NewGeneration(1, h, nil)
	return c
}
func (h *host) FreeCall(*module.Call) {}

// Run, Lookup and RouteName make host a program of one event route.
func (h *host) Run(c *module.Call, _ module.RouteRef) module.Outcome {
	h.event(c)
	return module.Outcome{}
}
func (h *host) Lookup(module.RouteKind, string) (module.RouteRef, bool) { return module.NoRoute, false }
func (h *host) RouteName(module.RouteRef) string                        { return "" }

// sl is what registrar needs of that module.
type sl host

func (s *sl) Exports() module.Exports { return module.Exports{} }

func (s *sl) SendReply(c *module.Call, code int, reason, headers string) error {
	s.replies = append(s.replies, fmt.Sprintf("%d %s\r\n%s%s", code, reason, c.ReplyHeaders, headers))
	return nil
}

// newHost starts everything; set changes parameters before that.
func newHost(t testing.TB, set func(r *Registrar)) *host {
	t.Helper()
	h := &host{Host: rpctest.New(), loc: usrloc.New(), reg: New()}
	h.Par.MaxBranches = 12
	h.wheel = timer.New(h.Time, timer.Options{})
	var err error
	h.layer, err = transport.New(transport.Options{Network: transport.NewMemoryNetwork(), Clock: h.Time, Sockets: []transport.Listen{
		{Proto: transport.UDP, Addr: netip.MustParseAddrPort("127.0.0.1:5060")},
		{Proto: transport.UDP, Addr: netip.MustParseAddrPort("127.0.0.1:5070")},
	}})
	if err == nil {
		err = h.layer.Listen()
	}
	if err != nil {
		t.Fatal(err)
	}
	h.loc.Domain("location")
	if err := h.loc.Start(context.Background(), h); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.loc.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if set != nil {
		set(h.reg)
	}
	if err := h.reg.bind(h.loc); err != nil {
		t.Fatal(err)
	}
	if err := h.Set.Declare("registrar", h.reg.Exports().Counters...); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *host) start(t testing.TB) *host {
	t.Helper()
	if err := h.reg.Start(context.Background(), h); err != nil {
		t.Fatal(err)
	}
	return h
}

// call makes a request; headers are written with plain line ends and replace
// those that it would have.
func (h *host) call(method, ruri, headers string) *module.Call {
	h.cseq++
	headers = strings.ReplaceAll(headers, "\n", "\r\n")
	text := fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK%d\r\n", method, ruri, h.cseq)
	for _, f := range []string{"From: <sip:bob@example.org>;tag=1", "To: <sip:bob@example.org>", "Call-ID: c1", fmt.Sprintf("CSeq: %d %s", h.cseq, method)} {
		if name, _, _ := strings.Cut(f, ":"); !strings.Contains("\r\n"+headers, "\r\n"+name+":") {
			text += f + "\r\n"
		}
	}
	text += headers + "\r\n"
	buf := transport.NewBuffer(len(text))
	c := &module.Call{Host: h}
	p := transport.Packet{Data: buf.Data[:copy(buf.Data, text)], Buffer: buf, Socket: h.layer.Sockets()[0], Time: h.Time.Now()}
	c.Reset(new(sip.Message), p)
	c.SetLog(h.Log())
	if err := c.Msg.Parse(p.Data); err != nil {
		panic(err)
	}
	c.Route = module.RequestRoute
	c.Target.URI = c.Msg.RequestURI
	return c
}

// args makes arguments: strings and numbers.
func args(count int, values ...any) module.Args {
	a := make(module.Args, count)
	for i, v := range values {
		a[i].Given, a[i].Const = true, true
		switch v := v.(type) {
		case string:
			a[i].Value = avp.String(v)
		case int:
			a[i].Value, a[i].Data = avp.Number(int64(v)), v
		}
	}
	return a
}

// register sends a REGISTER with Contact lines and others through save; it
// returns the result and the reply.
func (h *host) register(headers string, flags int) (module.Result, string) {
	h.replies = nil
	result := h.reg.save(h.call("REGISTER", "sip:example.org", headers), args(3, "location", flags))
	return result, strings.ReplaceAll(strings.Join(h.replies, "--"), "\r\n", "\n")
}
