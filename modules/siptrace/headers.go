// SPDX-License-Identifier: Apache-2.0

package siptrace

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// The X-Siptrace headers tell the server that a copy is sent to what was copied:
//
//	X-Siptrace-Fromip: udp:192.0.2.1:5060
//	X-Siptrace-Toip: udp:192.0.2.2:5060
//	X-Siptrace-Time: 1795944878 271423
//	X-Siptrace-Method: INVITE
//	X-Siptrace-Dir: in
const headerPrefix = "X-Siptrace-"

var emptyLine = []byte("\r\n\r\n")

// withHeaders returns the message with the headers behind its own.
func (r *record) withHeaders() []byte {
	at := bytes.Index(r.raw, emptyLine)
	if at < 0 {
		return r.raw
	}
	at += 2
	method, direction := r.method, "in"
	if method == "" {
		method = r.methodName()
	}
	if r.out {
		direction = "out"
	}
	b := make([]byte, 0, len(r.raw)+256)
	b = append(b, r.raw[:at]...)
	b = fmt.Appendf(b, headerPrefix+"Fromip: %s\r\n"+headerPrefix+"Toip: %s\r\n", place(r.proto, r.src), place(r.proto, r.dst))
	b = fmt.Appendf(b, headerPrefix+"Time: %d %d\r\n"+headerPrefix+"Method: %s\r\n"+headerPrefix+"Dir: %s\r\n",
		r.time.Unix(), r.time.Nanosecond()/1000, method, direction)
	return append(b, r.raw[at:]...)
}

// methodName is the method of a request, or of that which a reply answers.
func (r *record) methodName() string {
	m := r.msg
	if m == nil {
		m = messages.Get().(*sip.Message)
		defer messages.Put(m)
		if m.Parse(r.raw) != nil {
			return ""
		}
	}
	if m.IsRequest() {
		return strings.Clone(m.MethodName)
	}
	if q, err := m.CSeq(); err == nil {
		return strings.Clone(q.MethodName)
	}
	return ""
}

// readHeaders takes what the headers say into the record, and them out of the
// message. False when one is missing or cannot be read.
func (r *record) readHeaders() bool {
	end := bytes.Index(r.raw, emptyLine)
	if end < 0 {
		return false
	}
	end += 2
	kept := make([]byte, 0, len(r.raw))
	read := 0
	for rest := r.raw[:end]; len(rest) > 0; {
		n := bytes.IndexByte(rest, '\n') + 1
		line := rest[:n]
		rest = rest[n:]
		if len(line) < len(headerPrefix) || !strings.EqualFold(string(line[:len(headerPrefix)]), headerPrefix) {
			kept = append(kept, line...)
			continue
		}
		name, value, _ := strings.Cut(strings.TrimSpace(string(line[len(headerPrefix):])), ":")
		if !r.readHeader(strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)) {
			return false
		}
		read++
	}
	r.raw = append(kept, r.raw[end:]...)
	return read == 5
}

func (r *record) readHeader(name, value string) (ok bool) {
	switch name {
	case "fromip":
		r.proto, r.src, ok = parsePlace(value)
	case "toip":
		_, r.dst, ok = parsePlace(value)
	case "time":
		seconds, micros, _ := strings.Cut(value, " ")
		s, err1 := strconv.ParseUint(seconds, 10, 33)
		us, err2 := strconv.ParseUint(micros, 10, 20)
		r.time, ok = time.Unix(int64(s), int64(us)*1000), err1 == nil && err2 == nil && us < 1e6
	case "method":
		r.method, ok = value, sip.IsToken(value)
	case "dir":
		r.out, ok = value == "out", value == "in" || value == "out"
	}
	return ok
}

// parsePlace reads what place writes.
func parsePlace(text string) (transport.Proto, netip.AddrPort, bool) {
	name, addr, ok := strings.Cut(text, ":")
	if !ok {
		return 0, netip.AddrPort{}, false
	}
	a, err := netip.ParseAddrPort(addr)
	p := transport.UDP
	switch strings.ToLower(name) {
	case "udp":
	case "tcp":
		p = transport.TCP
	case "tls":
		p = transport.TLS
	default:
		return 0, a, false
	}
	return p, a, err == nil
}
