// SPDX-License-Identifier: Apache-2.0

package rtpproxy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// node is an RTP proxy. Several sets may name the same one; each has its own.
type node struct {
	url     string
	network string // udp4, udp6 or unix
	address string
	set     *set
	index   int
	weight  int
	// down is until when the node is not asked, a time of the monotonic clock;
	// 0 while it is in use, forever when a command disabled it.
	down atomic.Int64

	// mu is held while the node is probed.
	mu     sync.Mutex
	probed atomic.Bool
	// What the node has said that it can do.
	codecs, repacket, streams bool // written under mu, read after probed
}

const forever = int64(1<<63 - 1)

// set are nodes among which a call chooses.
type set struct {
	id    int
	nodes []*node
}

var errURL = errors.New("this is no udp:HOST:PORT, udp6:HOST:PORT or unix:PATH")

// parseNode reads "udp:host:port", "udp6:host:port", "unix:path", a path, with or
// without "=weight".
func parseNode(text string) (*node, error) {
	n := &node{url: text, weight: 1}
	if i := strings.LastIndexByte(text, '='); i >= 0 {
		w, err := strconv.Atoi(text[i+1:])
		if err != nil || w < 0 || w > 1<<16 {
			return nil, fmt.Errorf("%q: the weight is no number", text)
		}
		n.url, n.weight = text[:i], w
	}
	kind, address, ok := strings.Cut(n.url, ":")
	n.address = address
	switch {
	case strings.HasPrefix(n.url, "/"):
		n.network, n.address = "unix", n.url
	case !ok || address == "":
		return nil, fmt.Errorf("%q: %w", text, errURL)
	case kind == "unix":
		n.network = "unix"
	case kind == "udp":
		n.network = "udp4"
	case kind == "udp6":
		n.network = "udp6"
	default:
		return nil, fmt.Errorf("%q: %w", text, errURL)
	}
	if n.network == "udp6" && !strings.HasPrefix(address, "[") {
		if i := strings.LastIndexByte(address, ':'); i > 0 {
			n.address = "[" + address[:i] + "]" + address[i:]
		}
	}
	if n.network != "unix" {
		if _, port, err := net.SplitHostPort(n.address); err != nil || port == "" {
			return nil, fmt.Errorf("%q: %w", text, errURL)
		}
	}
	return n, nil
}

// maxReply is the longest reply that is read.
const maxReply = 8192

var (
	errSilent = errors.New("the RTP proxy does not answer")
	errCookie = errors.New("the reply is none to the command")
)

// send sends a command and returns the reply without its line end. remote is the
// address that was asked, invalid for a Unix socket.
func (r *RTPProxy) send(n *node, command string) (reply string, remote netip.Addr, err error) {
	if n.network == "unix" {
		reply, err = r.sendUnix(n, command)
		return reply, remote, err
	}
	conn, err := net.DialTimeout(n.network, n.address, r.patience())
	if err != nil {
		return "", remote, err
	}
	defer conn.Close()
	if a, ok := conn.RemoteAddr().(*net.UDPAddr); ok {
		remote = a.AddrPort().Addr().Unmap()
	}
	cookie := strconv.Itoa(r.pid) + "_" + strconv.FormatUint(r.cookies.Add(1), 10) + " "
	data := []byte(cookie + command)
	buf := make([]byte, maxReply)
	for range r.tries {
		if _, err = conn.Write(data); err != nil {
			continue
		}
		if reply, err = await(conn, buf, cookie, time.Now().Add(r.patience())); err == nil {
			return reply, remote, nil
		}
	}
	return "", remote, errSilent
}

func (r *RTPProxy) patience() time.Duration { return time.Duration(r.timeout) * time.Second }

// await waits for the reply with a cookie; others are late ones.
func await(conn net.Conn, buf []byte, cookie string, until time.Time) (string, error) {
	if err := conn.SetReadDeadline(until); err != nil {
		return "", err
	}
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return "", err
		}
		if text, ok := strings.CutPrefix(string(buf[:n]), cookie); ok {
			return strings.TrimRight(text, "\r\n"), nil
		}
	}
}

func (r *RTPProxy) sendUnix(n *node, command string) (string, error) {
	conn, err := net.DialTimeout("unix", n.address, r.patience())
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(r.patience())); err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, command); err != nil {
		return "", err
	}
	buf, length := make([]byte, maxReply), 0
	for length < len(buf) {
		got, err := conn.Read(buf[length:])
		length += got
		if i := bytes.IndexByte(buf[:length], '\n'); i >= 0 {
			return strings.TrimRight(string(buf[:i]), "\r"), nil
		}
		if errors.Is(err, io.EOF) && length > 0 {
			return string(buf[:length]), nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", errCookie
}

// The versions of the protocol: the one that every node must have, and those that
// add what a node may lack.
const (
	basicVersion    = "20040107"
	streamsVersion  = "20050322"
	repacketVersion = "20071116"
	codecsVersion   = "20081102"
)

// probe asks a node what it can do. Only one of those who need it asks; the others
// wait.
func (r *RTPProxy) probe(n *node) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.probed.Load() {
		return true
	}
	reply, _, err := r.send(n, "V")
	if err == nil && reply != basicVersion {
		err = fmt.Errorf("version %.40q of the protocol, %s is needed", reply, basicVersion)
	}
	if err != nil {
		r.disable(n, err)
		return false
	}
	for version, can := range map[string]*bool{streamsVersion: &n.streams, repacketVersion: &n.repacket, codecsVersion: &n.codecs} {
		reply, _, err := r.send(n, "VF "+version)
		if err != nil {
			r.disable(n, err)
			return false
		}
		*can = reply == "1"
	}
	n.probed.Store(true)
	if down := n.down.Load(); down != forever {
		n.down.CompareAndSwap(down, 0)
	}
	r.host.Log().Info("rtpproxy: node in use", "node", n.url)
	return true
}

// disable takes a node out of use for a while.
func (r *RTPProxy) disable(n *node, err error) {
	n.probed.Store(false)
	n.down.Store(int64(r.host.Clock().Monotonic() + time.Duration(r.disableTime)*time.Second))
	r.host.Log().Warn("rtpproxy: node disabled", "node", n.url, "err", err)
}

// choose finds the node of a call: by the sum of the bytes of its Call-ID, as
// Kamailio does, so that both use the same one. A node whose time is over is asked
// whether it is back. nil when there is none.
func (r *RTPProxy) choose(s *set, callID string) *node {
	for {
		now := int64(r.host.Clock().Monotonic())
		total := 0
		for _, n := range s.nodes {
			if n.down.Load() <= now {
				total += n.weight
			}
		}
		if total == 0 {
			return nil
		}
		sum := 0
		for i := range len(callID) {
			sum += int(callID[i])
		}
		cut := (sum & 0xff) % total
		n := pick(s.nodes, cut, now)
		if n == nil || n.probed.Load() || r.probe(n) {
			return n
		}
	}
}

// pick returns the node that has a share of the weights.
func pick(nodes []*node, cut int, now int64) *node {
	for _, n := range nodes {
		if n.down.Load() > now {
			continue
		}
		if cut -= n.weight; cut < 0 {
			return n
		}
	}
	return nil
}
