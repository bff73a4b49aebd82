// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/tools/siptest"
)

// learnChallenge keeps a challenge for the step auth, and its nonce for the masks.
func (p *player) learnChallenge(peer *peer, m message) {
	if m.status() == 401 || m.status() == 407 {
		peer.call.ask = m
	}
	for _, n := range serverNonce.FindAllStringSubmatch(string(m), -1) {
		if n[2] != "" && !strings.Contains(p.sent.String(), n[2]) {
			p.nonces = append(p.nonces, n[2])
		}
	}
}

var (
	serverNonce = regexp.MustCompile(`\b(next)?nonce="([^"]*)"`)
	computed    = regexp.MustCompile(`\b(response|rspauth)="[^"]*"`)
)

// nonce masks the server's nonces in a line, and what was computed from one.
func (m *masker) nonce(line string) string {
	some := false
	line = serverNonce.ReplaceAllStringFunc(line, func(s string) string {
		parts := serverNonce.FindStringSubmatch(s)
		if !slices.Contains(m.nonces, parts[2]) {
			return s
		}
		some = true
		return parts[1] + `nonce="{nonce}"`
	})
	if some {
		line = computed.ReplaceAllString(line, `$1="{response}"`)
	}
	return line
}

// auth PEER USER PASSWORD [PARAM=VALUE …]: the peer's last request anew, with credentials for the last challenge that it expected.
func (p *player) auth(s step) error {
	peer, line, err := p.at(s, 4)
	if err != nil {
		return err
	}
	req := message(peer.call.last)
	if peer.call.ask == nil || req.isReply() {
		return fmt.Errorf("line %d: %s was not challenged", s.line, peer.name)
	}
	name, challenge := "Authorization", peer.call.ask.header("WWW-Authenticate")
	if challenge == "" {
		name, challenge = "Proxy-Authorization", peer.call.ask.header("Proxy-Authenticate")
	}
	params := make([]string, len(s.words)-4)
	for i, w := range s.words[4:] {
		params[i] = p.macro.Replace(w)
	}
	start := strings.Fields(req.startLine())
	_, body, _ := strings.Cut(string(req), "\r\n\r\n")
	cred, err := siptest.Answer(challenge, start[0], start[1], body, s.words[2], s.words[3], params)
	if err != nil {
		return fmt.Errorf("line %d: %w", s.line, err)
	}
	peer.call.cseq++
	d := draft{start: req.startLine(), headers: []string{p.via(peer, line)}}
	head, _, _ := strings.Cut(string(req), "\r\n\r\n")
	for _, h := range strings.Split(head, "\r\n")[1:] {
		n, _, _ := strings.Cut(h, ":")
		if !slices.Contains([]string{"via", "cseq", "content-length", "authorization", "proxy-authorization"}, strings.ToLower(n)) {
			d.headers = append(d.headers, h)
		}
	}
	d.headers = append(d.headers, fmt.Sprintf("CSeq: %d %s", peer.call.cseq, start[0]), name+": "+cred)
	block := p.block(s)
	d.apply(block)
	if body != "" && !slices.Contains(block, "") {
		d.body = body
	}
	data := d.bytes()
	return p.emit(peer, line, data, string(data))
}
