// SPDX-License-Identifier: Apache-2.0

// Package settings holds the core parameters of a configuration as typed values.
package settings

import (
	"net/netip"
	"time"

	"github.com/kahea-sip/kahea/cfg/source"
)

// Settings are the core parameters that the engine reads. New gives the defaults, Apply what a configuration says.
type Settings struct {
	// Children is the number of workers per UDP socket.
	Children int
	// SharedMemory is the memory for transactions in megabytes; 0 leaves it
	// to the server.
	SharedMemory int
	// SocketWorkers is what the sockets that follow get instead; each Socket has its own number.
	socketWorkers int
	// Sockets are the addresses to listen on, in the order of the text; none means all addresses of the machine.
	Sockets []Socket
	// Aliases are the names by which the server is meant, besides its addresses.
	Aliases []Alias
	// AutoAliases adds the names that reverse DNS gives for the addresses.
	AutoAliases bool
	// Port is the port of sockets that name none.
	Port int
	// AdvertisedAddress and AdvertisedPort stand in Via and Record-Route instead of the socket's; "" and 0 leave it.
	AdvertisedAddress string
	AdvertisedPort    int
	// MHomed chooses the sending socket by the route to the destination.
	MHomed bool
	// AutoBindIPv6 and BindIPv6LinkLocal tell which addresses of the machine are taken where none is named.
	AutoBindIPv6      bool
	BindIPv6LinkLocal bool
	// TOS is the type of service of sent packets, 0 to 255.
	TOS int
	// PMTUDiscovery sets the don't-fragment bit of what UDP sockets send.
	PMTUDiscovery bool
	// FreeBind is 1 or 2 where addresses may be listened on that the machine
	// does not have.
	FreeBind int
	// MaxBuffer is the size of a socket's receive buffer in bytes up to which it is raised.
	MaxBuffer int
	// UDPMTU is the size in bytes above which a request leaves over UDPMTUProto, "udp", "tcp", "tls" or "sctp"; 0 means never, and so
	// does "".
	UDPMTU      int
	UDPMTUProto string

	Process Process
	Log     Log
	TCP     TCP
	TLS     TLS
	DNS     DNS
	Script  Script
	Headers Headers
	KEMI    KEMI

	// Engine is the language of the routes: "native", or "lua".
	Engine string
	// LoadPath is where modules are looked for, folders separated by colons.
	LoadPath string
	// Custom are the parameters group.name of the operator, in the order of the text.
	Custom []Custom
	// Notices are parameters that were accepted though they can have no meaning here.
	Notices []Notice

	given map[string]source.Span
}

// Process tells how the program runs.
type Process struct {
	// Fork is false for a server in the foreground with one worker.
	Fork bool
	// User and Group are names or numbers to which the process changes; "" leaves them.
	User, Group string
	// Chroot is the folder that becomes the root; "" leaves it.
	Chroot string
	// WorkDir is the folder to which it changes; "" leaves it.
	WorkDir string
	// RunDir is the folder of sockets and FIFOs.
	RunDir string
	// ExitTimeout is how long a stop may take; 0 means no limit.
	ExitTimeout time.Duration
	// OpenFiles is the number of files that may be open; 0 leaves the system's limit.
	OpenFiles int
	// ServerID tells the servers of a site apart; 0 means none.
	ServerID int
	// StatsSeparator stands between the parts of names of counters.
	StatsSeparator string
	// VersionTable is the database table with the versions of the others.
	VersionTable string
	// DisableCoreDump forbids core files.
	DisableCoreDump bool
	// VerboseStartup logs what is done at start.
	VerboseStartup bool
}

// Log tells what is logged and where.
type Log struct {
	// Debug is the level: 3 debug, 2 info, 1 notice, 0 warning, -1 error, -2 critical, -3 alert.
	Debug int
	// Stderr sends the log to standard error instead of syslog.
	Stderr bool
	// Facility is the name of the syslog facility: LOG_DAEMON, LOG_LOCAL0 …
	Facility string
	// Name is the program's name in syslog; "" is the program's.
	Name string
	// Prefix is a format string that is evaluated for every message; "" means none.
	Prefix string
	// Color colours the lines on standard error.
	Color bool
	// EngineType and EngineData choose another sink for the log.
	EngineType, EngineData string
}

