// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"bytes"
	"net/netip"
	"strconv"
	"sync"

	"github.com/kahea-sip/kahea/core/sip"
)

func addrPort(a netip.Addr, port int) netip.AddrPort { return netip.AddrPortFrom(a, uint16(port)) }

// viaRoom is what an own Via and small edits add to a request, in bytes.
const viaRoom = 256

// press is what printing a request needs beside the request. It is pooled
// because functions that the script engine put into a message see it.
type press struct {
	out sip.Outgoing
	id  [64]byte
}

var presses = sync.Pool{New: func() any { return new(press) }}

// newPress fills a press for a branch.
func (b *Branch) newPress() *press {
	p := presses.Get().(*press)
	t := b.t
	t.l.outgoing(&p.out, &b.dest, &t.State, &t.Packet)
	p.out.Branch = view(t.l.appendBranchID(p.id[:0], t.id, b.Index))
	p.out.RequestURI, p.out.Route = b.Target.URI, b.Target.Path
	p.out.Data = &t.State
	return p
}

func (p *press) free() {
	p.out = sip.Outgoing{}
	presses.Put(p)
}

// print prints the request of b as it goes to b.dest, which may become one of
// another protocol.
func (b *Branch) print() {
	p := b.newPress()
	m := b.t.Request()
	mark := m.EditMark()
	if b.shift = b.t.State.CSeqShift; b.shift != 0 {
		shiftCSeq(m, b.shift)
	}
	text := newText(len(m.Raw()) + viaRoom)
	text = sip.AppendRequest(text, m, &p.out)
	m.EditReset(mark)
	p.free()
	if b.tooLarge(len(text)) {
		freeText(text)
		b.print()
		return
	}
	freeText(b.sent)
	b.sent = fit(text)
}

// shiftCSeq adds to the CSeq number of a message as it is printed.
func shiftCSeq(m *sip.Message, by uint32) {
	cseq, err := m.CSeq()
	if err != nil {
		return
	}
	at := m.Offset(cseq.NumberText)
	m.Replace(at, at+len(cseq.NumberText), strconv.FormatUint(uint64(cseq.Number+by), 10))
}

func (b *Branch) tooLarge(size int) bool {
	return b.t.l.tooLarge(size, &b.dest, &b.Target, &b.t.State, &b.t.Packet)
}

// printAgain puts the Via of a new branch into the request as an earlier
// branch sent it, so that what branch_route did to that one is kept
// (reparse_on_dns_failover).
func (b *Branch) printAgain(sent []byte, earlier *Branch) bool {
	b.shift = earlier.shift
	id := b.t.l.appendBranchID(nil, b.t.id, earlier.Index)
	at := bytes.Index(sent, id)
	if at < 0 {
		return false
	}
	start := bytes.LastIndexByte(sent[:at], '\n') + 1
	end := at + bytes.IndexByte(sent[at:], '\n') + 1
	p := b.newPress()
	text := append(newText(len(sent)+viaRoom), sent[:start]...)
	text = sip.AppendVia(text, &p.out)
	text = append(text, sent[end:]...)
	p.free()
	if b.tooLarge(len(text)) {
		freeText(text)
		return b.printAgain(sent, earlier)
	}
	b.sent = fit(text)
	return true
}

// StatelessBranch appends a branch parameter for a request that is forwarded
// without state: the same for each retransmission, another one for each hop of
// a request that comes again (RFC 3261 16.11). It never names a transaction.
func (l *Layer) StatelessBranch(dst []byte, m *sip.Message) []byte {
	h := l.table.hash(m.RequestURI)
	if via, err := m.Via(0); err == nil {
		if via.HasMagicCookie() {
			h = mix(h, l.table.hash(via.Branch)^l.table.hash(via.Host)+uint64(via.Port))
		} else {
			h = mix(h, l.table.hash(via.Raw))
		}
	}
	h = mix(h, l.table.hash(m.CallID()))
	if q, err := m.CSeq(); err == nil {
		h = mix(h, uint64(q.Number))
	}
	h = mix(h, l.table.hash(m.FromTag()))
	dst = append(dst, sip.MagicCookie+"s"...)
	dst = appendHex8(dst, uint32(h>>32))
	return appendHex8(dst, uint32(h))
}
