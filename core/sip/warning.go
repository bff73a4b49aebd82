// SPDX-License-Identifier: Apache-2.0

package sip

import "net/netip"

// Warning is a Warning field (RFC 3261 20.43) for whoever looks for a fault
// in a trace: what a server made of the request that it answers.
type Warning struct {
	// PID is the number of the process; Agent is where it listens.
	PID   int
	Agent netip.AddrPort
	// Target is the Request-URI as the script left it.
	Target string
}

// append appends the field to a reply to m.
func (w *Warning) append(dst []byte, m *Message) []byte {
	dst = append(dst, "Warning: 392 "...)
	dst = AppendAddrPort(dst, w.Agent)
	dst = append(dst, ` "Noisy feedback tells:  pid=`...)
	dst = appendUint(dst, uint64(w.PID))
	dst = append(dst, " req_src_ip="...)
	dst = AppendAddr(dst, m.Source.Addr().Unmap())
	dst = append(dst, " req_src_port="...)
	dst = appendUint(dst, uint64(m.Source.Port()))
	dst = appendQuotable(append(dst, " in_uri="...), m.RequestURI)
	dst = appendQuotable(append(dst, " out_uri="...), w.Target)
	dst = append(dst, " via_cnt=="...)
	dst = appendUint(dst, uint64(m.NumVias()))
	return append(dst, "\"\r\n"...)
}

// appendQuotable appends what may stand within quotes.
func appendQuotable(dst []byte, s string) []byte {
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return dst
}
