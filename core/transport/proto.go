// SPDX-License-Identifier: Apache-2.0

package transport

import "github.com/kahea-sip/kahea/core/sip"

// Proto is a transport protocol that carries SIP. Its values are Kamailio's,
// which scripts see as $prid.
type Proto = sip.Transport

// The protocols.
const (
	ProtoNone = sip.TransportNone
	UDP       = sip.TransportUDP
	TCP       = sip.TransportTCP
	TLS       = sip.TransportTLS
	SCTP      = sip.TransportSCTP
	WS        = sip.TransportWS
	WSS       = sip.TransportWSS
)

// ParseProto reads a protocol name in any case; ok is false for one that no
// socket can have.
func ParseProto(s string) (p Proto, ok bool) {
	p = sip.ParseTransport(s)
	return p, p != sip.TransportNone && p != sip.TransportOther
}
