// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"net/netip"
	"testing"

	"github.com/kahea-sip/kahea/core/transport"
)

// A record keeps which of the two a contact came by: the socket that listens, or
// that of its WebSocket connections.
func TestSocketNumbers(t *testing.T) {
	at := netip.MustParseAddrPort("192.0.2.1:5060")
	l, err := transport.New(transport.Options{Network: transport.NewMemoryNetwork(), Sockets: []transport.Listen{{Proto: transport.UDP, Addr: at}, {Proto: transport.TCP, Addr: at}}})
	if err != nil {
		t.Fatal(err)
	}
	l.Use(transport.WS, transport.Stream{Upgraded: true})
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	defer l.Stop(t.Context())
	s := newStore(0, 0, l.Sockets())
	udp, tcp := l.Sockets()[0], l.Sockets()[1]
	for _, k := range []*transport.Socket{nil, udp, tcp, tcp.Web()} {
		if got := s.socket(s.socketNumber(k)); got != k {
			t.Errorf("%+v comes back as %+v", k, got)
		}
	}
	if s.socketNumber(&transport.Socket{Proto: transport.TCP, Index: 1}) != 0 {
		t.Error("a socket of others has a number")
	}
}
