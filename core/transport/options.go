// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"log/slog"
	"net/netip"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/timer"
)

// Options say what a Layer listens on and how it behaves. The zero value of
// each field is the default.
type Options struct {
	// Sockets are the addresses to listen on, in the order of the
	// configuration.
	Sockets []Listen
	// Aliases are the names that IsMyself knows beside the addresses.
	Aliases []Alias
	UDP     UDPOptions
	TCP     TCPOptions
	// MHomed makes Choose ask the kernel's routes for the source address
	// (mhomed).
	MHomed bool
	// TOS is the type-of-service byte of all sent packets (tos), 0 for the
	// system's.
	TOS int
	// DontFragment sets the bit of that name on what UDP sockets send over
	// IPv4 (pmtu_discovery): what is too large for the way is an error of
	// sending. Otherwise routers may take it apart.
	DontFragment bool
	// FreeBind takes addresses that the machine does not have yet
	// (ip_free_bind).
	FreeBind bool
	// Clock tells the time; nil is the real one.
	Clock timer.Clock
	// Poll is called by the workers of UDP sockets between messages, with what
	// the clock's Monotonic has told a moment ago: a chance to do small work
	// without waking anybody. Nil is none.
	Poll func(now time.Duration)
	// Counters receives the numbers of the layer; nil counts nowhere.
	Counters *counter.Set
	// Log receives what an operator can act on; nil logs nowhere.
	Log *slog.Logger
	// Network has the sockets; nil is the operating system's.
	Network Network
}

// Listen is one "listen" line.
type Listen struct {
	// Proto is the protocol; ProtoNone is UDP, and TCP unless it is off.
	Proto Proto
	// Addr is what to bind. Port 0 takes any free one.
	Addr netip.AddrPort
	// Name is the text behind "name".
	Name string
	// AdvertiseHost and AdvertisePort are what others are told instead of
	// Addr; an empty host and port 0 mean Addr's. An IPv6 host may have
	// brackets or not.
	AdvertiseHost string
	AdvertisePort int
	// Workers is the number of workers of a UDP socket (socket_workers);
	// 0 is UDPOptions.Children.
	Workers int
}

// overlap tells whether another of the sockets has packets of a UDP address,
// because it is bound to all addresses of the port or this one is. The kernel is
// asked to allow that (SO_REUSEADDR), until all are bound: else a second server
// could start and take the packets of the first. Nor is port 0 then a port in use.
func (o *Options) overlap(addr netip.AddrPort) bool {
	n := 0
	for _, ln := range o.Sockets {
		if (ln.Proto == UDP || ln.Proto == ProtoNone) && addr.Port() != 0 && ln.Addr.Port() == addr.Port() &&
			(ln.Addr.Addr() == addr.Addr() || ln.Addr.Addr().IsUnspecified() || addr.Addr().IsUnspecified()) {
			n++
		}
	}
	return n > 1
}

// UDPOptions are the settings of all UDP sockets.
type UDPOptions struct {
	// Children is the number of workers per socket (children); 0 is 8.
	Children int
	// MaxBuffer is the largest receive and send buffer of the kernel that is
	// tried (maxbuffer), in bytes; 0 is 8 MiB.
	MaxBuffer int
	// Portable reads through the net package also where the faster way past
	// Go's poller exists.
	Portable bool
	// MaxLent bounds the workers of a socket that have lent their place at
	// one time; 0 is 1024. Beyond it a worker that waits stalls its place.
	MaxLent int
}

// TCPOptions are the settings of all stream protocols.
type TCPOptions struct {
	// Disabled turns TCP off (disable_tcp): ProtoNone in Listen is UDP only.
	Disabled bool
	// MaxConnections bounds the connections (tcp_max_connections); 0 is 2048.
	MaxConnections int
	// MaxSecure bounds those of TLS and WSS among them (tls_max_connections);
	// 0 is 2048.
	MaxSecure int
	// MaxFromAddress bounds the connections that one address has opened
	// (tcp_accept_iplimit); 0 is no bound.
	MaxFromAddress int
	// Lifetime ends a connection that was not used for so long
	// (tcp_connection_lifetime); 0 is 120 s, negative is never.
	Lifetime time.Duration
	// ConnectTimeout is tcp_connect_timeout; 0 is 10 s.
	ConnectTimeout time.Duration
	// SendTimeout ends a connection whose peer takes nothing for so long
	// while something waits to be sent (tcp_send_timeout); 0 is 10 s.
	SendTimeout time.Duration
	// ReadTimeout ends a connection that does not complete a message within
	// this time (tcp_msg_read_timeout); 0 is 20 s.
	ReadTimeout time.Duration
	// Sync makes Send wait for the connection and for the kernel to take the
	// message (tcp_async=no).
	Sync bool
	// ConnQueueMax bounds the bytes that wait on one connection
	// (tcp_conn_wq_max); 0 is 32 KiB.
	ConnQueueMax int
	// QueueMax bounds the bytes that wait on all connections (tcp_wq_max);
	// 0 is 10 MiB.
	QueueMax int
	// NoConnect never opens connections (tcp_no_connect).
	NoConnect bool
	// AcceptNoContentLength takes messages without Content-Length
	// (tcp_accept_no_cl).
	AcceptNoContentLength bool
	// NoCRLFPing leaves CRLF keep-alives without answer (tcp_crlf_ping=no).
	NoCRLFPing bool
	// MaxMessage bounds a received message (tcp_rd_buf_size), in bytes;
	// 0 is 64 KiB.
	MaxMessage int
	// Unique refuses a second connection from one address and port
	// (tcp_accept_unique).
	Unique bool
	// MatchPort looks first for a connection from the port of the socket that
	// the sender has asked for (tcp_connection_match).
	MatchPort bool
	// ReusePort makes connections leave from the port of their socket
	// (tcp_reuse_port).
	ReusePort bool
	// SourceIPv4 and SourceIPv6 are the addresses that connections leave
	// from (tcp_source_ipv4, tcp_source_ipv6) where the socket does not say.
	SourceIPv4, SourceIPv6 netip.Addr
	// NoKeepAlive turns the kernel's probes off (tcp_keepalive=no).
	NoKeepAlive bool
	// KeepIdle, KeepInterval and KeepCount tune the kernel's probes
	// (tcp_keepidle, tcp_keepintvl, tcp_keepcnt); 0 is the system's.
	KeepIdle, KeepInterval time.Duration
	KeepCount              int
	// DeferAccept (tcp_defer_accept) accepts a connection when data has
	// come; 0 is at once.
	DeferAccept time.Duration
	// SynCount is the number of SYN retransmissions (tcp_syncnt); 0 is the
	// system's.
	SynCount int
	// Linger2 is how long orphaned connections stay in FIN_WAIT2
	// (tcp_linger2); 0 is the system's.
	Linger2 time.Duration
}
