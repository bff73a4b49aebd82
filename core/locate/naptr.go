// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
)

// naptrProtocol is the protocol that a NAPTR record leads to: RFC 3263 4.1 for
// SIP+D2U and its like, RFC 4168 for SCTP, RFC 7118 for WebSocket.
// TransportNone for a record that is not for SIP, or not followed by an SRV.
func naptrProtocol(r *Record) sip.Transport {
	if !strings.EqualFold(r.Flags, "s") || r.Name == "" {
		return sip.TransportNone
	}
	for i := range naptrServices {
		if strings.EqualFold(r.Service, naptrServices[i].name) {
			return naptrServices[i].proto
		}
	}
	return sip.TransportNone
}

var naptrServices = [...]struct {
	name  string
	proto sip.Transport
}{
	{"SIP+D2U", sip.TransportUDP},
	{"SIP+D2T", sip.TransportTCP},
	{"SIPS+D2T", sip.TransportTLS},
	{"SIP+D2S", sip.TransportSCTP},
	{"SIP+D2W", sip.TransportWS},
	{"SIPS+D2W", sip.TransportWSS},
}

// orderNAPTR returns the records that can be used, in the order in which they
// are tried.
func orderNAPTR(rr []Record, c *Config, secure bool) []Record {
	var out []Record
	for i := range rr {
		p := naptrProtocol(&rr[i])
		if p == sip.TransportNone || c.pref(p) < 0 || secure && !p.Secure() {
			continue
		}
		out = append(out, rr[i])
	}
	slices.SortStableFunc(out, func(a, b Record) int {
		ours := 0
		if c.NAPTRIgnoreOrder {
			ours = cmp.Compare(c.pref(naptrProtocol(&b)), c.pref(naptrProtocol(&a)))
		}
		return cmp.Or(ours, cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight))
	})
	return out
}
