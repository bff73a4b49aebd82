// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// act is one thing that a trace does: a message arrives, or time passes.
type act struct {
	name    string // of the file or section, for errors
	text    []byte // a message
	advance time.Duration
	replyTo int // number of the request that a reply answers, 0 for the last one
}

var errEmpty = errors.New("the message is empty")

// readActs reads all messages.
func readActs(from []packetSource, stdin io.Reader) ([]act, error) {
	var out []act
	for i, f := range from {
		if f.request != "" {
			a, err := madeRequest(f.request, i+1)
			if err != nil {
				return nil, err
			}
			out = append(out, a)
			continue
		}
		b, err := readInput(f.file, stdin)
		if err != nil {
			return nil, err
		}
		ar := txtar.Parse(b)
		if len(ar.Files) == 0 {
			text := wire(b)
			if len(text) == 0 {
				return nil, fmt.Errorf("%s: %w", f.file, errEmpty)
			}
			out = append(out, act{name: f.file, text: text})
			continue
		}
		for _, part := range ar.Files {
			a, err := sectionAct(part)
			if err != nil {
				return nil, fmt.Errorf("%s: section %q: %w", f.file, part.Name, err)
			}
			a.name = f.file + " " + part.Name
			out = append(out, a)
		}
	}
	return out, nil
}

// sectionAct reads a section of an archive.
func sectionAct(part txtar.File) (a act, err error) {
	if span, ok := strings.CutPrefix(part.Name, "advance "); ok {
		if a.advance, err = time.ParseDuration(strings.TrimSpace(span)); err != nil || a.advance <= 0 {
			return a, errors.New("it is written advance 30s")
		}
		return a, nil
	}
	if n, ok := strings.CutPrefix(part.Name, "reply to "); ok {
		if a.replyTo, err = strconv.Atoi(strings.TrimSpace(n)); err != nil || a.replyTo < 1 {
			return a, errors.New("it is written reply to 2")
		}
	}
	a.text = wire(part.Data)
	if len(a.text) == 0 {
		return a, errEmpty
	}
	return a, nil
}

// wire brings the line ends of a message to CR LF where it has none of those, and adds the empty line behind the header where there
// is none.
func wire(text []byte) []byte {
	text = bytes.TrimLeft(text, "\r\n")
	if !bytes.Contains(text, []byte("\r\n")) {
		text = bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
	}
	if len(text) > 0 && !bytes.Contains(text, []byte("\r\n\r\n")) {
		text = append(bytes.TrimRight(text, "\r\n"), "\r\n\r\n"...)
	}
	return text
}

// madeRequest makes a whole request of "METHOD URI".
func madeRequest(line string, n int) (act, error) {
	f := strings.Fields(line)
	if len(f) == 3 && f[2] == "SIP/2.0" {
		f = f[:2]
	}
	if len(f) != 2 {
		return act{}, fmt.Errorf("bad --request %q: it is a method and a URI", line)
	}
	to := f[1]
	if f[0] == "REGISTER" {
		to = "sip:alice@example.com"
	}
	text := fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKtrace%d\r\nMax-Forwards: 70\r\n"+
		"From: <sip:alice@example.com>;tag=trace\r\nTo: <%s>\r\nCall-ID: trace%d@192.0.2.10\r\nCSeq: 1 %s\r\n"+
		"Contact: <sip:alice@192.0.2.10:5060>\r\nContent-Length: 0\r\n\r\n", f[0], f[1], n, to, n, f[0])
	return act{name: line, text: []byte(text)}, nil
}

func (a *act) isReply() bool {
	return len(a.text) >= 4 && strings.EqualFold(string(a.text[:4]), "SIP/")
}

func (a *act) firstLine() string {
	line, _, _ := strings.Cut(string(a.text), "\r\n")
	return strings.TrimSuffix(line, " SIP/2.0")
}

// completeReply adds the header fields that a reply lacks: they are those of the request that it answers.
func (a *act) completeReply(to *sent) {
	var request sip.Message
	if request.Parse([]byte(to.text)) != nil {
		return
	}
	head, body, _ := strings.Cut(string(a.text), "\r\n\r\n")
	has := func(t sip.HeaderType) bool {
		for _, line := range strings.Split(head, "\r\n")[1:] {
			name, _, ok := strings.Cut(line, ":")
			if ok && sip.ParseHeaderType(strings.TrimSpace(name)) == t {
				return true
			}
		}
		return false
	}
	var b strings.Builder
	b.WriteString(head + "\r\n")
	status := 0
	if f := strings.Fields(head); len(f) > 1 {
		status, _ = strconv.Atoi(f[1])
	}
	for _, t := range []sip.HeaderType{sip.HeaderVia, sip.HeaderRecordRoute, sip.HeaderFrom, sip.HeaderTo, sip.HeaderCallID, sip.HeaderCSeq} {
		if has(t) {
			continue
		}
		for i := range request.NumHeaders() {
			h := request.Header(i)
			if h.Type != t {
				continue
			}
			value := h.Value
			if t == sip.HeaderTo && status > 100 && !strings.Contains(value, ";tag=") {
				value += ";tag=trace-" + strconv.Itoa(to.number)
			}
			fmt.Fprintf(&b, "%s: %s\r\n", t, value)
		}
	}
	if !has(sip.HeaderContentLength) {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	a.text = []byte(b.String() + "\r\n" + body)
}

// source tells where a message comes from: what the flag says, else what its first Via says, else an address that is made up.
func (a *act) source(given string) (transport.Proto, netip.AddrPort, error) {
	if given != "" {
		return parseAddress(given)
	}
	from := netip.AddrPortFrom(netip.MustParseAddr("192.0.2.10"), 5060)
	var m sip.Message
	if m.Parse(a.text) != nil {
		return transport.UDP, from, nil
	}
	via, err := m.Via(0)
	if err != nil {
		return transport.UDP, from, nil
	}
	proto, ok := transport.ParseProto(strings.ToLower(via.TransportText))
	if !ok {
		proto = transport.UDP
	}
	if addr, err := netip.ParseAddr(strings.Trim(via.Host, "[]")); err == nil {
		from = netip.AddrPortFrom(addr, from.Port())
	}
	if port, err := strconv.ParseUint(via.PortText, 10, 16); err == nil {
		from = netip.AddrPortFrom(from.Addr(), uint16(port))
	}
	return proto, from, nil
}
