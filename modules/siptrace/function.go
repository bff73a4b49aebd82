// SPDX-License-Identifier: Apache-2.0

package siptrace

import (
	"errors"
	"net/netip"
	"strings"

	"github.com/kahea-sip/kahea/core/hep"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

var (
	errMode     = errors.New("a mode is m, t or d: for message, transaction or dialog")
	errNoDialog = errors.New("mode d needs the module dialog: the message alone is traced")
	errInvite   = errors.New("mode d is for the first INVITE of a dialog")
	errRequest  = errors.New("mode t is for requests")
)

// kindOf reads a mode.
func kindOf(text string) (kind, error) {
	if text == "" {
		return ofMessage, errMode
	}
	switch text[0] {
	case 'm', 'M':
		return ofMessage, nil
	case 't', 'T':
		return ofTransaction, nil
	case 'd', 'D':
		return ofDialog, nil
	}
	return ofMessage, errMode
}

// checkMode looks at a constant mode at start.
func (s *SIPTrace) checkMode(b module.Binder, a module.Args) error {
	mode := a[len(a)-1]
	if !mode.Given || !mode.Const || mode.Value.Str == "" {
		return nil
	}
	k, err := kindOf(mode.Value.Str)
	if err == nil && k == ofDialog && b.Module("dialog") == nil {
		b.Log().Warn(errNoDialog.Error(), "module", "siptrace")
	}
	return err
}

// sipTrace is sip_trace([address[, correlation_id[, mode]]]).
func (s *SIPTrace) sipTrace(c *module.Call, a module.Args) module.Result {
	if !s.on.Load() {
		return module.True
	}
	k := s.usual(c)
	if mode := a.Str(2); mode != "" {
		var err error
		if k, err = kindOf(mode); err != nil {
			return c.Fail("sip_trace", err)
		}
	}
	if a[0].Err != nil {
		return c.Fail("sip_trace", a[0].Err)
	}
	to, _ := a[0].Data.(*target)
	if to == nil && a[0].Given {
		to = s.duplicate // an empty address asks for it
	}
	return s.traceCall(c, "sip_trace", &mark{to: to, correlation: strings.Clone(a.Str(1)), kind: k})
}

// sipTraceMode is sip_trace_mode(mode).
func (s *SIPTrace) sipTraceMode(c *module.Call, a module.Args) module.Result {
	k, err := kindOf(a.Str(0))
	if err != nil {
		return c.Fail("sip_trace_mode", err)
	}
	if !s.on.Load() {
		return module.True
	}
	return s.traceCall(c, "sip_trace_mode", &mark{kind: k})
}

// usual is how much is traced where no mode is given.
func (s *SIPTrace) usual(c *module.Call) kind {
	if s.flag != 0 && c.Flags&(1<<s.flag) != 0 && c.Msg.IsRequest() {
		return ofTransaction
	}
	return ofMessage
}

// traceCall copies the message of a call, and marks what follows.
func (s *SIPTrace) traceCall(c *module.Call, function string, m *mark) module.Result {
	s.fill(c, m)
	if m.kind == ofDialog && s.host.Module("dialog") == nil {
		s.log.Warn(errNoDialog.Error())
		m.kind = ofMessage
	}
	m, err := s.mark(c, m)
	if err != nil {
		return c.Fail(function, err)
	}
	r := s.current(c, m)
	if err := s.script(c, &r); err != nil {
		return c.Fail(function, err)
	}
	return module.True
}

// fill takes over what AVPs say about users and table.
func (s *SIPTrace) fill(c *module.Call, m *mark) {
	if s.usersAVP != nil {
		for i := 0; ; i++ {
			v := s.usersAVP.Get(c, module.Index{Given: true, N: i})
			if v.IsNull() {
				break
			}
			m.users = append(m.users, strings.Clone(v.Str))
		}
	}
	if s.tableAVP != nil {
		m.table = strings.Clone(s.tableAVP.Get(c, module.Index{}).Str)
	}
}

// current is the record of the message of a call; in onsend_route, of what is
// about to be sent, in the form in which it was received.
func (s *SIPTrace) current(c *module.Call, m *mark) record {
	if d, ok := c.Event.(*transport.Destination); ok && c.Route == module.OnSendRoute {
		r := s.sent(*d, []byte(c.Msg.Raw()), m)
		r.msg = c.Msg
		return r
	}
	r := received(&c.Packet, m)
	r.raw, r.msg = []byte(c.Msg.Raw()), c.Msg
	return r
}

// mark has the messages followed that belong to that of the call, and returns the
// mark of this one.
func (s *SIPTrace) mark(c *module.Call, m *mark) (*mark, error) {
	switch {
	case m.kind == ofMessage:
		return m, nil
	case !c.Msg.IsRequest():
		return m, errRequest
	case m.kind == ofDialog:
		if err := s.markDialog(c, m); err != nil {
			return m, err
		}
	case c.Msg.Method == sip.MethodAck && c.Route != module.OnSendRoute:
		m = s.markOfACK(c, m)
	}
	l := s.local(c)
	l.serial, l.mark = c.Serial, m
	if c.Tx != nil {
		s.watch(c.Tx, m)
	}
	return m, nil
}

// local is what is kept with a Call.
type local struct {
	serial uint64
	mark   *mark
}

func (s *SIPTrace) local(c *module.Call) *local {
	return c.Local(s, func() any { return new(local) }).(*local)
}

// marked returns the mark of the message of a call, nil for none.
func (s *SIPTrace) marked(c *module.Call) *mark {
	if l := s.local(c); l.serial == c.Serial {
		return l.mark
	}
	return nil
}

// origin is one end of the way of a message: proto:ip:port.
type origin struct {
	proto transport.Proto
	addr  netip.AddrPort
}

var errPlace = errors.New("an address is proto:ip:port, as udp:192.0.2.1:5060")

func compilePlace(text string) (any, error) {
	name, rest, _ := strings.Cut(text, ":")
	proto, known := transport.ParseProto(name)
	addr, err := netip.ParseAddrPort(rest)
	if !known || err != nil {
		return nil, errPlace
	}
	return origin{proto, addr}, nil
}

// sipTraceMsg is sip_trace_msg(message, from, to, address, correlation_id).
func (s *SIPTrace) sipTraceMsg(c *module.Call, a module.Args) module.Result {
	for i := range a {
		if a[i].Err != nil {
			return c.Fail("sip_trace_msg", a[i].Err)
		}
	}
	if !s.on.Load() {
		return module.True
	}
	from, to := a[1].Data.(origin), a[2].Data.(origin)
	target, _ := a[3].Data.(*target)
	r := &record{raw: []byte(a.Str(0)), proto: from.proto, src: from.addr, dst: to.addr, time: s.host.Clock().Now(), mark: &mark{correlation: a.Str(4)}}
	if err := s.sendHEP(c, target, hep.Version(s.version), s.packet(r)); err != nil {
		return c.Fail("sip_trace_msg", err)
	}
	return module.True
}

// hlog is hlog([correlation_id,] message).
func (s *SIPTrace) hlog(c *module.Call, a module.Args) module.Result {
	id, text := c.Msg.Value(sip.HeaderCallID), a.Str(0)
	if a[1].Given {
		id, text = a.Str(0), a.Str(1)
	}
	if s.duplicate == nil {
		return c.Fail("hlog", errNoServer)
	}
	dst, err := s.address(c, s.duplicate)
	if err != nil {
		return c.Fail("hlog", err)
	}
	p := &hep.Packet{Proto: hep.UDP, Dst: dst, Time: s.host.Clock().Now(), CaptureID: uint32(s.captureID),
		Kind: hep.Log, AuthKey: s.authKey, CorrelationID: id, Payload: []byte(text)}
	from := s.socket
	if from == nil {
		from = s.host.Transport().Choose(transport.UDP, dst.Addr())
	}
	if from != nil {
		p.Src = from.Addr
	}
	if err := s.sendHEP(c, nil, hep.V3, p); err != nil {
		return c.Fail("hlog", err)
	}
	return module.True
}
