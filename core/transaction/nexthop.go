// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"context"
	"errors"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// Hop is a next hop that does not come from the target: the arguments of the
// t_relay functions.
type Hop struct {
	// Host and Port are an address; an empty Host takes the target.
	Host string
	Port int
	// Proto forces the protocol; ProtoNone takes that of the URI.
	Proto transport.Proto
	// URI is a next hop URI; empty for none.
	URI string
	// Index, where it is not 0, tells apart the Vias of one request that is
	// forwarded several times.
	Index int
}

// hop makes the query for a target.
func (h *Hop) query(t *Target) (q locate.Query, err error) {
	if h.Host != "" {
		return locate.Query{Host: h.Host, Port: h.Port, Transport: h.Proto}, nil
	}
	uri := t.URI
	if t.DstURI != "" {
		uri = t.DstURI
	}
	if h.URI != "" {
		uri = h.URI
	}
	q, err = uriQuery(uri)
	if h.Proto != transport.ProtoNone {
		q.Transport, q.Secure = h.Proto, q.Secure && h.Proto.Secure()
	}
	return q, err
}

// uriQuery is the question for the next hop of a URI (RFC 3263 4).
func uriQuery(uri string) (q locate.Query, err error) {
	u, err := sip.ParseURI(uri)
	if err != nil || !u.IsSIP() {
		return q, ErrBadURI
	}
	q = locate.Query{Host: u.Host, Port: u.Port, Transport: u.Transport(), Secure: u.Scheme == sip.SchemeSIPS}
	if m := u.Maddr(); m != "" {
		q.Host = m
	}
	return q, nil
}

// locate finds the addresses of a next hop; it may wait for the resolver.
func (l *Layer) locate(q locate.Query, from any) (locate.Targets, error) {
	if found, ok := l.opt.Locator.Ready(q); ok {
		return found, located(found, nil)
	}
	var found locate.Targets
	var err error
	block(from, func() { found, err = l.opt.Locator.Locate(context.Background(), q) })
	return found, located(found, err)
}

func located(found locate.Targets, err error) error {
	if err != nil || found.Len() == 0 {
		return ErrUnresolvable
	}
	return nil
}

// destination chooses the socket for an address: that of the target, the one
// that the request p came by, or what the transport says. The connection that
// a contact was registered over (Target.Conn) is not asked for: the transport
// finds it where it leads to the address, and as with Kamailio a contact that
// names another address is called there.
func (l *Layer) destination(at locate.Target, target *Target, s *State, p *transport.Packet) (transport.Destination, error) {
	d := transport.Destination{Proto: at.Proto, Addr: at.Addr, NoConnect: s.ForwardNoConnect, Close: s.ForwardClose}
	var web *transport.Socket
	if at.Proto == transport.WS || at.Proto == transport.WSS {
		web = l.opt.Network.UpgradedTo(at.Addr)
	}
	switch f := target.Socket; {
	case web != nil:
		d.Proto, d.Socket = web.Proto, web
	case f != nil && f.Proto == at.Proto && sameFamily(f, at):
		d.Socket = f
	case !l.opt.MHomed && p.Socket != nil && p.Socket.Proto == at.Proto && sameFamily(p.Socket, at):
		d.Socket = p.Socket
	default:
		d.Socket = l.opt.Network.Choose(at.Proto, at.Addr.Addr())
	}
	if d.Socket == nil {
		return d, ErrNoSocket
	}
	if s.UseConn {
		d.Conn = target.Conn
	}
	if l.security != nil && d.Proto.Secure() {
		d.Security = l.security(s, d.Addr)
	}
	return d, nil
}

// Source is the socket that a request for a target would leave by, as it stands
// now. It may wait for the resolver.
func (l *Layer) Source(target *Target, s *State, p *transport.Packet, from any) (*transport.Socket, error) {
	q, err := (&Hop{}).query(target)
	if err != nil {
		return nil, err
	}
	found, err := l.locate(q, from)
	if err != nil {
		return nil, err
	}
	at, _ := found.Next()
	d, err := l.destination(at, target, s, p)
	return d.Socket, err
}

