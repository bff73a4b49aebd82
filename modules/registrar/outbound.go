// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"slices"
	"strconv"

	"github.com/kahea-sip/kahea/core/sip"
)

// The values of outbound_mode.
const (
	outboundOff = iota
	outboundSupported
	outboundRequired
)

// checkOutbound compares what client and server know of RFC 5626.
func (s *saving) checkOutbound() *rejection {
	m := s.c.Msg
	required, supported := m.HasOption(sip.HeaderRequire, "outbound"), m.HasOption(sip.HeaderSupported, "outbound")
	s.outbound = required || supported
	switch {
	case s.r.outboundMode == outboundOff && required:
		return errNoOutbound
	case s.r.outboundMode == outboundRequired && !supported:
		return errOutbound
	case s.r.outboundMode != outboundOff && s.outbound && !s.hopsKnow():
		return errFirstHop
	}
	return nil
}

// hopsKnow tells whether the flow of a contact with a reg-id is kept: the client has
// sent the request itself, or the proxy before us says that it knows RFC 5626, by the
// parameter ob in its Path (RFC 5626 6).
func (s *saving) hopsKnow() bool {
	if !slices.ContainsFunc(s.contacts, func(k sip.Contact) bool { return k.RegID != 0 }) || s.c.Msg.NumVias() < 2 {
		return true
	}
	values, err := s.c.Msg.PathValues()
	if err != nil || len(values) == 0 {
		return false
	}
	u, err := values[0].ParseURI()
	return err == nil && u.Params.Has("ob")
}

// appendOutbound appends what the reply says of it.
func (s *saving) appendOutbound(dst []byte) []byte {
	switch {
	case s.r.outboundMode == outboundOff:
		return dst
	case s.r.outboundMode == outboundRequired:
		dst = append(dst, "Require: outbound\r\nSupported: outbound\r\n"...)
	default:
		dst = append(dst, "Supported: outbound\r\n"...)
		if !s.outbound {
			return dst
		}
		dst = append(dst, "Require: outbound\r\n"...)
	}
	if s.r.flowTimer > 0 {
		dst = append(strconv.AppendInt(append(dst, "Flow-Timer: "...), int64(s.r.flowTimer), 10), "\r\n"...)
	}
	return dst
}
