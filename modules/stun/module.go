// SPDX-License-Identifier: Apache-2.0

// Package stun answers requests of STUN on the sockets of SIP.
package stun

import (
	"context"
	"net/netip"
	"strings"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

func init() { module.Register("stun", func() module.Module { return new(STUN) }) }

// STUN is the module.
type STUN struct {
	software string // for the attribute with this name; empty for none

	answered, refused, indications, dropped counter.Counter
}

var (
	_ module.Starter   = (*STUN)(nil)
	_ transport.Prober = (*STUN)(nil)
)

// Exports implements module.Module.
func (s *STUN) Exports() module.Exports {
	return module.Exports{
		Doc: "Answers the requests of STUN by which clients learn their address and keep their flow open (RFC 5389, RFC 5626).",
		Counters: []counter.Entry{
			{Name: "answered", Counter: &s.answered, Doc: "requests that were answered with the address that they came from"},
			{Name: "refused", Counter: &s.refused, Doc: "requests that were answered with an error, for an attribute that is not known"},
			{Name: "indications", Counter: &s.indications, Doc: "indications, which keep a flow open and have no answer"},
			{Name: "dropped", Counter: &s.dropped, Doc: "packets that were dropped: they are broken, or no request"},
		},
	}
}

// Start implements module.Starter.
func (s *STUN) Start(_ context.Context, h module.Host) error {
	_, name, _ := strings.Cut(h.Core().ServerHeader, ":")
	name = strings.TrimSpace(name)
	s.software = name[:min(len(name), maxSoftware)]
	h.Transport().SetProber(s)
	return nil
}

// Probe implements transport.Prober.
func (s *STUN) Probe(dst, data []byte, src netip.AddrPort, _ transport.Proto) []byte {
	var r request
	switch r.parse(data) {
	case isRequest:
		if r.unknown != 0 {
			s.refused.Inc()
			return r.appendError(dst, s.software)
		}
		s.answered.Inc()
		return r.appendSuccess(dst, src, s.software)
	case isIndication:
		s.indications.Inc()
	default:
		s.dropped.Inc()
	}
	return dst
}
