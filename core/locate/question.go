// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
)

// question is what is asked of the cache and, if it must be, of the resolver.
// The service is apart from the host so that asking the cache needs no new
// string.
type question struct {
	host    string // in lower case, without final dot
	service service
	typ     Type
}

// service is the part of an SRV name before the host.
type service uint8

const (
	noService service = iota
	sipUDP
	sipTCP
	sipsTCP
	sipSCTP
	sipWS
	sipsWS
)

// services are the SRV names: RFC 3263 4.2, RFC 4168, RFC 7118.
var services = [...]string{"", "_sip._udp.", "_sip._tcp.", "_sips._tcp.", "_sip._sctp.", "_sip._ws.", "_sips._ws."}

func serviceOf(p sip.Transport) service {
	switch p {
	case sip.TransportUDP:
		return sipUDP
	case sip.TransportTCP:
		return sipTCP
	case sip.TransportTLS:
		return sipsTCP
	case sip.TransportSCTP:
		return sipSCTP
	case sip.TransportWS:
		return sipWS
	case sip.TransportWSS:
		return sipsWS
	}
	return noService
}

// name is the name that the resolver is asked for.
func (q question) name() string { return services[q.service] + q.host }

// newQuestion returns false for a host that cannot be a DNS name.
func newQuestion(host string, s service, t Type) (question, bool) {
	host = strings.TrimSuffix(host, ".")
	if !validName(host) {
		return question{}, false
	}
	return question{host: strings.ToLower(host), service: s, typ: t}, true
}

// validName keeps from the resolver what no server has: it limits length
// (RFC 1035 2.3.4) and characters. Underscores are in use.
func validName(host string) bool {
	if host == "" || len(host) > 253 {
		return false
	}
	label := 0
	for i := range len(host) {
		switch c := host[i]; {
		case c == '.':
			if label == 0 {
				return false
			}
			label = 0
			continue
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
		if label++; label > 63 {
			return false
		}
	}
	return label > 0
}