// TCP tells how connections are treated.
type TCP struct {
	Disabled bool
	// MaxConnections is how many connections may be open, TLS included.
	MaxConnections int
	// MaxFromAddress is how many of them one address may have opened; 0 for any number.
	MaxFromAddress int
	// ConnectionLifetime is how long a connection may be silent; negative means for ever.
	ConnectionLifetime time.Duration
	// ConnectTimeout and SendTimeout bound connecting and sending.
	ConnectTimeout, SendTimeout time.Duration
	// AcceptNoCL takes messages without Content-Length.
	AcceptNoCL bool
	// AcceptAliases honours the alias parameter of Via.
	AcceptAliases bool
	// Async sends without waiting for the connection.
	Async bool
	// ConnectionQueue and QueueMax bound what waits to be sent, per connection and in all, in bytes.
	ConnectionQueue, QueueMax int
	// CRLFPing answers the keep-alive of RFC 5626.
	CRLFPing bool
	// NoConnect never opens connections.
	NoConnect bool
	// ReadBuffer is the size of a connection's read buffer in bytes: the largest message.
	ReadBuffer int
	// Unique refuses a second connection from one address and port.
	Unique bool
	// Match 1 looks first for a connection from the port of the chosen socket.
	Match int
	// ScriptMode 0 closes a connection when request_route ends with a negative result.
	ScriptMode int
	// ReusePort sets SO_REUSEPORT.
	ReusePort bool
	// DeferAccept, DelayedACK, Linger2, SynCount, KeepAlive … are the socket options of those names.
	DeferAccept                  int
	Linger2                      int
	SynCount                     int
	KeepAlive                    bool
	KeepIdle, KeepIntvl, KeepCnt int
	// SourceIPv4 and SourceIPv6 are the addresses from which connections are opened; not valid means the system's choice.
	SourceIPv4, SourceIPv6 netip.Addr
}

// TLS tells how TLS is treated.
type TLS struct {
	// Enabled is enable_tls, Disabled disable_tls, which is its contrary; see On.
	Enabled, Disabled bool
	// Port is that of sockets that name none.
	Port           int
	MaxConnections int
}

// On tells whether TLS is to be served.
func (t *TLS) On() bool { return t.Enabled || !t.Disabled }

// DNS tells how names are resolved.
type DNS struct {
	// Via and Reverse look the host of Via, and the name of the source, up for received.
	Via, Reverse   bool
	TryIPv6        bool
	TryNAPTR       bool
	NAPTRIgnoreRFC bool
	// UDPPref, TCPPref, TLSPref and SCTPPref order the protocols of NAPTR records; larger is better.
	UDPPref, TCPPref, TLSPref, SCTPPref int
	// SRVLoadBalancing chooses among SRV records by weight.
	SRVLoadBalancing bool
	// RetryTime, Retries, Servers and the search flags are those of the resolver; negative leaves the system's.
	RetryTime        time.Duration
	Retries, Servers int
	UseSearchList    bool
	UseCache         bool
	UseFailover      bool
	// CacheFlags is 1 for IPv4 only, 2 for IPv6 only, 4 for IPv6 first.
	CacheFlags                                        int
	CacheNegativeTTL, CacheMinTTL, CacheMaxTTL, GCInt time.Duration
	// CacheMemory is in kilobytes.
	CacheMemory          int
	CacheDeleteNonExpiry bool
}

// Script bounds and tunes the routes.
type Script struct {
	MaxBranches, MaxWhileLoops, MaxRecursion int
	// ForceRPort, LocalRPort and ReplyToVia tell where replies go.
	ForceRPort, LocalRPort bool
	// SlowAction is the time above which a function is reported, at SlowLevel;
	// 0 for never.
	SlowAction time.Duration
	SlowLevel  int
	// SlowQuery is the same for a query of a database.
	SlowQuery time.Duration
	// OnSendReplies runs onsend_route for replies too, ReplyToVia sends replies
	// to the address in Via, HTTPReplies takes those of HTTP.
	OnSendReplies, ReplyToVia, HTTPReplies bool
	// HostChars are signs that hosts of URIs may have besides the usual ones,
	// PhoneToTel cuts the parameters of a number off the user of a URI with user=phone.
	HostChars  string
	PhoneToTel bool
	// IPv6Style is how IPv6 addresses are written: "c", "a" or "A".
	IPv6Style string
	// ViaParams and ViaFields name the lists that the own Via is made of.
	ViaParams, ViaFields string
	// LatencyLevel is the level of reports of how long a route took,
	// LatencyLimit the time below which there is none.
	LatencyLevel int
	LatencyLimit time.Duration
	// RouteLocks is the number of locks by Call-ID; 0 for none.
	RouteLocks int
	// ReceivedRoute above 0 runs event_route[core:msg-received].
	ReceivedRoute int
	// CheckVia drops replies whose topmost Via is not ours.
	CheckVia bool
}

