// SPDX-License-Identifier: Apache-2.0

package relay

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Sets are sets of nodes by number. Safe for concurrent use.
type Sets struct {
	mu    sync.RWMutex
	list  []*Set // guarded by mu; in the order in which they were named
	count int    // guarded by mu; nodes so far
}

// Set are nodes among which calls are shared.
type Set struct {
	ID int

	sets  *Sets
	nodes []*Node // guarded by sets.mu; replaced, never written
}

// Read adds the nodes of a text: "udp:host:port=weight udp:host:port", with "number ==" in front for another set than id. accept, if
// set, may refuse a node.
func (s *Sets) Read(text string, id int, accept func(*Node) error) error {
	list := text
	if number, rest, ok := strings.Cut(text, "=="); ok {
		n, err := strconv.Atoi(strings.TrimSpace(number))
		if err != nil || n < 0 {
			return fmt.Errorf("%q: the number of the set is none", text)
		}
		id, list = n, rest
	}
	for one := range strings.FieldsSeq(list) {
		n, err := ParseNode(one)
		if err == nil && accept != nil {
			err = accept(n)
		}
		if err != nil {
			return err
		}
		s.Add(id, n)
	}
	return nil
}

// Add puts a node into a set.
func (s *Sets) Add(id int, n *Node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.list, func(x *Set) bool { return x.ID == id })
	if at < 0 {
		at = len(s.list)
		s.list = append(s.list, &Set{ID: id, sets: s})
	}
	n.Set, n.Index = id, s.count
	s.count++
	set := s.list[at]
	set.nodes = append(slices.Clip(set.nodes), n)
}

// Find returns a set, or nil.
func (s *Sets) Find(id int) *Set {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, x := range s.list {
		if x.ID == id {
			return x
		}
	}
	return nil
}

// Nodes yields the nodes of all sets.
func (s *Sets) Nodes() iter.Seq[*Node] {
	s.mu.RLock()
	sets := slices.Clone(s.list)
	s.mu.RUnlock()
	return func(yield func(*Node) bool) {
		for _, x := range sets {
			for _, n := range x.Nodes() {
				if !yield(n) {
					return
				}
			}
		}
	}
}

// Close closes the connections with nodes that are asked over WebSocket.
func (s *Sets) Close() {
	for n := range s.Nodes() {
		if n.web != nil {
			n.web.Close()
		}
	}
}

// Nodes are the nodes of a set, not to be written.
func (x *Set) Nodes() []*Node {
	x.sets.mu.RLock()
	defer x.sets.mu.RUnlock()
	return x.nodes
}

// Sum is the hash of a Call-ID that Kamailio's modules for media relays share calls by: the last byte of the sum of its bytes.
func Sum(callID string) uint32 {
	sum := uint32(0)
	for i := range len(callID) {
		sum += uint32(callID[i])
	}
	return sum & 0xff
}

// Pick returns the node that a hash leads to: each has as many parts of the whole as its weight. Those that usable does not want have
// none; nil when that leaves nobody.
func (x *Set) Pick(hash uint32, usable func(*Node) bool) *Node {
	nodes, total := x.Nodes(), uint32(0)
	for _, n := range nodes {
		if usable(n) {
			total += uint32(n.Weight())
		}
	}
	if total == 0 {
		return nil
	}
	part := hash % total
	for _, n := range nodes {
		if !usable(n) {
			continue
		}
		w := uint32(n.Weight())
		if part < w {
			return n
		}
		part -= w
	}
	return nil // somebody has just disabled the node
}
