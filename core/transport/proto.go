// SPDX-License-Identifier: Apache-2.0

package transport

// Proto is a transport protocol that carries SIP. Its values are Kamailio's,
// which scripts see as $prid.
type Proto uint8

// The protocols, by their Kamailio numbers.
const (
	ProtoNone Proto = iota
	UDP
	TCP
	TLS
	SCTP
	WS
	WSS
)

var protoNames = [...]string{"none", "udp", "tcp", "tls", "sctp", "ws", "wss"}

// String returns the name in lower case, as a transport parameter has it.
func (p Proto) String() string {
	if int(p) < len(protoNames) {
		return protoNames[p]
	}
	return "unknown"
}

var protoUpper = [...]string{"NONE", "UDP", "TCP", "TLS", "SCTP", "WS", "WSS"}

// Upper returns the name in upper case, as a Via header has it.
func (p Proto) Upper() string {
	if int(p) < len(protoUpper) {
		return protoUpper[p]
	}
	return "UNKNOWN"
}

// Reliable reports whether the protocol delivers without loss, so that
// RFC 3261 17 asks for no retransmission.
func (p Proto) Reliable() bool { return p != UDP }

// Secure reports whether the protocol encrypts.
func (p Proto) Secure() bool { return p == TLS || p == WSS }

// DefaultPort is 5061 for the encrypted protocols and 5060 for the others
// (RFC 3261 18.1.1); WebSocket has 80 and 443 (RFC 7118).
func (p Proto) DefaultPort() int {
	switch p {
	case TLS:
		return 5061
	case WS:
		return 80
	case WSS:
		return 443
	}
	return 5060
}

// ParseProto reads a protocol name in any case; ok is false for an unknown one.
func ParseProto(s string) (p Proto, ok bool) {
	for i := 1; i < len(protoNames); i++ {
		if equalFold(s, protoNames[i]) {
			return Proto(i), true
		}
	}
	return ProtoNone, false
}

func equalFold(s, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
