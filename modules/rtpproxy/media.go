// SPDX-License-Identifier: Apache-2.0

package rtpproxy

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/relay"
	"github.com/kahea-sip/kahea/core/sdp"
	"github.com/kahea-sip/kahea/core/sip"
)

var (
	errNoSDP    = errors.New("there is no session description with streams")
	errEmpty    = errors.New("the reply of the RTP proxy is empty")
	errPort     = errors.New("the RTP proxy has given no port")
	errGiven    = errors.New("the RTP proxy has given no address")
	errOrder    = errors.New("an answer stands in a reply or an ACK")
	errAddress  = errors.New("a stream has no address")
	errStreams  = errors.New("the session description has more than 128 streams")
	errLookup   = errors.New("the flag l belongs to an offer")
	errRepacket = errors.New("the RTP proxy cannot change the size of packets")
)

// offer is rtpproxy_offer([flags[, ip_address]]).
func (r *RTPProxy) offer(c *module.Call, a module.Args) module.Result {
	return r.force(c, "rtpproxy_offer", a, false)
}

// answer is rtpproxy_answer([flags[, ip_address]]).
func (r *RTPProxy) answer(c *module.Call, a module.Args) module.Result {
	if c.Msg.IsRequest() && c.Msg.Method != sip.MethodAck {
		return c.Fail("rtpproxy_answer", errOrder)
	}
	return r.force(c, "rtpproxy_answer", a, true)
}

// manage is rtpproxy_manage([flags[, ip_address]]).
func (r *RTPProxy) manage(c *module.Call, a module.Args) module.Result {
	method := c.Msg.Method
	if !c.Msg.IsRequest() {
		q, err := c.Msg.CSeq()
		if err != nil {
			return module.False
		}
		method = q.Method
	}
	if method != sip.MethodInvite && method != sip.MethodAck && method != sip.MethodCancel && method != sip.MethodBye && method != sip.MethodUpdate {
		return module.False
	}
	_, _, has := sdp.Find(c.Msg)
	switch {
	case c.Route == module.BranchFailureRoute:
		return module.False
	case c.Route == module.FailureRoute, method == sip.MethodCancel, method == sip.MethodBye:
		return r.end(c, "rtpproxy_manage", endFlags(a.Str(0)))
	case c.Msg.IsRequest():
		if !has {
			return module.False
		}
		return r.force(c, "rtpproxy_manage", a, method == sip.MethodAck)
	case c.Msg.Status >= 300:
		return r.end(c, "rtpproxy_manage", endFlags(a.Str(0)))
	case !has:
		return module.False
	}
	return r.force(c, "rtpproxy_manage", a, offered(c))
}

// endFlags are those of the flags that say which session is meant.
func endFlags(flags string) string {
	return strings.Map(func(f rune) rune {
		if strings.ContainsRune("123bt", f) {
			return f
		}
		return -1
	}, flags)
}

// offered tells whether the request of a reply had a session description.
func offered(c *module.Call) bool {
	if c.Tx == nil {
		return true
	}
	request := c.Tx.Request()
	if request == nil {
		return true
	}
	_, _, ok := sdp.Find(request)
	return ok
}

// maxStreams bounds the streams of a session description: each is a command that
// is waited for.
const maxStreams = 128

// stream is a stream on its way through the proxy.
type stream struct {
	media sdp.Media
	// address is that of the session description, family what is written with it.
	address, family string
	own             sdp.Line // its own line c=
	port            string
	// newPort and newAddress are those of the proxy.
	newPort    int
	newAddress netip.Addr
}

