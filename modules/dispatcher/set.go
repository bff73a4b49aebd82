// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/transport"
)

// A list is all sets of gateways. It never changes: who loads, adds or removes
// makes another one. What changes beside it are health, and the places where
// algorithms that take turns go on.
type list struct {
	// sets are ordered by their ids.
	sets []*set
	// shown are the sets in the order of dispatcher.list, which is the one in
	// which ds_is_from_list looks through them, too.
	shown []*set
}

// set finds a set; nil where there is none.
func (l *list) set(id int) *set {
	i, ok := slices.BinarySearchFunc(l.sets, id, func(s *set, id int) int { return s.id - id })
	if !ok {
		return nil
	}
	return l.sets[i]
}

// set is a group of gateways, those of the highest priority first, among equal
// ones the last of the list first.
type set struct {
	id           int
	destinations []*destination
	// turn is the place where round robin goes on.
	turn atomic.Uint32
	// weights are those of algorithm 9; nil where no gateway has one.
	weights *wheel
	// relative are those of algorithm 11 for the gateways that work now; nil
	// where none has one.
	relative atomic.Pointer[wheel]
	// loads is held while algorithm 10 compares loads and adds one.
	loads sync.Mutex
}

// destination is a gateway in a set.
type destination struct {
	*health
	set      *set
	uri      string
	priority int
	attrs    attrs
	// hostPart is the URI without scheme and user: what the domain of a
	// Request-URI becomes.
	hostPart string
	host     string
	port     int // 0 where the URI has none
	proto    transport.Proto
	secure   bool
	// socket is the one to send from; nil leaves it to the engine.
	socket *transport.Socket
	// fields are the XAVP of the gateway, loadFields those of a call that
	// counts as its load.
	fields, loadFields *avp.Tree
	// resolved are the addresses of host.
	resolved atomic.Pointer[resolved]
}

// resolved is an answer of the resolver.
type resolved struct {
	addrs []netip.Addr
	at    time.Time
}

// find finds a gateway by its URI; nil where there is none.
func (s *set) find(uri string) *destination {
	for _, d := range s.destinations {
		if d.uri == uri {
			return d
		}
	}
	return nil
}

// order is the tree in which Kamailio keeps sets, for the order in which it
// shows them: an AVL tree, walked left, right, node.
type order struct {
	left, right *order
	set         *set
	height      int
}

func (o *order) insert(s *set) *order {
	if o == nil {
		return &order{set: s, height: 1}
	}
	if s.id < o.set.id {
		o.left = o.left.insert(s)
	} else {
		o.right = o.right.insert(s)
	}
	switch lean := o.left.high() - o.right.high(); {
	case lean > 1:
		if o.left.right.high() > o.left.left.high() {
			o.left = o.left.rotateLeft()
		}
		return o.rotateRight()
	case lean < -1:
		if o.right.left.high() > o.right.right.high() {
			o.right = o.right.rotateRight()
		}
		return o.rotateLeft()
	}
	return o.measure()
}

func (o *order) high() int {
	if o == nil {
		return 0
	}
	return o.height
}

func (o *order) measure() *order {
	o.height = 1 + max(o.left.high(), o.right.high())
	return o
}

func (o *order) rotateLeft() *order {
	top := o.right
	o.right, top.left = top.left, o
	o.measure()
	return top.measure()
}

func (o *order) rotateRight() *order {
	top := o.left
	o.left, top.right = top.right, o
	o.measure()
	return top.measure()
}

func (o *order) walk(to []*set) []*set {
	if o == nil {
		return to
	}
	return append(o.right.walk(o.left.walk(to)), o.set)
}
