// SPDX-License-Identifier: Apache-2.0

// Package relay keeps sets of media relays and asks them.
//
// A node is a relay, or rather its control port. Which node of a set a call has follows from the weights and from its Call-ID, so that
// every server that knows the same set finds the same node. A node that does not answer is out of use for a while.
package relay

import (
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/weblink"
)

// Node is a relay in a set. Several sets may name the same one; each has its own. Safe for concurrent use.
type Node struct {
	// URL is the name of the node, as it was written, without weight.
	URL string
	// Network and Address are what package net takes: udp4, udp6 or unix; ws with the whole URL for a node that is asked over WebSocket.
	Network, Address string
	// Set is the number of its set, Index counts the nodes of all sets.
	Set, Index int
	// Own is what the module keeps with the node; it is set before the node is added.
	Own any

	web    *weblink.Server // of a node that is asked over WebSocket
	weight atomic.Int32
	// down is until when the node is not asked, a time of the monotonic clock; 0 while it is in use, forever when a command disabled it.
	down atomic.Int64
}

// webProtocol is what RTPEngine calls ng over WebSocket.
const webProtocol = "ng.rtpengine.com"

const forever = math.MaxInt64

// MaxWeight bounds weights, so that no sum of them overflows.
const MaxWeight = 1 << 16

var (
	errURL    = errors.New("this is no udp:HOST:PORT, udp6:HOST:PORT, unix:PATH, ws://HOST:PORT or wss://HOST:PORT")
	errWeight = errors.New("the weight is no number of 0 to 65536")
)

// ParseNode reads "udp:host:port", "udp6:host:port", "unix:path", a path, "ws://host:port/path" or "wss://…", with or without "=weight".
func ParseNode(text string) (*Node, error) {
	n := &Node{URL: text}
	n.weight.Store(1)
	if i := strings.LastIndexByte(text, '='); i >= 0 {
		w, err := strconv.Atoi(text[i+1:])
		if err != nil || n.SetWeight(w) != nil {
			return nil, fmt.Errorf("%q: %w", text, errWeight)
		}
		n.URL = text[:i]
	}
	kind, address, ok := strings.Cut(n.URL, ":")
	n.Address = address
	switch {
	case strings.HasPrefix(n.URL, "/"):
		n.Network, n.Address = "unix", n.URL
	case !ok || address == "":
		return nil, fmt.Errorf("%q: %w", text, errURL)
	case kind == "unix":
		n.Network = "unix"
	case kind == "udp":
		n.Network = "udp4"
	case kind == "udp6":
		n.Network = "udp6"
	case kind == "ws" || kind == "wss":
		if err := weblink.Check(n.URL); err != nil {
			return nil, err
		}
		n.Network, n.Address = "ws", n.URL
		n.web = &weblink.Server{URL: n.URL, Protocol: webProtocol, Binary: true}
		return n, nil
	default:
		return nil, fmt.Errorf("%q: %w", text, errURL)
	}
	if n.Network == "udp6" && !strings.HasPrefix(address, "[") {
		if i := strings.LastIndexByte(address, ':'); i > 0 {
			n.Address = "[" + address[:i] + "]" + address[i:]
		}
	}
	if n.Network != "unix" {
		if _, port, err := net.SplitHostPort(n.Address); err != nil || !isPort(port) {
			return nil, fmt.Errorf("%q: %w", text, errURL)
		}
	}
	return n, nil
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

// Weight is the share of the calls that the node gets: 0 for none.
func (n *Node) Weight() int { return int(n.weight.Load()) }

// SetWeight changes it.
func (n *Node) SetWeight(w int) error {
	if w < 0 || w > MaxWeight {
		return errWeight
	}
	n.weight.Store(int32(w))
	return nil
}

// InUse tells whether the node may be asked at a time of the monotonic clock.
func (n *Node) InUse(now time.Duration) bool { return n.down.Load() <= int64(now) }

// Away tells that the node did not answer and was not heard of since, be its time over or not.
func (n *Node) Away() bool { down := n.down.Load(); return down != 0 && down != forever }

// Forbidden tells that a command has disabled the node.
func (n *Node) Forbidden() bool { return n.down.Load() == forever }

// Disable takes the node out of use until a time. One that a command has disabled stays so.
func (n *Node) Disable(until time.Duration) {
	if down := n.down.Load(); down != forever {
		n.down.CompareAndSwap(down, int64(until))
	}
}

// Until is until when the node is not asked, 0 while it is in use.
func (n *Node) Until() time.Duration { return time.Duration(n.down.Load()) }

// Answered takes the node into use again, unless a command has disabled it.
func (n *Node) Answered() {
	if down := n.down.Load(); down != forever && down != 0 {
		n.down.CompareAndSwap(down, 0)
	}
}

// Forbid takes the node out of use until Permit.
func (n *Node) Forbid() { n.down.Store(forever) }

// Permit takes the node into use.
func (n *Node) Permit() { n.down.Store(0) }