// Headers are what the server adds to messages.
type Headers struct {
	// ServerSignature adds Server and User-Agent.
	ServerSignature bool
	// Warning adds Warning to replies.
	Warning bool
	// Server and UserAgent are whole headers, as "Server: x"; "" means the program's own.
	Server, UserAgent string
}

// KEMI names the callbacks of a script in another language; "" is the default name, "none" none.
type KEMI struct {
	OnSendRoute, ReceivedRoute, ReplyRoute, PreRouting string
}

// Socket is an address to listen on.
type Socket struct {
	// Proto is udp, tcp, tls or sctp; "" means udp and tcp, and tls where it is enabled.
	Proto string
	// Host is an address, a host name, or the name of an interface.
	Host string
	// More are further addresses of a multi-homed SCTP socket.
	More []string
	// Port is 0 where the default of the protocol is meant.
	Port int
	// AdvertiseHost and AdvertisePort are told to others; "" and 0 where the socket's own are.
	AdvertiseHost string
	AdvertisePort int
	// Name is what scripts call it; "" where it has none.
	Name string
	// Virtual marks an address that the machine may not have at start.
	Virtual bool
	// Workers is the number of workers; 0 means Children.
	Workers int
	Pos     source.Pos
}

// Alias is a name by which the server is meant.
type Alias struct {
	// Proto is "" for any.
	Proto string
	Host  string
	// Port is 0 for any.
	Port int
	Pos  source.Pos
}

// Custom is a parameter of the operator: group.name = value desc "text".
type Custom struct {
	Group, Name string
	// ID is the number in group[ID].name, -1 where there is none.
	ID int
	// IsString tells which of Text and Number holds the value.
	IsString bool
	Text     string
	Number   int64
	Desc     string
	Pos      source.Pos
}

// Value is the value, an int64 or a string.
func (c *Custom) Value() any {
	if c.IsString {
		return c.Text
	}
	return c.Number
}

// Notice is a parameter that was accepted though it can have no meaning here.
type Notice struct {
	Pos  source.Pos
	Text string
}

// Given tells whether the configuration sets a parameter, by its name or an alias.
func (s *Settings) Given(name string) bool {
	p := Lookup(name)
	if p == nil {
		return false
	}
	_, ok := s.given[p.Name]
	return ok
}

// Place gives the value that the configuration gives a parameter last; its places are not valid where there is none.
func (s *Settings) Place(name string) source.Span {
	if p := Lookup(name); p != nil {
		return s.given[p.Name]
	}
	return source.Span{}
}

// New gives the defaults.
func New() *Settings {
	return &Settings{
		Children: 8, AutoAliases: true, Port: 5060, TOS: 16, MaxBuffer: 8 << 20,
		Process: Process{Fork: true, StatsSeparator: "_", RunDir: "/run/kamailio", VersionTable: "version", ExitTimeout: 60 * time.Second},
		Log:     Log{Facility: "LOG_DAEMON"},
		TCP: TCP{
			MaxConnections: 2048, ConnectionLifetime: 120 * time.Second, ConnectTimeout: 10 * time.Second, SendTimeout: 10 * time.Second,
			Async: true, ConnectionQueue: 32768, QueueMax: 10 << 20, CRLFPing: true, ReadBuffer: 16384, KeepAlive: true,
		},
		TLS: TLS{Disabled: true, Port: 5061, MaxConnections: 2048},
		DNS: DNS{
			NAPTRIgnoreRFC: true, UDPPref: 30, TCPPref: 20, TLSPref: 10, SCTPPref: 20, RetryTime: -1 * time.Second, Retries: -1, Servers: -1,
			UseSearchList: true, UseCache: true, CacheNegativeTTL: 60 * time.Second, CacheMaxTTL: -1 * time.Second,
			GCInt: 120 * time.Second, CacheMemory: 500,
		},
		Script:  Script{PhoneToTel: true, IPv6Style: "c", SlowLevel: -1, LatencyLevel: 3, MaxBranches: 12, MaxWhileLoops: 100, MaxRecursion: 256},
		Headers: Headers{ServerSignature: true},
		Engine:  "native",
		given:   map[string]source.Span{},
	}
}
