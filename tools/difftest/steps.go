// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// at is the peer that a step is about.
func (p *player) at(s step, words int) (*peer, string, error) {
	if len(s.words) < words {
		return nil, "", fmt.Errorf("line %d: %s needs %d words", s.line, s.words[0], words)
	}
	line := s.words[1]
	peer := p.peers[peerOf(line)]
	if peer == nil {
		return nil, "", fmt.Errorf("line %d: unknown peer %q", s.line, line)
	}
	return peer, line, nil
}

// block is the indented text of a step, macros filled in; {etag} is the last entity
// tag that the peer of the step expected.
func (p *player) block(s step) []string {
	etag := ""
	if len(s.words) > 1 {
		if peer := p.peers[peerOf(s.words[1])]; peer != nil {
			etag = peer.call.etag
		}
	}
	block := make([]string, len(s.block))
	for i, line := range s.block {
		block[i] = strings.ReplaceAll(p.macro.Replace(line), "{etag}", etag)
	}
	return block
}

// emit sends and remembers. own is what the peer made up of it; what it copied from the server is not its own.
func (p *player) emit(peer *peer, line string, data []byte, own ...string) error {
	p.sent.WriteString(strings.Join(own, "\n") + "\n")
	peer.call.last, peer.call.line = data, line
	m := message(data)
	if !m.isReply() {
		if peer.call.sent == nil {
			peer.call.sent = map[string]message{}
		}
		peer.call.sent[m.method()] = data
	}
	return peer.send(line, data)
}

func (p *player) via(peer *peer, line string) string {
	p.serial++
	proto, host := "UDP", peer.addr()
	switch {
	case strings.HasSuffix(line, "/ws"):
		proto, host = "WS", peer.name+".invalid" // a browser does not know where it is
	case strings.Contains(line, "/"):
		proto = "TCP"
	}
	via := fmt.Sprintf("Via: SIP/2.0/%s %s;branch=z9hG4bK-%s-%d", proto, host, p.c.Name, p.serial)
	p.sent.WriteString(via + "\n")
	return via
}

// req PEER METHOD URI: a request with everything that it needs; the block replaces, adds and (-Name) takes out fields.
func (p *player) req(s step) error {
	peer, line, err := p.at(s, 4)
	if err != nil {
		return err
	}
	method, target := s.words[2], p.macro.Replace(strings.Join(s.words[3:], " "))
	peer.call.cseq++
	from, to := fmt.Sprintf("<sip:%s@%s>;tag=%s-%s", peer.name, p.server.Addr(), peer.name, p.c.Name), "<"+target+">"
	if method == "REGISTER" {
		aor := fmt.Sprintf("<sip:%s@%s>", p.c.Name, p.server.Addr())
		from, to = aor+";tag="+peer.name+"-"+p.c.Name, aor
	}
	d := draft{start: method + " " + target + " SIP/2.0", headers: []string{
		p.via(peer, line),
		"Max-Forwards: 70",
		"From: " + from,
		"To: " + to,
		fmt.Sprintf("Call-ID: %s@%s", p.c.Name, peer.name),
		fmt.Sprintf("CSeq: %d %s", peer.call.cseq, method),
	}}
	if method == "INVITE" {
		d.headers = append(d.headers, fmt.Sprintf("Contact: <sip:%s@%s%s>", peer.name, peer.addr(), transportParam(line)))
	}
	d.apply(p.block(s))
	data := d.bytes()
	return p.emit(peer, line, data, string(data))
}

func transportParam(line string) string {
	if strings.Contains(line, "/") {
		return ";transport=tcp"
	}
	return ""
}

// raw PEER: the block as it stands, each line ended by CR LF; the empty line after the header is added when the block has none.
func (p *player) raw(s step) error {
	peer, line, err := p.at(s, 2)
	if err != nil {
		return err
	}
	block := p.block(s)
	text := strings.Join(block, "\r\n") + "\r\n"
	if !slices.Contains(block, "") {
		text += "\r\n"
	}
	return p.emit(peer, line, []byte(text), text)
}

