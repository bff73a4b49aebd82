// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// web is what a connection of a client of WebSocket (RFC 6455) knows: as a browser
// it speaks HTTP first, and frames once the server has agreed.
type web struct {
	agreed bool // 101 has come
	silent bool // the script does not want to see the 101
}

// The opcodes of frames, by their names in scripts.
var opcodes = map[string]byte{"continuation": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}

// isWeb tells whether the peer is a client of WebSocket, which nobody can connect to.
func (p *peer) isWeb() bool { return p.proto == "ws" || p.proto == "wss" }

// base is the protocol whose socket of the server a peer connects to.
func (p *peer) base() string {
	switch p.proto {
	case "ws":
		return "tcp"
	case "wss":
		return "tls"
	}
	return p.proto
}

// host is where the peer says that it is: a browser does not know (RFC 7118 5).
func (p *peer) host() string {
	if p.isWeb() {
		return p.name + ".invalid"
	}
	return p.addr.String()
}

// handshake is the request of a client (RFC 6455 4.1); a header that is given
// stands in the place of the client's own.
func handshake(uri string, to netip.AddrPort, headers []string) []byte {
	own := []string{"Host: " + to.String(), "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: sip"}
	text := lines("GET "+uri+" HTTP/1.1", own, headers, "")
	return bytes.Replace(text, []byte("Content-Length: 0\r\n"), nil, 1)
}

// dialWeb opens a connection and asks for frames. silent waits for the server to
// agree, and does not show that to the script.
func (p *peer) dialWeb(to netip.AddrPort, ask []byte, silent bool) (*conn, error) {
	t, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(to))
	if err != nil {
		return nil, err
	}
	c := &conn{TCPConn: t, local: t.LocalAddr().(*net.TCPAddr).AddrPort(), web: &web{silent: silent}}
	c.framer.NoContentLength = true
	p.addr = c.local
	p.read(c, true)
	if err := p.sendOver(c, ask); err != nil {
		return nil, err
	}
	for late := time.After(patience); silent; {
		p.mu.Lock()
		agreed, err := c.web.agreed, p.failed
		p.mu.Unlock()
		if agreed || err != nil {
			return c, err
		}
		select {
		case <-p.wake:
		case <-late:
			return nil, fmt.Errorf("the server does not agree to WebSocket with %s", p.name)
		}
	}
	return c, nil
}

// agreed tells whether a connection carries frames.
func (p *peer) agreed(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return c != nil && c.web != nil && c.web.agreed
}

// agree looks at what the server answers to the handshake. p.mu is held.
func (c *conn) agree(answer []byte) (hide bool) {
	if bytes.HasPrefix(answer, []byte("HTTP/1.1 101 ")) {
		c.web.agreed = true
		return c.web.silent
	}
	return false
}

// frames takes all whole frames that have come. p.mu is held.
func (p *peer) frames(c *conn) {
	for {
		head, payload, rest, ok := cutFrame(c.have)
		if !ok {
			return
		}
		c.have = rest
		switch op := head & 0xf; {
		case head&0x80 == 0:
			p.fail(fmt.Errorf("a frame that is not the last of its message: %x", head))
		case op == opcodes["text"], op == opcodes["binary"]:
			p.takeWeb(c, payload)
		default:
			p.take(control(op, payload), c)
		}
	}
}

// takeWeb takes a message; line ends alone are the answer to a keep-alive.
func (p *peer) takeWeb(c *conn, payload []byte) {
	if len(bytes.Trim(payload, "\r\n")) == 0 {
		payload = []byte("CRLF - SIP/2.0\r\n\r\n")
	}
	p.take(payload, c)
}

// cutFrame cuts the first frame of a server, which has no mask, from what has come.
func cutFrame(b []byte) (head byte, payload, rest []byte, ok bool) {
	if len(b) < 2 {
		return 0, nil, b, false
	}
	n, at := uint64(b[1]&0x7f), 2
	switch {
	case n == 126 && len(b) >= 4:
		n, at = uint64(binary.BigEndian.Uint16(b[2:])), 4
	case n == 127 && len(b) >= 10:
		n, at = binary.BigEndian.Uint64(b[2:]), 10
	case n >= 126:
		return 0, nil, b, false
	}
	if uint64(len(b)-at) < n {
		return 0, nil, b, false
	}
	end := at + int(n)
	return b[0], bytes.Clone(b[at:end]), b[end:], true
}

