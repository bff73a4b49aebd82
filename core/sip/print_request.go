// SPDX-License-Identifier: Apache-2.0

package sip

// AppendRequest appends request m as it is forwarded (RFC 3261 16.6): Request-URI, own Via above the topmost one, received and rport in
// that one, route set, edits, Content-Length. Max-Forwards is the caller's (an edit).
func AppendRequest(dst []byte, m *Message, o *Outgoing) []byte {
	p := newPrinter(m, o)
	p.patchRequestURI()
	top := m.line
	v, err := m.Via(0)
	if err == nil {
		top = int(m.index[v.Header].start)
	}
	if !o.NoVia {
		p.add(patchVia, top, top)
	}
	if err == nil && m.Source.IsValid() {
		p.patchReceived(v)
	}
	if o.Route != "" {
		// Where there is no Route the route set stands below our Via, where Kamailio puts it.
		at := top
		if i := m.First(HeaderRoute); i >= 0 {
			at = int(m.index[i].start)
		}
		p.add(patchRoute, at, at)
	}
	p.patchContentLength(dst)
	p.patchEnd()
	return p.run(dst)
}

// AppendResponse appends response m as it goes upstream (RFC 3261 16.7): without the topmost Via value, edits applied.
func AppendResponse(dst []byte, m *Message, o *Outgoing) []byte {
	p := newPrinter(m, o)
	if i := m.First(HeaderVia); i >= 0 {
		r := &m.index[i]
		from, to := int(r.start), int(r.end)
		if first, rest, ok := NextListValue(m.value(r)); ok {
			if second, _, ok := NextListValue(rest); ok {
				from, to = m.Offset(first), m.Offset(second)
			}
		}
		p.add(patchCut, from, to)
	}
	p.patchContentLength(dst)
	p.patchEnd()
	return p.run(dst)
}

// AppendVia appends our own Via header field, line end included. Port 5060 is not written where it is the default.
func AppendVia(dst []byte, o *Outgoing) []byte {
	dst = append(dst, "Via: SIP/2.0/"...)
	dst = append(dst, o.Transport.Upper()...)
	dst = append(dst, ' ')
	dst = append(dst, o.Host...)
	if o.Port > 0 && (o.Port != 5060 || o.Transport.DefaultPort() != 5060) {
		dst = append(dst, ':')
		dst = appendUint(dst, uint64(o.Port))
	}
	if o.Branch != "" {
		dst = append(dst, ";branch="...)
		dst = append(dst, o.Branch...)
	}
	if o.ConnID != 0 {
		dst = append(dst, ";i="...)
		dst = appendHex(dst, uint64(o.ConnID))
	}
	if o.Rport {
		dst = append(dst, ";rport"...)
	}
	dst = append(dst, o.ViaParams...)
	if o.Alias {
		dst = append(dst, ";alias"...)
	}
	return append(dst, "\r\n"...)
}

// received says what the topmost Via of a request lacks (RFC 3261 18.2.1, RFC 3581 4): received where sent-by is not the source
// address, the client asked for rport or put a received there itself, rport where it asked or ForceRport is set.
func (m *Message) received(v *Via) (received, rport bool) {
	if !m.Source.IsValid() {
		return false, false
	}
	host, isAddr := ParseHostAddr(v.Host)
	same := m.ViaIsSource || isAddr && host.Unmap() == m.Source.Addr().Unmap().WithZone("")
	return !same || v.HasRport || v.HasReceived, v.HasRport || m.ForceRport
}

// patchReceived completes the topmost Via. The new parameters stand directly behind sent-by, except that rport keeps its place: so
// Kamailio does.
func (p *printer) patchReceived(v *Via) {
	received, rport := p.m.received(v)
	base := p.m.Offset(v.Raw)
	at := base + int(v.paramsAt)
	if rport && !v.HasRport {
		p.add(patchRport, at, at)
	}
	if received {
		p.add(patchReceived, at, at)
		if v.HasReceived {
			p.add(patchCut, base+int(v.receivedAt), base+int(v.receivedTo))
		}
	}
	if rport && v.HasRport {
		p.add(patchRport, base+int(v.rportAt), base+int(v.rportTo))
	}
}

func appendReceived(dst []byte, m *Message) []byte {
	dst = append(dst, ";received="...)
	return AppendAddr(dst, m.Source.Addr().Unmap().WithZone(""))
}

func appendRport(dst []byte, m *Message) []byte {
	dst = append(dst, ";rport="...)
	return appendUint(dst, uint64(m.Source.Port()))
}

func appendHex(dst []byte, n uint64) []byte {
	var b [16]byte
	i := len(b)
	for {
		i--
		b[i] = "0123456789abcdef"[n&15]
		if n >>= 4; n == 0 {
			return append(dst, b[i:]...)
		}
	}
}