// bytes PEER: quoted strings, exactly. A number before a string repeats it.
func (p *player) bytes(s step) error {
	peer, line, err := p.at(s, 2)
	if err != nil {
		return err
	}
	data, err := quoted(p.block(s))
	if err != nil {
		return err
	}
	return p.emit(peer, line, data, string(data))
}

// quoted reads quoted strings, each with the number of its repetitions in front of it or without.
func quoted(block []string) (data []byte, err error) {
	for _, text := range block {
		times, part := 1, text
		if text[0] != '"' {
			n, rest, _ := strings.Cut(text, " ")
			if times, err = strconv.Atoi(n); err != nil {
				return nil, err
			}
			part = rest
		}
		if part, err = strconv.Unquote(part); err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
		data = append(data, strings.Repeat(part, times)...)
	}
	return data, nil
}

// file PEER NAME: one of the RFC 4475 messages.
func (p *player) file(s step) error {
	peer, line, err := p.at(s, 3)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(torture, s.words[2]+".dat"))
	if err != nil {
		return err
	}
	return p.emit(peer, line, data, string(data))
}

// again PEER: what the peer sent last, once more.
func (p *player) again(s step) error {
	peer, _, err := p.at(s, 2)
	if err != nil {
		return err
	}
	return peer.send(peer.call.line, peer.call.last)
}

// expect PEER 200 [METHOD] | METHOD | crlf | closed: waits for it. Other packets may come before.
func (p *player) expect(s step) error {
	peer, line, err := p.at(s, 3)
	if err != nil {
		return err
	}
	want := s.words[2]
	code, _ := strconv.Atoi(want)
	got := p.box.take(line, p.wait, func(data []byte) bool {
		m := message(data)
		switch {
		case want == "*":
			return true
		case want == "crlf":
			return string(data) == "\r\n"
		case want == "closed":
			return string(data) == closedNote
		case code != 0:
			return m.status() == code && (len(s.words) < 4 || m.method() == s.words[3])
		default:
			return !m.isReply() && m.method() == want
		}
	})
	if got == nil {
		return errors.New("it did not come")
	}
	m := message(got.data)
	if peer.call.got == nil {
		peer.call.got, peer.call.reply = map[string]*packet{}, map[string]message{}
	}
	if !m.isReply() {
		peer.call.request = got
		peer.call.got[m.method()] = got
		return nil
	}
	peer.call.reply[m.method()] = m
	if etag := m.header("SIP-ETag"); etag != "" {
		peer.call.etag = etag
	}
	p.learnChallenge(peer, m)
	peer.learn(m)
	return nil
}

// learn takes from a reply to INVITE or SUBSCRIBE what a dialog needs; a later one only moves the target.
func (peer *peer) learn(m message) {
	to, method := m.header("To"), m.method()
	if !strings.Contains(to, "tag=") || m.status() <= 100 || m.status() >= 300 || method != "INVITE" && method != "SUBSCRIBE" {
		return
	}
	if g := peer.call.dialog; g != nil && g.remote == to {
		g.target = uri(m.header("Contact"))
		return
	}
	routes := m.headers("Record-Route")
	slices.Reverse(routes)
	peer.call.dialog = &dialog{local: m.header("From"), remote: to, target: uri(m.header("Contact")), id: m.header("Call-ID"),
		routes: routes, cseq: peer.call.cseq}
}

var reasons = map[int]string{100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 202: "Accepted", 301: "Moved Permanently",
	302: "Moved Temporarily", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 407: "Proxy Authentication Required",
	408: "Request Timeout", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 486: "Busy Here",
	487: "Request Terminated", 488: "Not Acceptable Here", 500: "Server Internal Error", 503: "Service Unavailable", 600: "Busy Everywhere",
	603: "Decline"}