// tooLarge makes d, where a request of size bytes goes, a destination of
// another protocol when the request is too large for a datagram, and tells
// whether it did: then the request is to be printed again. Without a socket of
// that protocol it stays.
func (l *Layer) tooLarge(size int, d *transport.Destination, target *Target, s *State, p *transport.Packet) bool {
	if d.Proto != transport.UDP || l.opt.UDPMTU == nil {
		return false
	}
	limit := l.opt.UDPMTU.Get()
	if limit == 0 || int64(size) <= limit {
		return false
	}
	proto := s.LargeProto
	if proto == transport.ProtoNone {
		proto = transport.Proto(l.opt.UDPMTUProto.Get())
	}
	if proto == transport.ProtoNone || proto == transport.UDP {
		return false
	}
	other, err := l.destination(locate.Target{Proto: proto, Addr: d.Addr}, target, s, p)
	if err != nil {
		return false
	}
	*d = other
	return true
}

func sameFamily(s *transport.Socket, at locate.Target) bool {
	return s.Addr.Addr().Is4() == at.Addr.Addr().Unmap().Is4()
}

// outgoing fills what printing needs for a destination.
func (l *Layer) outgoing(o *sip.Outgoing, d *transport.Destination, st *State, p *transport.Packet) {
	s := d.Socket
	o.Transport, o.Host, o.Port = d.Proto, s.Host, s.Port
	if st.AdvertisedHost != "" {
		o.Host = st.AdvertisedHost
	}
	if st.AdvertisedPort != 0 {
		o.Port = st.AdvertisedPort
	}
	if st.AddressFromXAVP {
		l.addressFields(o, st)
	}
	o.Rport, o.ViaParams = st.AddLocalRport, st.ViaParams
	if st.ViaFromXAVP {
		o.ViaParams = l.viaFields(st)
	}
	o.Local, o.Remote, o.Socket = s.Addr, d.Addr, s
	o.ConnID = uint32(p.Conn)
	if p.Socket != nil && p.Socket.Upgraded() {
		o.ConnID = 0 // its address names the connection
	}
}

// ErrNoVia is the error for a Via that says no place to send to.
var ErrNoVia = errors.New("no usable Via")

// viaDestination is where a reply goes whose topmost Via, once ours is taken
// off, is via (RFC 3261 18.2.2, RFC 3581 4), but for maddr: see
// ReplyDestination. It may wait for the resolver.
func (l *Layer) viaDestination(via *sip.Via, from any) (transport.Destination, error) {
	host, port := via.Host, via.Port
	if via.Received != "" {
		host = via.Received
	}
	if via.Rport != 0 {
		port = via.Rport
	}
	q := locate.Query{Host: host, Port: port, Transport: via.Transport}
	if q.Port == 0 && via.Received != "" {
		q.Port = via.SentByPort()
	}
	if q.Transport == transport.ProtoNone || q.Transport == sip.TransportOther {
		return transport.Destination{}, ErrNoVia
	}
	found, err := l.locate(q, from)
	if err != nil {
		return transport.Destination{}, err
	}
	at, _ := found.Next()
	return transport.Destination{Proto: at.Proto, Addr: at.Addr}, nil
}

// viaConn is the connection that the request came by to whose reply via, our
// own, belongs; 0 for none.
func viaConn(via *sip.Via) transport.ConnID {
	if n, rest, ok := parseHex(via.I, 8); ok && rest == "" {
		return transport.ConnID(n)
	}
	return 0
}

// ReplyDestination is where the replies to a received request go: back over
// its connection, to the source port where the client asked for it, else to
// the port that its Via names. RFC 3261 18.2.2 would have them go to maddr,
// where the Via has one: then anybody could have replies, and what is repeated
// of them, sent to anybody, so as with Kamailio it counts for nothing.
func ReplyDestination(m *sip.Message, p transport.Packet, s *State) (transport.Destination, error) {
	via, err := m.Via(0)
	if err != nil {
		return transport.Destination{}, err
	}
	d := transport.Destination{Proto: p.Socket.Proto, Addr: p.Src, Socket: p.Socket, Conn: p.Conn,
		NoConnect: s.ReplyNoConnect, Close: s.ReplyClose}
	if !d.Proto.Reliable() && m.ReplyAddr.IsValid() {
		d.Addr = addrPort(m.ReplyAddr, int(p.Src.Port()))
	}
	if d.Proto.Reliable() || via.HasRport || m.ForceRport {
		return d, nil
	}
	d.Addr = addrPort(d.Addr.Addr(), via.SentByPort())
	return d, nil
}
