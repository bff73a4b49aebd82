// SPDX-License-Identifier: Apache-2.0

package nathelper

import (
	"errors"
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

var errNoSDP = errors.New("there is no session description")

// connection returns family and address of a line c= or the end of one like it:
// "c=IN IP4 192.0.2.1". The address has no TTL and number behind it.
func connection(line string) (family, address string) {
	at := strings.LastIndex(line, " IP")
	if at < 0 || len(line) < at+6 || line[at+4] != ' ' {
		return "", ""
	}
	address = line[at+5:]
	if i := strings.IndexAny(address, " /\t"); i >= 0 {
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
	ip       string
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
	if !a[1].Given || f.ip == "" {
		f.ip = c.Mem.Keep(sip.AppendAddr(c.Mem.Begin(), c.Packet.Src.Addr().Unmap().WithZone("")))
	}
	flags := a.Int(0, 0)
	if flags&addDirection != 0 {
		f.direct()
	}
	if flags&addMarker != 0 {
		f.atEnd(end, n.marker)
	}
	if flags&(fixConnection|fixOrigin) != 0 {
		f.addresses(flags)
		f.atEnd(end, string(f.old))
	}
	if f.replaced {
		return module.True
	}
	return nothing
}

const directionActive = "a=direction:active\r\n"

// direct adds a line to each stream.
func (f *fixing) direct() {
	var memory [8]sdp.Media
	d := sdp.Parse(f.text, memory[:])
	for i := range d.Media {
		f.atEnd(f.start+d.Media[i].End, directionActive)
	}
}

// atEnd inserts lines where one has ended.
func (f *fixing) atEnd(at int, lines string) {
	if lines == "" {
		return
	}
	if last := at - f.start; last > 0 && f.text[last-1] != '\n' {
		f.c.Msg.Insert(at, sip.After, "\r\n")
	}
	f.c.Msg.Insert(at, sip.After, lines)
}

// addresses puts the address into lines c= and o=, and a=rtcp, which goes with
// either. That of the line o= is told last, as Kamailio does.
func (f *fixing) addresses(flags int) {
	var origin sdp.Line
	for l := range sdp.Lines(f.text) {
		switch {
		case strings.HasPrefix(l.Text, "c="):
			if flags&fixConnection != 0 {
				f.address(l)
			}
		case strings.HasPrefix(l.Text, "a=rtcp:"):
			f.address(l)
		case strings.HasPrefix(l.Text, "o=") && flags&fixOrigin != 0:
			origin = l
		}
	}
	if origin.Text != "" {
		f.address(origin)
	}
}

// address replaces the address of a line. One of a stream on hold (0.0.0.0)
// stays, as does the one that is to be put there.
func (f *fixing) address(l sdp.Line) {
	family, old := connection(l.Text)
	if old == "" || old == "0.0.0.0" || old == f.ip {
		return
	}
	at := f.c.Msg.Offset(old)
	f.c.Msg.Replace(at, at+len(old), f.ip)
	f.replaced = true
	if f.n.appendOld == 0 {
		return
	}
	name := "a=oldmediaip:"
	if family == "IP6" {
		name = "a=oldmediaip6:"
	}
	f.old = append(append(append(f.old, name...), old...), "\r\n"...)
}