// rep PEER [METHOD] CODE [REASON]: answers the last request that the peer expected (of that method).
func (p *player) rep(s step) error {
	peer, _, err := p.at(s, 3)
	if err != nil {
		return err
	}
	words, request := s.words[2:], peer.call.request
	code, err := strconv.Atoi(words[0])
	if err != nil && len(words) > 1 {
		request = peer.call.got[words[0]]
		words = words[1:]
		code, err = strconv.Atoi(words[0])
	}
	if err != nil || request == nil {
		return fmt.Errorf("line %d: no request to answer", s.line)
	}
	reason := reasons[code]
	if len(words) > 1 {
		reason = strings.Join(words[1:], " ")
	}
	m := message(request.data)
	d := draft{start: fmt.Sprintf("SIP/2.0 %d %s", code, reason)}
	copyAll := func(name string) {
		for _, v := range m.headers(name) {
			d.headers = append(d.headers, name+": "+v)
		}
	}
	copyAll("Via")
	if code > 100 && code < 300 {
		copyAll("Record-Route")
	}
	copyAll("From")
	to := m.header("To")
	if code > 100 && !strings.Contains(to, "tag=") {
		tag := ";tag=" + peer.name + "-" + p.c.Name
		to += tag
		p.sent.WriteString(tag + "\n")
	}
	d.headers = append(d.headers, "To: "+to)
	copyAll("Call-ID")
	copyAll("CSeq")
	contact := fmt.Sprintf("<sip:%s@%s%s>", peer.name, peer.addr(), transportParam(request.line))
	if m.method() == "INVITE" && code > 100 && code < 300 {
		d.headers = append(d.headers, "Contact: "+contact)
		if peer.call.dialog == nil {
			peer.call.dialog = &dialog{local: to, remote: m.header("From"), target: uri(m.header("Contact")), id: m.header("Call-ID"),
				routes: m.headers("Record-Route"), cseq: 100}
		}
	}
	d.apply(p.block(s))
	data := d.bytes()
	p.sent.WriteString(strings.Join(p.block(s), "\n") + "\n")
	peer.call.last, peer.call.line = data, request.line
	return request.reply(data)
}

// ack PEER [LINE]: acknowledges the last reply to INVITE that the peer expected.
func (p *player) ack(s step) error {
	peer, line, err := p.at(s, 2)
	if err != nil {
		return err
	}
	reply, invite := peer.call.reply["INVITE"], peer.call.sent["INVITE"]
	if reply == nil || invite == nil {
		return fmt.Errorf("line %d: nothing to acknowledge", s.line)
	}
	number, _, _ := strings.Cut(invite.header("CSeq"), " ")
	d := draft{}
	if reply.status() < 300 {
		d.start = "ACK " + peer.call.dialog.target + " SIP/2.0"
		d.headers = append(d.headers, p.via(peer, line))
		for _, r := range peer.call.dialog.routes {
			d.headers = append(d.headers, "Route: "+r)
		}
	} else {
		d.start = "ACK " + strings.Fields(invite.startLine())[1] + " SIP/2.0"
		d.headers = append(d.headers, "Via: "+invite.header("Via"))
		for _, r := range invite.headers("Route") {
			d.headers = append(d.headers, "Route: "+r)
		}
	}
	d.headers = append(d.headers, "Max-Forwards: 70", "From: "+invite.header("From"), "To: "+reply.header("To"),
		"Call-ID: "+invite.header("Call-ID"), "CSeq: "+number+" ACK")
	d.apply(p.block(s))
	return p.emit(peer, line, d.bytes(), p.block(s)...)
}

// cancel PEER: cancels the last INVITE of the peer.
func (p *player) cancel(s step) error {
	peer, line, err := p.at(s, 2)
	if err != nil {
		return err
	}
	invite := peer.call.sent["INVITE"]
	number, _, _ := strings.Cut(invite.header("CSeq"), " ")
	d := draft{start: "CANCEL " + strings.Fields(invite.startLine())[1] + " SIP/2.0", headers: []string{
		"Via: " + invite.header("Via"), "Max-Forwards: 70", "From: " + invite.header("From"), "To: " + invite.header("To"),
		"Call-ID: " + invite.header("Call-ID"), "CSeq: " + number + " CANCEL"}}
	d.apply(p.block(s))
	return p.emit(peer, line, d.bytes(), p.block(s)...)
}