// force is the work of rtpproxy_offer and rtpproxy_answer.
func (r *RTPProxy) force(c *module.Call, function string, a module.Args, answer bool) module.Result {
	o, err := parseOptions(a.Str(0))
	if err != nil {
		return c.Fail(function, err)
	}
	id, err := r.session(c, &o)
	if err != nil {
		return c.Fail(function, err)
	}
	if answer && o.lookup {
		return c.Fail(function, errLookup)
	}
	answer = answer || o.lookup
	first, second := tags(c.Msg, answer)
	if first == "" || answer && second == "" {
		return c.Fail(function, errToTag)
	}
	start, end, ok := sdp.Find(c.Msg)
	if !ok {
		return c.Fail(function, errNoSDP)
	}
	priority, err := r.priority(c)
	if err != nil {
		return c.Fail(function, err)
	}
	e := editing{r: r, c: c, o: &o, start: start, text: c.Msg.Raw()[start:end], given: a.Str(1), priority: priority}
	if err := e.read(); err != nil {
		return c.Fail(function, err)
	}
	if r.marker != "" && !o.ignore && e.marked {
		return marked
	}
	for i := range e.streams {
		if err := e.ask(i, id, first, second, answer); err != nil {
			c.Fail(function, err)
			if errors.Is(err, errNoNode) {
				return noNode
			}
			return module.False
		}
	}
	e.apply()
	return module.True
}

// editing is one run of force.
type editing struct {
	r       *RTPProxy
	c       *module.Call
	o       *options
	start   int
	text    string
	given   string
	marked  bool
	session sdp.Line // the line c= in front of the streams
	origin  sdp.Line
	streams []stream
	d       sdp.Description
	// priority is that of the proxy as a candidate of ICE, 0 for none.
	priority int64
}

// read finds all that is edited, before anything is asked.
func (e *editing) read() error {
	e.d = sdp.Parse(e.text, nil)
	switch n := len(e.d.Media); {
	case n == 0:
		return errNoSDP
	case n > maxStreams:
		return errStreams
	}
	mark := strings.TrimRight(e.r.marker, "\r\n")
	for l := range sdp.Lines(e.text) {
		e.marked = e.marked || mark != "" && l.Text == mark
	}
	for l := range sdp.Lines(e.d.Session()) {
		switch {
		case strings.HasPrefix(l.Text, "c="):
			e.session = l
		case strings.HasPrefix(l.Text, "o="):
			e.origin = l
		}
	}
	for _, m := range e.d.Media {
		s := stream{media: m}
		s.port, _, _ = strings.Cut(m.Port, "/")
		for l := range e.d.Of(&m) {
			if strings.HasPrefix(l.Text, "c=") {
				s.own = l
			}
		}
		line := s.own
		if line.Text == "" {
			line = e.session
		}
		if s.family, s.address = address(line.Text); s.address == "" {
			return errAddress
		}
		if _, ok := sip.ParseUint(s.port); !ok {
			return errNoSDP
		}
		e.streams = append(e.streams, s)
	}
	return nil
}

