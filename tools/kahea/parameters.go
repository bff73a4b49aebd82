// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/rpc"
)

// declareSettings declares what cfg.set may change, and what $sel(cfg_get.…)
// reads: some core parameters, and the operator's own group.name parameters.
func (s *server) declareSettings() {
	set := s.cfg.settings
	debug := new(setting.Int)
	debug.Set(int64(set.Log.Debug))
	entries := []setting.Entry{{Group: "core", Name: "debug", Int: debug, Min: -5, Max: 100,
		Doc: "debug level", Changed: func() { s.level.Set(module.LevelOf(int(debug.Get()))) }}}
	fixed := func(group, name, doc string, value int64) {
		n := new(setting.Int)
		n.Set(value)
		entries = append(entries, setting.Entry{Group: group, Name: name, Int: n, ReadOnly: true, Doc: doc})
	}
	seconds := func(d time.Duration) int64 { return int64(d / time.Second) }
	truth := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	word := func(group, name, doc, value string) {
		text := new(setting.Str)
		text.Set(value)
		entries = append(entries, setting.Entry{Group: group, Name: name, Str: text, ReadOnly: true, Doc: doc})
	}
	word("core", "log_facility", "syslog facility", set.Log.Facility)
	fixed("core", "max_while_loops", "maximum iterations allowed for a while loop", int64(set.Script.MaxWhileLoops))
	fixed("core", "force_rport", "force rport for all the received messages", truth(set.Script.ForceRPort))
	fixed("core", "dns_try_ipv6", "if enabled, also look for IPv6 addresses", truth(set.DNS.TryIPv6))
	fixed("core", "dns_try_naptr", "use NAPTR records", truth(set.DNS.TryNAPTR))
	fixed("core", "dns_udp_pref", "preference of UDP in NAPTR records", int64(set.DNS.UDPPref))
	fixed("core", "dns_tcp_pref", "preference of TCP in NAPTR records", int64(set.DNS.TCPPref))
	fixed("core", "dns_tls_pref", "preference of TLS in NAPTR records", int64(set.DNS.TLSPref))
	fixed("core", "dns_sctp_pref", "preference of SCTP in NAPTR records", int64(set.DNS.SCTPPref))
	fixed("core", "dns_naptr_ignore_rfc", "choose among NAPTR records by the preferences, not by their order", truth(set.DNS.NAPTRIgnoreRFC))
	fixed("core", "dns_retr_time", "time between repeated queries, seconds; -1 is the system's", seconds(set.DNS.RetryTime))
	fixed("core", "dns_retr_no", "number of queries per server; -1 is the system's", int64(set.DNS.Retries))
	fixed("core", "dns_servers_no", "number of servers asked; -1 is the system's", int64(set.DNS.Servers))
	fixed("core", "dns_use_search_list", "add the domains of the search list to short names", truth(set.DNS.UseSearchList))
	fixed("core", "dns_cache_flags", "1 IPv4 only, 2 IPv6 only, 4 IPv6 first", int64(set.DNS.CacheFlags))
	fixed("core", "dns_cache_negative_ttl", "how long a missing record is remembered, seconds", seconds(set.DNS.CacheNegativeTTL))
	fixed("core", "dns_cache_min_ttl", "least time that a record is kept, seconds", seconds(set.DNS.CacheMinTTL))
	fixed("core", "dns_cache_max_ttl", "longest time that a record is kept, seconds; -1 is no limit", seconds(set.DNS.CacheMaxTTL))
	fixed("core", "dns_cache_mem", "size of the DNS cache, kilobytes", int64(set.DNS.CacheMemory))
	fixed("core", "dns_cache_del_nonexp", "make room in a full DNS cache with records that are valid yet", truth(set.DNS.CacheDeleteNonExpiry))
	fixed("core", "use_dns_cache", "enable or disable the DNS cache", truth(set.DNS.UseCache))
	fixed("core", "use_dns_failover", "try the next address when one fails", truth(set.DNS.UseFailover))
	fixed("core", "dns_srv_lb", "balance over SRV records by weight", truth(set.DNS.SRVLoadBalancing))
	fixed("tcp", "connect_timeout", "used only in non-async mode", seconds(set.TCP.ConnectTimeout))
	fixed("tcp", "send_timeout", "timeout of writing, seconds", seconds(set.TCP.SendTimeout))
	fixed("tcp", "connection_lifetime", "connection lifetime, seconds", seconds(set.TCP.ConnectionLifetime))
	fixed("tcp", "max_connections", "maximum number of connections", int64(set.TCP.MaxConnections))
	fixed("tcp", "no_connect", "if set, only accept new connections, never open them", truth(set.TCP.NoConnect))
	fixed("tcp", "async", "enable asynchronous writes", truth(set.TCP.Async))
	fixed("tcp", "conn_wq_max", "maximum bytes queued for write per connection", int64(set.TCP.ConnectionQueue))
	fixed("tcp", "wq_max", "maximum bytes queued for write in all", int64(set.TCP.QueueMax))
	fixed("tcp", "defer_accept", "accept connections when data has come", int64(set.TCP.DeferAccept))
	fixed("tcp", "syncnt", "number of SYN packets sent before giving up; 0 is the system's", int64(set.TCP.SynCount))
	fixed("tcp", "linger2", "how long a closed connection stays in FIN_WAIT2, seconds; 0 is the system's", int64(set.TCP.Linger2))
	fixed("tcp", "keepidle", "silence before the first probe, seconds; 0 is the system's", int64(set.TCP.KeepIdle))
	fixed("tcp", "keepintvl", "time between probes, seconds; 0 is the system's", int64(set.TCP.KeepIntvl))
	fixed("tcp", "keepcnt", "number of unanswered probes that end a connection; 0 is the system's", int64(set.TCP.KeepCnt))
	fixed("tcp", "keepalive", "enables or disables keepalive for tcp", truth(set.TCP.KeepAlive))
	fixed("tcp", "crlf_ping", "enable responding to CRLF SIP-level keepalives", truth(set.TCP.CRLFPing))
	fixed("tcp", "accept_no_cl", "accept TCP messages without Content-Length", truth(set.TCP.AcceptNoCL))
	fixed("tcp", "reuse_port", "reuse TCP ports", truth(set.TCP.ReusePort))
	fixed("tcp", "rd_buf_size", "internal read buffer size", int64(set.TCP.ReadBuffer))
	entries = append(entries,
		setting.Entry{Group: "core", Name: "udp_mtu", Int: &s.udpMTU, Min: 0, Max: 65535, Doc: "fallback to a congestion controlled protocol if send size exceeds udp_mtu"},
		setting.Entry{Group: "core", Name: "udp_mtu_try_proto", Int: &s.udpMTUProto, Min: 1, Max: 4, Doc: "if send size > udp_mtu use proto (1 udp, 2 tcp, 3 tls, 4 sctp)"})
	for _, c := range set.Custom {
		if c.ID >= 0 {
			continue
		}
		e := setting.Entry{Group: c.Group, Name: c.Name, Doc: c.Desc}
		if c.IsString {
			e.Str = new(setting.Str)
			e.Str.Set(c.Text)
		} else {
			e.Int = new(setting.Int)
			e.Int.Set(c.Number)
		}
		entries = append(entries, e)
	}
	s.registry.Declare(entries...)
}

