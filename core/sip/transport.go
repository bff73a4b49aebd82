// SPDX-License-Identifier: Apache-2.0

package sip

// Transport is a transport protocol as Via names it.
type Transport uint8

// Transports. TransportOther stands for a name that is none of these.
const (
	TransportNone Transport = iota
	TransportUDP
	TransportTCP
	TransportTLS
	TransportSCTP
	TransportWS
	TransportWSS
	TransportOther
)

var transportNames = [...]struct{ upper, lower string }{
	TransportNone:  {"", ""},
	TransportUDP:   {"UDP", "udp"},
	TransportTCP:   {"TCP", "tcp"},
	TransportTLS:   {"TLS", "tls"},
	TransportSCTP:  {"SCTP", "sctp"},
	TransportWS:    {"WS", "ws"},
	TransportWSS:   {"WSS", "wss"},
	TransportOther: {"", "other"},
}

// Upper is the name as Via writes it: "UDP".
func (t Transport) Upper() string { return transportNames[t].upper }

// String is the name in lower case: "udp". A URI has Param.
func (t Transport) String() string { return transportNames[t].lower }

// Param is the name as the transport parameter of a URI has it: RFC 7118 5.2.4 has one for both kinds of WebSocket.
func (t Transport) Param() string {
	if t == TransportWSS {
		t = TransportWS
	}
	return t.String()
}

// Reliable says whether the transport retransmits itself, so that SIP must not (RFC 3261 17).
func (t Transport) Reliable() bool { return t >= TransportTCP && t <= TransportWSS }

// Secure says whether the transport encrypts.
func (t Transport) Secure() bool { return t == TransportTLS || t == TransportWSS }

// DefaultPort is the port where none is written (RFC 3261 19.1.2, RFC 7118 5.2.4): 5060, 5061, 80 or 443.
func (t Transport) DefaultPort() int {
	switch t {
	case TransportTLS:
		return 5061
	case TransportWS:
		return 80
	case TransportWSS:
		return 443
	}
	return 5060
}

// ParseTransport reads a transport name, in any case; "" is TransportNone.
func ParseTransport(s string) Transport {
	if s == "" {
		return TransportNone
	}
	for t := TransportUDP; t < TransportOther; t++ {
		if equalFold(s, transportNames[t].upper) {
			return t
		}
	}
	return TransportOther
}