// control makes a message of a control frame, so that a script can expect it:
// "PING", "PONG" with the header Data, "CLOSE 1000" with Reason.
func control(op byte, payload []byte) []byte {
	name := strconv.Itoa(int(op))
	for n, o := range opcodes {
		if o == op {
			name = strings.ToUpper(n)
		}
	}
	uri, header, text := "-", "Data", string(payload)
	if op == opcodes["close"] && len(payload) >= 2 {
		uri, header, text = strconv.Itoa(int(binary.BigEndian.Uint16(payload))), "Reason", string(payload[2:])
	}
	return fmt.Appendf(nil, "%s %s SIP/2.0\r\n%s: %s\r\n\r\n", name, uri, header, text)
}

// frame is a frame that a client sends.
type frame struct {
	op       byte
	whole    bool // the last one of its message
	unmasked bool
	reserved byte
	length   int // that it tells, where it is not that of payload
	payload  []byte
}

var mask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// bytes writes the frame.
func (f *frame) bytes() []byte {
	out := []byte{f.op | f.reserved<<4, 0}
	if f.whole {
		out[0] |= 0x80
	}
	n := len(f.payload)
	if f.length >= 0 {
		n = f.length
	}
	switch {
	case n < 126:
		out[1] = byte(n)
	case n <= 0xFFFF:
		out[1] = 126
		out = binary.BigEndian.AppendUint16(out, uint16(n))
	default:
		out[1] = 127
		out = binary.BigEndian.AppendUint64(out, uint64(n))
	}
	if f.unmasked {
		return append(out, f.payload...)
	}
	out[1] |= 0x80
	out = append(out, mask[:]...)
	for i, b := range f.payload {
		out = append(out, b^mask[i%4])
	}
	return out
}

// text is a message in one frame.
func textFrame(msg []byte) *frame {
	return &frame{op: opcodes["text"], whole: true, length: -1, payload: msg}
}

// sendFrame sends a frame over the last connection.
func (p *peer) sendFrame(f *frame) error {
	c := p.open()
	if c == nil || c.web == nil {
		return fmt.Errorf("%s has no connection of WebSocket", p.name)
	}
	return p.sendOver(c, f.bytes())
}

// upgrade is the word upgrade.
func (s *scene) upgrade(ts *testscript.TestScript, p *peer, args []string) error {
	uri := "/"
	if len(args) > 0 && strings.HasPrefix(args[0], "/") {
		uri, args = args[0], args[1:]
	}
	if !p.isWeb() {
		return fmt.Errorf("%s speaks %s: ws or wss is needed", p.name, p.proto)
	}
	to := s.server(p)
	if _, err := p.dialWeb(to, handshake(uri, to, s.fillAll(args)), false); err != nil {
		return err
	}
	ts.Setenv(p.name, p.addr.String())
	ts.Setenv(p.name+"_PORT", strconv.Itoa(int(p.addr.Port())))
	return s.settle()
}

// sendFrame is the word frame.
func (s *scene) sendFrame(ts *testscript.TestScript, p *peer, args []string) error {
	f := &frame{whole: true, length: -1}
	var known bool
	if f.op, known = opcodes[args[0]]; !known {
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 0 || n > 15 {
			return fmt.Errorf("unknown opcode %q", args[0])
		}
		f.op = byte(n)
	}
	from, to := 0, -1
	for _, a := range args[1:] {
		name, value, option := strings.Cut(a, "=")
		n, err := strconv.Atoi(value)
		if option && !slices.Contains([]string{"fin", "mask", "text", "raw"}, name) && err != nil {
			return err
		}
		switch {
		case !option:
			f.payload = complete(strings.ReplaceAll(s.fill(ts.ReadFile(a)), "\r\n", "\n"))
		case name == "raw":
			f.payload = append(f.payload, s.fill(ts.ReadFile(value))...)
		case name == "text":
			f.payload = append(f.payload, value...)
		case name == "fin":
			f.whole = value != "no"
		case name == "mask":
			f.unmasked = value == "no"
		case name == "rsv":
			f.reserved = byte(n)
		case name == "length":
			f.length = n
		case name == "code":
			f.payload = binary.BigEndian.AppendUint16(f.payload, uint16(n))
		case name == "from":
			from = n
		case name == "to":
			to = n
		default:
			return fmt.Errorf("unknown word %q of a frame", a)
		}
	}
	if to < 0 {
		to = len(f.payload)
	}
	f.payload = f.payload[from:to]
	if err := p.sendFrame(f); err != nil {
		return err
	}
	return s.settle()
}
