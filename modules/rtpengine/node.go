// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/bencode"
	"github.com/kahea-sip/kahea/core/relay"
)

var (
	errNoNode = errors.New("no media relay of the set is in use")
	errReply  = errors.New("the reply is no dictionary with a result")
	errPong   = errors.New("it does not say pong")
	errWebAPI = errors.New(`a media relay is asked over WebSocket where wsapi is "lwsc"`)
	errAway   = errors.New("the media relay cannot be reached")
)

// accept refuses the nodes that this module cannot ask.
func (r *RTPEngine) accept(n *relay.Node) error {
	switch {
	case n.Network == "unix":
		return fmt.Errorf("%q: a media relay of ng is asked over UDP or WebSocket", n.URL)
	case n.Network == "ws" && r.webAPI == "":
		return fmt.Errorf("%q: %w", n.URL, errWebAPI)
	}
	n.Own = new(own)
	return nil
}

// The values of hash_algo.
const (
	hashSum = iota
	hashSHA1
	hashCRC32
)

// hash is what a call's share of the nodes follows from, the same as in Kamailio, so that two servers in front of the same relays agree.
func (r *RTPEngine) hash(callID string) uint32 {
	switch r.hashAlgo {
	case hashSHA1:
		sum := uint32(0)
		for _, b := range sha1.Sum([]byte(callID)) {
			sum += uint32(int32(int8(b)))
		}
		return sum
	case hashCRC32:
		return crc32.ChecksumIEEE([]byte(callID))
	}
	return relay.Sum(callID)
}

func (r *RTPEngine) now() time.Duration { return r.host.Clock().Monotonic() }

// ask sends a command to a node and returns the dictionary that it answers with.
func (r *RTPEngine) ask(n *relay.Node, command []byte) (bencode.Value, error) {
	a := r.asking()
	cookie := strconv.Itoa(r.pid) + "_" + strconv.FormatUint(r.cookies.Add(1), 10)
	text, _, err := a.Ask(r.ctx, n, cookie, command)
	if err != nil {
		return bencode.Value{}, fmt.Errorf("%w: %w", errAway, err)
	}
	n.Answered()
	return parseReply(text)
}

// asking is how nodes are asked.
func (r *RTPEngine) asking() relay.Asking {
	return relay.Asking{Patience: time.Duration(r.timeout.Get()) * time.Millisecond, Tries: int(r.tries.Get()), From: r.from, TOS: r.tos, SetTOS: r.tos >= 0}
}

// parseReply reads what a node has answered with.
func parseReply(text string) (bencode.Value, error) {
	v, err := bencode.Parse(strings.TrimRight(text, "\r\n"))
	if err == nil && v.Kind != bencode.Dict {
		err = errReply
	}
	return v, err
}

// probe asks a node whether it is there, and takes it into use or out of it. Only one of those who want to know asks; the others wait for
// what it finds.
func (r *RTPEngine) probe(n *relay.Node) bool {
	o := of(n)
	o.mu.Lock()
	a := o.asking
	if a != nil {
		o.mu.Unlock()
		<-a.done
		return a.there
	}
	a = &asking{done: make(chan struct{})}
	o.asking = a
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		o.asking = nil
		o.mu.Unlock()
		close(a.done)
	}()
	a.there = r.ping(n)
	return a.there
}

func (r *RTPEngine) ping(n *relay.Node) bool {
	before := n.Away()
	reply, err := r.ask(n, []byte("d7:command4:pinge"))
	if err == nil && reply.Get("result").Str != "pong" {
		err = errPong
	}
	if err != nil {
		r.disable(n, err)
		return false
	}
	if before {
		r.host.Log().Info("rtpengine: node in use again", "node", n.URL)
	}
	return true
}

// disable takes a node that did not answer out of use for a while.
func (r *RTPEngine) disable(n *relay.Node, err error) {
	n.Disable(r.now() + time.Duration(r.disableTime.Get())*time.Second)
	r.host.Log().Warn("rtpengine: node disabled", "node", n.URL, "err", err)
}

// choose finds the node for a command of a call. A call stays with its node: what is with that one only, no other one knows. without are
// nodes that this command was sent to in vain.
func (r *RTPEngine) choose(s *relay.Set, callID, key string, without []*relay.Node) (*relay.Node, error) {
	if n := r.calls.find(key, r.now()); n != nil {
		if !slices.Contains(without, n) && (n.InUse(r.now()) || r.allowed(n)) {
			return n, nil
		}
		return nil, errNoNode
	}
	usable := func(n *relay.Node) bool { return n.InUse(r.now()) && !slices.Contains(without, n) }
	for asked := false; ; {
		n := s.Pick(r.hash(callID), usable)
		switch {
		case n != nil && (!n.Away() || r.probe(n)):
			return n, nil
		case n == nil && (asked || r.redetect.Get() == 0 || !r.probeAll(s, without)):
			return nil, errNoNode
		case n == nil:
			asked = true
		}
	}
}

// allowed tells whether the calls of a node that is out of use still go to it (rtpengine_allow_op).
func (r *RTPEngine) allowed(n *relay.Node) bool {
	return r.allowOp == 1 || r.allowOp == 2 && n.Forbidden()
}

// probeAll asks all nodes of a set that are away, at once, and tells whether one of them is back.
func (r *RTPEngine) probeAll(s *relay.Set, without []*relay.Node) bool {
	var away []*relay.Node
	for _, n := range s.Nodes() {
		if n.Away() && n.Weight() > 0 && !slices.Contains(without, n) {
			away = append(away, n)
		}
	}
	return r.probeEach(away) > 0
}

// probeEach asks nodes whether they are there, all at once, and returns how many are.
func (r *RTPEngine) probeEach(nodes []*relay.Node) int {
	answers := make(chan bool, len(nodes))
	for _, n := range nodes {
		r.host.Go("rtpengine", func() { answers <- r.probe(n) })
	}
	count := 0
	for range nodes {
		if <-answers {
			count++
		}
	}
	return count
}
