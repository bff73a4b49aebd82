// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"strings"
	"syscall"
)

// Address is where a control server listens.
type Address struct {
	// Network is "unix", "unixgram", "udp" or "tcp".
	Network string
	// Path is the file of a Unix socket.
	Path string
	// Host and Port are those of the others; an empty Host means all local
	// addresses.
	Host string
	Port int
}

// Parse reads an address in the form of ctl's binrpc parameter:
// [unixs|unix|unixd|udp|tcp:]path or [host:]port. Without a protocol a path is
// a Unix stream socket, anything else UDP. A port of 0 in defaultPort means
// that one must be given.
func Parse(text string, defaultPort int) (Address, error) {
	network, rest := "", text
	if name, r, ok := strings.Cut(text, ":"); ok {
		switch name {
		case "unix", "unixs":
			network, rest = "unix", r
		case "unixd":
			network, rest = "unixgram", r
		case "udp", "tcp":
			network, rest = name, r
		}
	}
	if network == "" {
		network = "udp"
		if strings.Contains(rest, "/") {
			network = "unix"
		}
	}
	if rest == "" {
		return Address{}, fmt.Errorf("no path or port in address %q", text)
	}
	if network == "unix" || network == "unixgram" {
		return Address{Network: network, Path: rest}, nil
	}
	host, port, err := hostPort(rest, defaultPort)
	if err != nil {
		return Address{}, fmt.Errorf("bad address %q: %w", text, err)
	}
	return Address{Network: network, Host: host, Port: port}, nil
}

func hostPort(s string, defaultPort int) (string, int, error) {
	host, port := "", ""
	switch i := strings.LastIndexByte(s, ':'); {
	case i >= 0 && !strings.HasSuffix(s, "]"):
		host, port = s[:i], s[i+1:]
	case isNumber(s):
		port = s
	default:
		host = s
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if host == "*" {
		host = ""
	}
	if port == "" && defaultPort > 0 {
		return host, defaultPort, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("port %q is not a number from 0 to 65535", port)
	}
	return host, int(n), nil
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

// String returns the address as "network:path" or "network:host:port".
func (a Address) String() string {
	if a.Path != "" {
		return a.Network + ":" + a.Path
	}
	return a.Network + ":" + a.Dial()
}

// Dial returns what net.Dial takes as the address.
func (a Address) Dial() string {
	if a.Path != "" {
		return a.Path
	}
	return net.JoinHostPort(a.Host, strconv.Itoa(a.Port))
}

// Stream opens a listener for "unix" or "tcp". The file of a Unix socket is
// made with the mode it shall have, so that nobody slips in before.
func Stream(ctx context.Context, a Address, acc Access) (net.Listener, Owned, error) {
	if a.Path == "" {
		l, err := new(net.ListenConfig).Listen(ctx, a.Network, a.Dial())
		return l, Owned{}, err
	}
	if err := clear(a.Path, fs.ModeSocket); err != nil {
		return nil, Owned{}, err
	}
	l, err := withMode(acc).Listen(ctx, a.Network, a.Path)
	if err != nil {
		return nil, Owned{}, err
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	o, err := finish(a.Path, acc)
	if err != nil {
		l.Close()
		return nil, Owned{}, err
	}
	return l, o, nil
}

// Packet opens a socket for "unixgram" or "udp".
func Packet(ctx context.Context, a Address, acc Access) (net.PacketConn, Owned, error) {
	if a.Path == "" {
		c, err := new(net.ListenConfig).ListenPacket(ctx, a.Network, a.Dial())
		return c, Owned{}, err
	}
	if err := clear(a.Path, fs.ModeSocket); err != nil {
		return nil, Owned{}, err
	}
	c, err := withMode(acc).ListenPacket(ctx, a.Network, a.Path)
	if err != nil {
		return nil, Owned{}, err
	}
	o, err := finish(a.Path, acc)
	if err != nil {
		c.Close()
		return nil, Owned{}, err
	}
	return c, o, nil
}

func withMode(acc Access) *net.ListenConfig {
	return &net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		if e := raw.Control(func(fd uintptr) { err = syscall.Fchmod(int(fd), uint32(acc.Mode.Perm())) }); e != nil {
			return e
		}
		return err
	}}
}

func finish(path string, acc Access) (Owned, error) {
	o, err := own(path)
	if err == nil {
		err = acc.apply(path)
	}
	if err != nil {
		o.Remove()
	}
	return o, err
}