// hasSetting tells which settings declareSettings declares.
func (c *config) hasSetting() func(group, name string) bool {
	s := &server{cfg: c, registry: setting.New()}
	declare := sync.OnceFunc(s.declareSettings)
	return func(group, name string) bool {
		declare()
		return s.registry.Lookup(group, name) != nil
	}
}

// declareInstances gives groups their instances: group[1].name = …; that they can
// have them was looked at when the file was checked.
func (s *server) declareInstances() {
	for _, c := range s.cfg.settings.Custom {
		if c.ID < 0 {
			continue
		}
		group := fmt.Sprintf("%s[%d]", c.Group, c.ID)
		err := s.registry.AddInstance(group)
		if err == nil {
			err = s.registry.Set(group, c.Name, c.Value())
		}
		if err != nil {
			s.log.Error("cannot set a parameter", "name", group+"."+c.Name, "err", err, "at", c.Pos)
		}
	}
}

var connStates = map[transport.ConnState]string{
	transport.ConnConnecting: "CONN_CONNECT_PENDING", transport.ConnOpen: "CONN_OK", transport.ConnClosing: "CONN_BAD",
}

// rpcConnection describes a connection for core.tcp_list.
func rpcConnection(c transport.Connection) rpc.Connection {
	return rpc.Connection{
		ID: c.ID, Proto: c.Proto, State: connStates[c.State], Timeout: c.Expires, Lifetime: c.Lifetime,
		Source: c.Remote.Addr().String(), SrcPort: int(c.Remote.Port()), Dest: c.Local.Addr().String(), DstPort: int(c.Local.Port()),
		TLS: c.Proto.Secure(),
	}
}
