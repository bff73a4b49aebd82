// SPDX-License-Identifier: Apache-2.0

package siptrace

import (
	"errors"
	"net/netip"
	"time"

	"github.com/kahea-sip/kahea/core/hep"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// record is one message that is to be copied. It and what it points to are valid
// until it is delivered.
type record struct {
	raw      []byte
	msg      *sip.Message // raw, parsed; nil where nobody did yet
	proto    transport.Proto
	src, dst netip.AddrPort
	time     time.Time
	out      bool
	method   string // of X-Siptrace-Method; empty for that of the message
	mark     *mark
}

// mark says where the copies go of a message that the script has traced, and of
// those that follow it.
type mark struct {
	to          *target // nil for duplicate_uri, where the script names none
	correlation string
	users       []string
	table       string
	kind        kind
}

// kind is how much is traced.
type kind uint8

const (
	ofMessage kind = iota
	ofTransaction
	ofDialog
)

// unmarked is the mark of messages that no script traced.
var unmarked mark

var errNoServer = errors.New("there is nowhere to send copies: no duplicate_uri and no address")

// script has a record go where sip_trace sends copies. As it is, a message goes to
// duplicate_uri only where the database does not take it, as in Kamailio.
func (s *SIPTrace) script(c *module.Call, r *record) error {
	how := 0
	if s.toDatabase != 0 {
		how = modeDatabase
	}
	switch {
	case r.mark.to == nil && s.duplicate == nil:
	case s.hepOn != 0:
		how |= modeHEP
	case r.mark.to != nil || s.toDatabase == 0:
		how |= modeSIP
	}
	if s.readX != 0 && !r.readHeaders() {
		return nil
	}
	if how&modeSIP != 0 && s.writeX != 0 {
		return s.deliver(c, r, how, r.withHeaders())
	}
	return s.deliver(c, r, how, r.raw)
}

// deliver copies a message; plain is what is sent where no HEP is wanted.
func (s *SIPTrace) deliver(c *module.Call, r *record, how int, plain []byte) error {
	if r.out && s.localIP.IsValid() {
		r.src = s.localIP
	}
	if how&modeDatabase != 0 {
		s.store(r)
	}
	var err error
	if how&modeHEP != 0 {
		err = s.sendHEP(c, r.mark.to, hep.Version(s.version), s.packet(r))
	}
	if how&modeSIP != 0 {
		if e := s.send(c, r.mark.to, plain); e != nil {
			err = e
		}
	}
	return err
}

func (s *SIPTrace) packet(r *record) *hep.Packet {
	p := &hep.Packet{Proto: hep.UDP, Src: r.src, Dst: r.dst, Time: r.time, CaptureID: uint32(s.captureID),
		Kind: hep.SIP, AuthKey: s.authKey, CorrelationID: r.mark.correlation, Payload: r.raw}
	if r.proto != transport.UDP {
		p.Proto = hep.TCP
	}
	return p
}

// sendHEP sends a packet to a target.
func (s *SIPTrace) sendHEP(c *module.Call, to *target, v hep.Version, p *hep.Packet) error {
	b, err := hep.Append(make([]byte, 0, len(p.Payload)+256), v, p)
	if err != nil {
		s.failed.Inc()
		return err
	}
	return s.send(c, to, b)
}

// send sends data to a target, nil for duplicate_uri.
func (s *SIPTrace) send(c *module.Call, to *target, data []byte) error {
	if to == nil {
		to = s.duplicate
	}
	if to == nil {
		return errNoServer
	}
	addr, err := s.address(c, to)
	if err == nil {
		err = s.host.Transport().Send(transport.Destination{Proto: transport.UDP, Addr: addr, Socket: s.socket, Unseen: true}, data)
	}
	if err != nil {
		s.failed.Inc()
		return err
	}
	s.traced.Inc()
	return nil
}

// received is the record of a packet that came.
func received(p *transport.Packet, m *mark) record {
	r := record{raw: p.Data, src: p.Src, dst: p.Dst, time: p.Time, mark: m}
	if p.Socket != nil {
		r.proto = p.Socket.Proto
	}
	return r
}

// sent is the record of data that leaves for d.
func (s *SIPTrace) sent(d transport.Destination, data []byte, m *mark) record {
	r := record{raw: data, proto: d.Proto, dst: d.Addr, time: s.host.Clock().Now(), out: true, mark: m}
	if d.Proto != transport.UDP {
		if conn, ok := s.host.Transport().ConnectionTo(d); ok {
			r.src, r.dst = conn.Local, conn.Remote
			return r
		}
	}
	from := d.Socket
	if from == nil || from.Proto != d.Proto {
		from = s.host.Transport().Choose(d.Proto, d.Addr.Addr())
	}
	if from != nil {
		r.src = from.Addr
	}
	return r
}
