// SPDX-License-Identifier: Apache-2.0

package rtpproxy

import (
	"bytes"
	"context"
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

	"github.com/kahea-sip/kahea/core/relay"
)

// abilities are what a node has said that it can do.
type abilities struct {
	// mu is held while the node is probed.
	mu     sync.Mutex
	probed atomic.Bool
	// Written under mu, read after probed.
	codecs, repacket, streams bool
}

func of(n *relay.Node) *abilities { return n.Own.(*abilities) }

// adopt prepares a node that was read.
func adopt(n *relay.Node) error {
	if n.Network == "ws" {
		return fmt.Errorf("%q: %w", n.URL, errWeb)
	}
	n.Own = new(abilities)
	return nil
}

// maxReply is the longest reply that is read of a Unix socket.
const maxReply = 8192

var (
	errCookie = errors.New("the reply is none to the command")
	errWeb    = errors.New("an RTP proxy is asked over UDP or a Unix socket")
)

// send sends a command and returns the reply without its line end. remote is the
// address that was asked, invalid for a Unix socket.
func (r *RTPProxy) send(n *relay.Node, command string) (reply string, remote netip.Addr, err error) {
	if n.Network == "unix" {
		reply, err = r.sendUnix(n, command)
		return reply, remote, err
	}
	ask := r.asking()
	cookie := strconv.Itoa(r.pid) + "_" + strconv.FormatUint(r.cookies.Add(1), 10)
	reply, remote, err = ask.Ask(context.Background(), n, cookie, []byte(command))
	return strings.TrimRight(reply, "\r\n"), remote, err
}

// asking is how nodes are asked over UDP.
func (r *RTPProxy) asking() relay.Asking {
	return relay.Asking{Patience: r.patience(), Tries: r.tries}
}

func (r *RTPProxy) patience() time.Duration { return time.Duration(r.timeout) * time.Second }

func (r *RTPProxy) sendUnix(n *relay.Node, command string) (string, error) {
	conn, err := net.DialTimeout("unix", n.Address, r.patience())
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
func (r *RTPProxy) probe(n *relay.Node) bool {
	can := of(n)
	can.mu.Lock()
	defer can.mu.Unlock()
	if can.probed.Load() {
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
	for version, able := range map[string]*bool{streamsVersion: &can.streams, repacketVersion: &can.repacket, codecsVersion: &can.codecs} {
		reply, _, err := r.send(n, "VF "+version)
		if err != nil {
			r.disable(n, err)
			return false
		}
		*able = reply == "1"
	}
	can.probed.Store(true)
	n.Answered()
	r.host.Log().Info("rtpproxy: node in use", "node", n.URL)
	return true
}

// disable takes a node out of use for a while.
func (r *RTPProxy) disable(n *relay.Node, err error) {
	of(n).probed.Store(false)
	n.Disable(r.host.Clock().Monotonic() + time.Duration(r.disableTime)*time.Second)
	r.host.Log().Warn("rtpproxy: node disabled", "node", n.URL, "err", err)
}

// choose finds the node of a call. A node whose time is over is asked whether it is
// back. nil when there is none.
func (r *RTPProxy) choose(s *relay.Set, callID string) *relay.Node {
	for {
		now := r.host.Clock().Monotonic()
		n := s.Pick(relay.Sum(callID), func(n *relay.Node) bool { return n.InUse(now) })
		if n == nil || of(n).probed.Load() || r.probe(n) {
			return n
		}
	}
}
