// SPDX-License-Identifier: Apache-2.0

package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/kahea-sip/kahea/core/weblink"
)

// ErrSilent says that a node has not answered.
var ErrSilent = errors.New("the media relay does not answer")

// Asking says how nodes are asked over UDP or WebSocket.
type Asking struct {
	// Patience is how long one try waits, Tries how many there are.
	Patience time.Duration
	Tries    int
	// From is the own address; invalid for any.
	From netip.Addr
	// TOS is the type of service of what is sent, where SetTOS says so.
	TOS    int
	SetTOS bool
}

// maxReply is the longest datagram.
const maxReply = 1 << 16

var buffers = sync.Pool{New: func() any { return new([maxReply]byte) }}

// Ask sends a command with a cookie in front, by which its reply is known, and returns the reply without it. at is the address that was
// asked. A node that another command has found away meanwhile is not waited for.
func (a *Asking) Ask(ctx context.Context, n *Node, cookie string, command []byte) (reply string, at netip.Addr, err error) {
	cookie += " "
	data := append(append(make([]byte, 0, len(cookie)+len(command)), cookie...), command...)
	if n.web != nil {
		return a.askWeb(ctx, n, cookie, data)
	}
	conn, err := a.dial(ctx, n)
	if err != nil {
		return "", at, err
	}
	defer conn.Close()
	if to, ok := conn.RemoteAddr().(*net.UDPAddr); ok {
		at = to.AddrPort().Addr().Unmap()
	}
	buf, before := buffers.Get().(*[maxReply]byte), n.Until()
	defer buffers.Put(buf)
	for try := range a.Tries {
		if try > 0 && n.given(ctx, before) {
			break
		}
		if _, err = conn.Write(data); err != nil {
			continue
		}
		if reply, err = a.await(conn, buf[:], cookie); err == nil {
			return reply, at, nil
		}
	}
	return "", at, ErrSilent
}

// given tells that it is of no use to ask the node again: it was found away meanwhile, or nobody wants to know any more.
func (n *Node) given(ctx context.Context, before time.Duration) bool {
	return n.Away() && n.Until() != before || ctx.Err() != nil
}

// askWeb is Ask for a node that is asked over WebSocket.
func (a *Asking) askWeb(ctx context.Context, n *Node, cookie string, data []byte) (reply string, at netip.Addr, err error) {
	d := &net.Dialer{}
	if a.From.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(a.From, 0))
	}
	if a.SetTOS {
		d.Control = a.setTOS
	}
	limits, before := weblink.Limits{Connect: a.Patience, Reply: a.Patience, Dialer: d}, n.Until()
	tries := a.Tries
	for try := 0; try < tries; try++ {
		if try > 0 && n.given(ctx, before) {
			break
		}
		reply, at, err = n.web.Ask(ctx, limits, data, func(text string) bool { return strings.HasPrefix(text, cookie) })
		if err == nil {
			return reply[len(cookie):], at, nil
		}
		if errors.Is(err, weblink.ErrKept) {
			tries = max(tries, 2) // that a connection has died says nothing of the node
		}
	}
	return "", at, fmt.Errorf("%w: %w", ErrSilent, err)
}

func (a *Asking) dial(ctx context.Context, n *Node) (net.Conn, error) {
	d := net.Dialer{Timeout: a.Patience}
	if a.From.IsValid() {
		d.LocalAddr = net.UDPAddrFromAddrPort(netip.AddrPortFrom(a.From, 0))
	}
	if a.SetTOS {
		d.Control = a.setTOS
	}
	return d.DialContext(ctx, n.Network, n.Address)
}

func (a *Asking) setTOS(network, _ string, c syscall.RawConn) error {
	level, option := syscall.IPPROTO_IP, syscall.IP_TOS
	if strings.HasSuffix(network, "6") {
		level, option = syscall.IPPROTO_IPV6, syscall.IPV6_TCLASS
	}
	var failed error
	err := c.Control(func(fd uintptr) { failed = syscall.SetsockoptInt(int(fd), level, option, a.TOS) })
	return errors.Join(err, failed)
}

// await waits for the reply with a cookie; others are late ones.
func (a *Asking) await(conn net.Conn, buf []byte, cookie string) (string, error) {
	if err := conn.SetReadDeadline(time.Now().Add(a.Patience)); err != nil {
		return "", err
	}
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return "", err
		}
		if text := buf[:n]; len(text) >= len(cookie) && string(text[:len(cookie)]) == cookie {
			return string(text[len(cookie):]), nil
		}
	}
}