// address returns family and address at the end of a line: "c=IN IP4 192.0.2.1".
func address(line string) (family, address string) {
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

// command makes the command for a stream.
func (e *editing) command(n *relay.Node, i int, id, first, second string, answer bool) (string, error) {
	s := &e.streams[i]
	b := []byte{'U'}
	if answer {
		b[0] = 'L'
	}
	six := s.family == "IP6"
	for at, letter := range append(e.o.letters, 0) {
		if at == e.o.auto && six {
			b = append(b, "EI"...)
		} else if at == e.o.auto {
			b = append(b, "IE"...)
		}
		if letter != 0 {
			b = append(b, letter)
		}
	}
	if e.o.repacket && !of(n).repacket {
		return "", errRepacket
	}
	if six {
		b = append(b, '6')
	}
	if of(n).codecs {
		b = e.appendCodecs(b, &s.media)
	}
	from := s.address
	if !e.o.trust {
		from = e.c.Packet.Src.Addr().Unmap().WithZone("").String()
	}
	b = append(append(append(append(append(append(b, ' '), id...), ' '), from...), ' '), s.port...)
	number := ""
	if of(n).streams {
		number = ";" + strconv.Itoa(i+1)
	}
	b = append(append(append(b, ' '), first...), number...)
	if second != "" {
		b = append(append(append(b, ' '), second...), number...)
	}
	return string(b), nil
}

// appendCodecs appends the payload types; formats of other kinds have none.
func (e *editing) appendCodecs(b []byte, m *sdp.Media) []byte {
	sep := byte('c')
	for f := range e.d.FormatsOf(m) {
		if _, ok := sip.ParseUint(f.ID); !ok {
			continue
		}
		b = append(append(b, sep), f.ID...)
		sep = ','
	}
	return b
}

// ask has the proxy relay a stream.
func (e *editing) ask(i int, id, first, second string, answer bool) error {
	_, reply, remote, err := e.r.exchange(e.c, func(n *relay.Node) (string, error) { return e.command(n, i, id, first, second, answer) })
	if err != nil {
		return err
	}
	s := &e.streams[i]
	if s.newPort, s.newAddress, err = parseReply(reply); err != nil {
		return err
	}
	if e.given != "" {
		a, ok := sip.ParseHostAddr(e.given)
		if !ok {
			return errAddress
		}
		s.newAddress = a
	}
	if !s.newAddress.IsValid() {
		s.newAddress = remote
	}
	if !s.newAddress.IsValid() {
		s.newAddress = e.c.Packet.Dst.Addr().Unmap()
	}
	return nil
}

// parseReply reads "port[ address[ 6]]".
func parseReply(reply string) (port int, a netip.Addr, err error) {
	words := strings.Fields(reply)
	if len(words) == 0 {
		return 0, a, errEmpty
	}
	n, ok := sip.ParseUint(words[0])
	if !ok || n == 0 || n > 65535 {
		return 0, a, replied(errPort, reply)
	}
	if len(words) > 1 {
		if a, err = netip.ParseAddr(words[1]); err != nil {
			return 0, a, replied(errGiven, reply)
		}
	}
	return int(n), a.WithZone(""), nil
}

// shownReply bounds what a log line repeats of a reply.
const shownReply = 64

func replied(err error, reply string) error { return fmt.Errorf("%w: %.*q", err, shownReply, reply) }

// apply edits the message; all that it does not name leaves as it came.
func (e *editing) apply() {
	session := e.o.always
	for i := range e.streams {
		s := &e.streams[i]
		if s.own.Text != "" {
			e.replaceAddress(s.own, s.newAddress)
		} else {
			session = true
		}
		e.candidates(s)
		if s.port == "0" {
			continue
		}
		behind := s.media.Start + len("m=") + len(s.media.Type) // the type may look like the port
		e.replace(behind+strings.Index(e.text[behind:], s.media.Port), len(s.media.Port), strconv.Itoa(s.newPort))
		for l := range e.d.Of(&s.media) {
			e.rtcp(l, s)
		}
	}
	if session && e.session.Text != "" {
		e.replaceAddress(e.session, e.streams[0].newAddress)
	}
	if e.origin.Text != "" {
		e.replaceAddress(e.origin, e.streams[0].newAddress)
	}
	if e.r.marker != "" && !e.marked {
		e.mark()
	}
}

// mark adds the marker behind the last line.
func (e *editing) mark() {
	at, lineEnd := sdp.Tail(e.text)
	if !strings.HasSuffix(e.text[:at], "\n") {
		e.c.Msg.Insert(e.start+at, sip.After, lineEnd)
	}
	e.c.Msg.Insert(e.start+at, sip.After, strings.TrimRight(e.r.marker, "\r\n"))
	e.c.Msg.Insert(e.start+at, sip.After, lineEnd)
}

func (e *editing) replace(at, length int, text string) {
	e.c.Msg.Replace(e.start+at, e.start+at+length, text)
}

// replaceAddress puts an address at the end of a line. That of a stream on hold
// (RFC 2543 0.0.0.0) stays.
func (e *editing) replaceAddress(l sdp.Line, a netip.Addr) {
	family, old := address(l.Text)
	if old == "" || old == "0.0.0.0" {
		return
	}
	at := l.Start + strings.LastIndex(l.Text, " "+family+" ") + 1
	e.replace(at, len(family)+1+len(old), familyOf(a)+" "+a.String())
}

func familyOf(a netip.Addr) string {
	if a.Is4() {
		return "IP4"
	}
	return "IP6"
}

// rtcp puts the port behind that of the stream into a line a=rtcp (RFC 3605). An
// address there is left out: it is that of the stream.
func (e *editing) rtcp(l sdp.Line, s *stream) {
	value, ok := strings.CutPrefix(l.Text, "a=rtcp:")
	if !ok {
		return
	}
	e.replace(l.Start+len("a=rtcp:"), len(value), strconv.Itoa(s.newPort+1))
}
