// SPDX-License-Identifier: Apache-2.0

package nathelper

import (
	"errors"
	"net/netip"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sdp"
	"github.com/kahea-sip/kahea/core/sip"
)

// The flags of fix_nated_sdp.
const (
	addDirection = 1 << iota
	fixConnection
	addMarker
	fixOrigin
)

var (
	errNoSDP     = errors.New("there is no session description")
	errNoAddress = errors.New("a line c= or o= of the session description has no address")
)

// connection returns family and address of a line c= or the end of one like it:
// "c=IN IP4 192.0.2.1". The address has TTL and number behind it, where there are
// some: "224.2.1.1/127/3".
func connection(line string) (family, address string) {
	at := strings.LastIndex(line, " IP")
	if at < 0 || len(line) < at+6 || line[at+4] != ' ' {
		return "", ""
	}
	address = strings.TrimLeft(line[at+5:], " ")
	if i := strings.IndexAny(address, " \t"); i >= 0 {
		address = address[:i]
	}
	return line[at+1 : at+4], address
}

// fixing is one run of fix_nated_sdp.
type fixing struct {
	n        *NATHelper
	c        *module.Call
	start    int // of the description in the message
	text     string
	tail     int    // where lines are added in it
	lineEnd  string // of its lines
	ip       string
	family   string // of ip; empty for what is no address
	old      []byte // the lines a=oldmediaip
	replaced bool
}

// fixSDP is fix_nated_sdp(flags[, ip_address]).
func (n *NATHelper) fixSDP(c *module.Call, a module.Args) module.Result {
	start, end, ok := sdp.Find(c.Msg)
	if !ok {
		return c.Fail("fix_nated_sdp", errNoSDP)
	}
	f := fixing{n: n, c: c, start: start, text: c.Msg.Raw()[start:end], ip: a.Str(1)}
	f.tail, f.lineEnd = sdp.Tail(f.text)
	if !a[1].Given || f.ip == "" {
		f.ip = c.Mem.Keep(sip.AppendAddr(c.Mem.Begin(), c.Packet.Src.Addr().Unmap().WithZone("")))
	}
	f.family = familyOf(f.ip)
	flags := a.Int(0, 0)
	if flags&addDirection != 0 {
		f.direct()
	}
	if flags&addMarker != 0 {
		f.atEnd(f.tail, f.n.marker)
	}
	if flags&(fixConnection|fixOrigin) != 0 {
		err := f.addresses(flags)
		f.atEnd(f.tail, string(f.old))
		if err != nil {
			return c.Fail("fix_nated_sdp", err)
		}
	}
	if f.replaced {
		return module.True
	}
	return nothing
}

// familyOf returns what stands in front of an address.
func familyOf(ip string) string {
	a, err := netip.ParseAddr(ip)
	switch {
	case err != nil:
		return ""
	case a.Is4():
		return "IP4"
	}
	return "IP6"
}

const directionActive = "a=direction:active"

// direct adds a line to each stream.
func (f *fixing) direct() {
	var memory [8]sdp.Media
	d := sdp.Parse(f.text, memory[:])
	for i := range d.Media {
		f.atEnd(min(d.Media[i].End, f.tail), directionActive)
	}
}

// atEnd inserts lines where one has ended. They end as the others do; behind a
// last one without line end they have none, either.
func (f *fixing) atEnd(at int, lines string) {
	if lines = strings.TrimRight(lines, "\r\n"); lines == "" {
		return
	}
	first, second := lines, f.lineEnd
	if at > 0 && f.text[at-1] != '\n' {
		first, second = second, first
	}
	f.c.Msg.Insert(f.start+at, sip.After, first)
	f.c.Msg.Insert(f.start+at, sip.After, second)
}

// addresses puts the address into lines c= and o=, and a=rtcp, which goes with
// either. Lines a=rtcp are first and the line o= is last, as with Kamailio. A line c=
// without address ends it before one of them is changed.
func (f *fixing) addresses(flags int) error {
	bad := false
	var origin sdp.Line
	for l := range sdp.Lines(f.text) {
		switch {
		case strings.HasPrefix(l.Text, "a=rtcp:"):
			f.address(l)
		case strings.HasPrefix(l.Text, "c=") && flags&fixConnection != 0:
			_, address := connection(l.Text)
			bad = bad || address == ""
		case strings.HasPrefix(l.Text, "o=") && flags&fixOrigin != 0:
			origin = l
		}
	}
	if bad {
		return errNoAddress
	}
	for l := range sdp.Lines(f.text) {
		if strings.HasPrefix(l.Text, "c=") && flags&fixConnection != 0 {
			f.address(l)
		}
	}
	if origin.Text == "" {
		return nil
	}
	if _, address := connection(origin.Text); address == "" {
		return errNoAddress
	}
	f.address(origin)
	return nil
}

// address replaces the address of a line, and what stands in front of it where the
// new one is of the other family. One of a stream on hold (0.0.0.0) stays, as does
// the one that is to be put there.
func (f *fixing) address(l sdp.Line) {
	family, old := connection(l.Text)
	if old == "" || old == "0.0.0.0" || old == f.ip {
		return
	}
	at := f.c.Msg.Offset(old)
	f.c.Msg.Replace(at, at+len(old), f.ip)
	if f.family != "" && f.family != family {
		front := f.c.Msg.Offset(family)
		f.c.Msg.Replace(front, front+len(family), f.family)
	}
	f.replaced = true
	if f.n.appendOld == 0 {
		return
	}
	name := "a=oldmediaip:"
	if family == "IP6" {
		name = "a=oldmediaip6:"
	}
	f.old = append(append(append(f.old, name...), old...), f.lineEnd...)
}
