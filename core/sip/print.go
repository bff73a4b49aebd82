// SPDX-License-Identifier: Apache-2.0

package sip

// How a message is printed
//
// Two lists of changes meet: the message's edits, made by the script, and the patches that forwarding itself needs (own Via, received and
// rport, Request-URI, Route, Content-Length). Both are sorted by offset, so one walk over the text copies what lies between. At one
// offset edits come first: a Record-Route inserted at the topmost Via stands above our own Via, as with Kamailio.

type patchKind uint8

const (
	patchCut patchKind = iota
	patchURI
	patchVia
	patchRport
	patchReceived
	patchRoute
	patchLength
	patchLengthHeader
	patchEnd
)

// isField says whether the patch is a header field of its own.
func (k patchKind) isField() bool {
	return k == patchVia || k == patchRoute || k == patchLengthHeader || k == patchEnd
}

type patch struct {
	at, to int
	kind   patchKind
}

// printer is one walk. It lives on the stack.
type printer struct {
	m       *Message
	o       *Outgoing
	e       *Edits
	patches [10]patch
	n       int
	bodyLen int
}

func newPrinter(m *Message, o *Outgoing) printer {
	p := printer{m: m, o: o, e: &m.edits}
	if o != nil && o.Edits != nil {
		p.e = o.Edits
	}
	return p
}

// add puts a patch into its place; of patches at one offset the first added comes first.
func (p *printer) add(kind patchKind, at, to int) {
	i := p.n
	for i > 0 && p.patches[i-1].at > at {
		p.patches[i] = p.patches[i-1]
		i--
	}
	p.patches[i] = patch{at, to, kind}
	p.n++
}

// run walks over the whole text.
func (p *printer) run(dst []byte) []byte {
	raw, pos := p.m.raw, 0
	i, k := 0, 0
	for i < len(p.e.order) || k < p.n {
		if i < len(p.e.order) {
			x := &p.e.list[p.e.order[i]]
			if k == p.n || int(x.at) <= p.patches[k].at {
				i++
				if at := min(int(x.at), len(raw)); at > pos {
					dst = append(dst, raw[pos:at]...)
					pos = at
				}
				if x.rank == rankCut {
					pos = max(pos, min(int(x.to), len(raw)))
				} else {
					dst = p.e.appendEdit(dst, x, p.o)
				}
				continue
			}
		}
		x := p.patches[k]
		k++
		if x.at > pos {
			dst = append(dst, raw[pos:x.at]...)
			pos = x.at
		} else if x.at < pos && !x.kind.isField() {
			continue // what was to be changed is cut
		}
		dst = p.appendPatch(dst, x.kind)
		pos = max(pos, x.to)
	}
	return append(dst, raw[pos:]...)
}

func (p *printer) appendPatch(dst []byte, kind patchKind) []byte {
	switch kind {
	case patchURI:
		dst = append(dst, p.o.RequestURI...)
	case patchVia:
		dst = AppendVia(dst, p.o)
	case patchRport:
		dst = appendRport(dst, p.m)
	case patchReceived:
		dst = appendReceived(dst, p.m)
	case patchRoute:
		dst = append(dst, "Route: "...)
		dst = append(dst, p.o.Route...)
		dst = append(dst, "\r\n"...)
	case patchLength:
		dst = appendUint(dst, uint64(p.bodyLen))
	case patchLengthHeader:
		dst = append(dst, "Content-Length: "...)
		dst = appendUint(dst, uint64(p.bodyLen))
		dst = append(dst, "\r\n"...)
	case patchEnd:
		dst = append(dst, "\r\n"...)
	}
	return dst
}

func (p *printer) patchRequestURI() {
	if p.o != nil && p.o.RequestURI != "" && p.m.IsRequest() {
		at := len(p.m.MethodName) + 1
		p.add(patchURI, at, at+len(p.m.RequestURI))
	}
}

// patchContentLength sees that Content-Length says what the body will be: where the body was changed, and where the message leaves by a
// stream, which also adds it (RFC 3261 18.3). What a datagram has behind the body as Content-Length counts it is left out (same section,
// RFC 4475 3.1.1.8); a Content-Length that is too great or no number leaves by datagram as it is, as with Kamailio.
func (p *printer) patchContentLength(dst []byte) {
	m := p.m
	reliable := p.o != nil && p.o.Reliable()
	edited := p.bodyEdited()
	p.bodyLen = len(m.raw) - m.body
	if edited {
		p.bodyLen = p.printedBodyLen(dst)
	} else if n, err := m.ContentLength(); err == nil && n < p.bodyLen {
		p.bodyLen = n
		p.add(patchCut, m.body+n, len(m.raw))
	}
	if !reliable && !edited {
		return
	}
	if i := m.First(HeaderContentLength); i >= 0 && !p.e.Deleted(int(m.index[i].start), int(m.index[i].end)) {
		if n, err := m.ContentLength(); err != nil || n != p.bodyLen {
			p.add(patchLength, int(m.index[i].value), int(m.index[i].valueTo))
		}
		return
	}
	if reliable && !p.e.insertsHeader("Content-Length") {
		p.add(patchLengthHeader, m.end, m.end)
	}
}

// patchEnd adds the empty line that the sender forgot.
func (p *printer) patchEnd() {
	if !p.m.HasEnd() {
		p.add(patchEnd, p.m.end, p.m.end)
	}
}

func (p *printer) bodyEdited() bool {
	if !p.m.HasEnd() {
		return false // what is inserted there are header fields
	}
	for i := range p.e.list {
		if int(p.e.list[i].to) > p.m.body || int(p.e.list[i].at) >= p.m.body {
			return true
		}
	}
	return false
}

// printedBodyLen counts the body with its edits. Insertions by functions are tried out in the free room of dst.
func (p *printer) printedBodyLen(dst []byte) int {
	m := p.m
	n, pos := 0, m.body
	for _, i := range p.e.order {
		x := &p.e.list[i]
		if int(x.at) < m.body {
			if x.rank == rankCut {
				pos = max(pos, min(int(x.to), len(m.raw)))
			}
			continue
		}
		if at := min(int(x.at), len(m.raw)); at > pos {
			n += at - pos
			pos = at
		}
		switch {
		case x.rank == rankCut:
			pos = max(pos, min(int(x.to), len(m.raw)))
		case x.f != nil:
			n += len(x.f(dst, p.o)) - len(dst)
		default:
			n += int(x.textTo - x.text)
		}
	}
	return n + len(m.raw) - pos
}

// AppendEdited appends the message as it arrived with its edits, Content-Length corrected where the body was changed. o may be nil; of it
// only RequestURI and Edits are looked at, and what TextFuncs need.
func AppendEdited(dst []byte, m *Message, o *Outgoing) []byte {
	p := newPrinter(m, o)
	p.patchRequestURI()
	if len(p.e.list) == 0 && p.n == 0 {
		return append(dst, m.raw...)
	}
	if p.bodyEdited() {
		p.patchContentLength(dst)
	}
	return p.run(dst)
}
