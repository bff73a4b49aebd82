// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// torture is where the messages of RFC 4475 lie, seen from this folder.
const torture = "../../core/sip/testdata/rfc4475"

// patience is how long an expect step waits. The reference answers in milliseconds; the machine may be slow and busy. impatience is enough
// for a server that has shown that it does not send what is expected. lateness is how long packets are waited for that no step names:
// some are known to be missing.
const (
	patience   = 30 * time.Second
	impatience = 700 * time.Millisecond
	lateness   = 5 * time.Second
)

// pace says how a run of a case ends.
type pace struct {
	want  transcript    // an earlier record, nil when there is none
	grace time.Duration // how long nothing may come before the case counts as over
	wait  time.Duration // how long an expect step waits
}

// player plays one case.
type player struct {
	c      testCase
	server *subject
	box    *inbox
	peers  map[string]*peer
	macro  *strings.Replacer
	serial int
	sent   bytes.Buffer // everything that the peers sent: what is not in it, the server made up
	wait   time.Duration
	stop   string   // why the case ended early
	notes  []record // output of control commands
	told   int      // records of acc that are among them
	acc    []record // those of an earlier record that are still to come
	nonces []string // that the server made
}

// call is what a peer remembers between steps.
type call struct {
	last    []byte             // last thing sent
	line    string             // where it was sent
	sent    map[string]message // last request sent, by method
	cseq    int
	request *packet            // last request taken by expect
	got     map[string]*packet // the same by method
	reply   map[string]message // last reply taken by expect, by method
	dialog  *dialog
	ask     message // last 401 or 407 taken by expect
	etag    string  // last SIP-ETag taken by expect
}

// dialog is one end of a dialog.
type dialog struct {
	local, remote, target, id string
	routes                    []string
	cseq                      int
}

type stepFunc func(p *player, s step) error

var stepNames = map[string]stepFunc{
	"req": (*player).req, "raw": (*player).raw, "bytes": (*player).bytes, "file": (*player).file, "again": (*player).again,
	"expect": (*player).expect, "rep": (*player).rep, "ack": (*player).ack, "cancel": (*player).cancel, "dlg": (*player).dlg,
	"hold": (*player).hold, "flush": (*player).flush, "close": (*player).closeLine, "sync": (*player).sync,
	"auth": (*player).auth, "rpc": (*player).rpc, "kamctl": (*player).kamctl, "records": (*player).records,
	"sql": (*player).sql, "answers": (*player).answers, "asked": (*player).asked,
	"upgrade": (*player).upgrade, "frame": (*player).frame,
}

// play runs a case against a server and returns what left the server, masked.
func play(c testCase, server *subject, end pace) (transcript, error) {
	p := &player{c: c, server: server, box: newInbox(), peers: map[string]*peer{}, wait: end.wait, acc: end.want.of("records")}
	p.box.keepDups = c.dups
	macros := []string{"{srv}", server.Addr(), "{port}", strconv.Itoa(server.Port), "{u}", c.Name, "{dir}", server.Run}
	for _, name := range c.peers {
		peer, err := newPeer(name, server.Addr(), p.box)
		if err != nil {
			return nil, err
		}
		defer peer.close()
		p.peers[name] = peer
		macros = append(macros, "{"+name+"}", peer.addr(), "{"+name+".port}", strconv.Itoa(peer.port))
		if c.dials[name] {
			if err := peer.connect(); err != nil {
				return nil, err
			}
			macros = append(macros, "{"+name+".tcp}", peer.dial.LocalAddr().String())
		}
		if c.webs[name] {
			if err := p.openWeb(peer, nil); err != nil {
				return nil, err
			}
			macros = append(macros, "{"+name+".ws}", peer.web.LocalAddr().String())
		}
	}
	p.macro = strings.NewReplacer(append(macros, server.relays.macros()...)...)
	server.relays.forget()
	for _, s := range c.Steps {
		if err := stepNames[s.words[0]](p, s); err != nil {
			p.stop = fmt.Sprintf("stopped at %q: %v", strings.Join(s.words, " "), err)
			break
		}
	}
	if p.stop == "" && end.want != nil {
		p.box.awaitCounts(end.want.counts(), min(end.wait, lateness))
	}
	if err := p.server.Barrier(); err != nil && p.stop == "" {
		p.stop = "the server no longer answers: " + err.Error()
	}
	p.tell()
	p.box.awaitQuiet(end.grace)
	return p.transcript(), nil
}