// dlg PEER METHOD: a request within the peer's dialog.
func (p *player) dlg(s step) error {
	peer, line, err := p.at(s, 3)
	if err != nil {
		return err
	}
	g := peer.call.dialog
	if g == nil {
		return fmt.Errorf("line %d: %s has no dialog", s.line, peer.name)
	}
	g.cseq++
	d := draft{start: s.words[2] + " " + g.target + " SIP/2.0", headers: []string{p.via(peer, line), "Max-Forwards: 70"}}
	for _, r := range g.routes {
		d.headers = append(d.headers, "Route: "+r)
	}
	d.headers = append(d.headers, "From: "+g.local, "To: "+g.remote, "Call-ID: "+g.id, fmt.Sprintf("CSeq: %d %s", g.cseq, s.words[2]))
	if s.words[2] == "INVITE" || s.words[2] == "UPDATE" {
		d.headers = append(d.headers, fmt.Sprintf("Contact: <sip:%s@%s%s>", peer.name, peer.addr(), transportParam(line)))
	}
	d.apply(p.block(s))
	return p.emit(peer, line, d.bytes(), p.block(s)...)
}

// hold LINE: keeps back what is sent from now on, until flush LINE [SIZE] sends it in one write, or in pieces.
func (p *player) hold(s step) error {
	peer, line, err := p.at(s, 2)
	if err != nil {
		return err
	}
	peer.held[line] = []byte{}
	return nil
}

func (p *player) flush(s step) error {
	peer, line, err := p.at(s, 2)
	if err != nil {
		return err
	}
	size := 0
	if len(s.words) > 2 {
		if size, err = strconv.Atoi(s.words[2]); err != nil {
			return err
		}
	}
	return peer.flush(line, size)
}

// close PEER/tcp: the peer ends its connection.
func (p *player) closeLine(s step) error {
	peer, _, err := p.at(s, 2)
	if err != nil {
		return err
	}
	if peer.dial == nil {
		return net.ErrClosed
	}
	peer.dial.Close()
	peer.dial = nil
	return nil
}

// sync: waits until the server has worked off everything so far.
func (p *player) sync(step) error { return p.server.Barrier() }

// rpc [-n] [-s] COMMAND ARGUMENT…: runs kamcmd; its output becomes part of the record. -n hides all numbers, -s sorts the lines, -sub
// takes the output as a set of which kahea may miss members. An indented line is one more argument.
func (p *player) rpc(s step) error {
	flags, words := map[string]bool{}, s.words[1:]
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		flags[words[0]] = true
		words = words[1:]
	}
	args := []string{"-s", "unixs:" + filepath.Join(p.server.Run, "kamailio_ctl")}
	for _, w := range words {
		args = append(args, p.macro.Replace(w))
	}
	args = append(args, s.block...)
	words = append(words, s.block...)
	return p.command("rpc", strings.Join(words, " "), flags, exec.Command("kamcmd", args...))
}

// kamctl ARGUMENT…: the same with kamctl, which writes to the FIFO.
func (p *player) kamctl(s step) error {
	flags, words := map[string]bool{}, s.words[1:]
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		flags[words[0]] = true
		words = words[1:]
	}
	var args []string
	for _, w := range words {
		args = append(args, p.macro.Replace(w))
	}
	cmd := exec.Command("kamctl", args...)
	cmd.Env = append(os.Environ(), "RPCFIFOPATH="+filepath.Join(p.server.Run, "kamailio_rpc.fifo"), "HOME="+p.server.Run)
	cmd.Dir = p.server.Run
	return p.command("kamctl", strings.Join(words, " "), flags, cmd)
}

func (p *player) command(kind, title string, flags map[string]bool, cmd *exec.Cmd) error {
	if err := p.server.Barrier(); err != nil {
		return err
	}
	done := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
	out, err := cmd.CombinedOutput()
	done.Stop()
	if err != nil && len(out) == 0 {
		out = []byte(err.Error())
	}
	p.notes = append(p.notes, maskCommand(kind, title, flags, string(out), p.portMask()))
	return nil
}
