// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"math"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
)

// Config says how names are turned into targets. Each field follows the core
// parameter of Kamailio that its comment names first. Of the others,
// dns_retr_time, dns_retr_no, dns_servers_no and dns_use_search_list are in
// [ClientConfig], dns_cache_gc_interval is the engine's (see [Locator.Sweep]),
// and two have nothing to change: names that the search list completed are
// always checked in full (dns_search_full_match), and an answer replaces an
// older one as a whole (dns_cache_rec_pref).
type Config struct {
	// Cache is use_dns_cache: answers are kept for their time to live.
	Cache bool
	// Failover is use_dns_failover: all targets are found, and not only the
	// best one. Kamailio's default is off.
	Failover bool
	// NAPTR is dns_try_naptr: a URI without port and transport is looked up
	// by RFC 3263 4.1, which lets the domain say what transport it wants.
	NAPTR bool
	// NAPTRIgnoreOrder is dns_naptr_ignore_rfc: our preferences (Prefs) count
	// more than the Order field of NAPTR records.
	NAPTRIgnoreOrder bool
	// UDPPref, TCPPref, TLSPref and SCTPPref are dns_udp_pref and so on: the
	// highest one is tried first, with equal ones the domain chooses; one
	// below zero is never chosen. WS counts as TCP and WSS as TLS.
	UDPPref, TCPPref, TLSPref, SCTPPref int
	// SRVBalance is dns_srv_lb: SRV records of equal priority take turns by
	// their weights (RFC 2782). Without it, or without Failover, the greatest
	// weight comes first.
	SRVBalance bool
	// IPv6 is dns_try_ipv6: AAAA records are looked for. The engine clears it
	// when no socket listens on IPv6. IPv6 addresses in URIs work always.
	IPv6 bool
	// IPv4Only, IPv6Only and PreferIPv6 are the bits 1, 2 and 4 of
	// dns_cache_flags. IPv6Only and PreferIPv6 need IPv6.
	IPv4Only, IPv6Only, PreferIPv6 bool
	// Protocols are those that a socket of ours speaks (disable_tcp, enable_tls):
	// others are not chosen for a URI without transport. Empty means UDP and TCP.
	Protocols []sip.Transport
	// NegativeTTL is dns_cache_negative_ttl: how long it is remembered that a
	// name does not exist; 0 not at all. That a server did not answer is
	// remembered as long, but not for more than ten seconds.
	NegativeTTL time.Duration
	// MinTTL and MaxTTL are dns_cache_min_ttl and dns_cache_max_ttl: what an
	// answer's own time to live is raised or cut to.
	MinTTL, MaxTTL time.Duration
	// MaxEntries is dns_cache_mem, counted in answers; 0 is no limit.
	MaxEntries int
	// DeleteUnexpired is dns_cache_del_nonexp: when the cache is full the
	// answer that was not used for longest makes room. Without it new
	// answers are not kept until old ones expire.
	DeleteUnexpired bool
	// SlowQuery is dns_slow_query_ms: questions that take longer are counted
	// in dns:slow_dns_request; 0 counts none.
	SlowQuery time.Duration
}

// DefaultConfig has Kamailio's defaults, and IPv6.
func DefaultConfig() Config {
	return Config{
		Cache:            true,
		NAPTRIgnoreOrder: true,
		UDPPref:          30,
		TCPPref:          20,
		TLSPref:          10,
		SCTPPref:         20,
		IPv6:             true,
		NegativeTTL:      time.Minute,
		MaxTTL:           math.MaxInt64,
		MaxEntries:       EntriesFor(500),
	}
}

// entryBytes is what an answer in the cache takes, about: one with two
// records of a name of usual length.
const entryBytes = 512

// EntriesFor is the MaxEntries that stands for dns_cache_mem of so many
// kilobytes; 0 for 0.
func EntriesFor(kilobytes int) int { return kilobytes * 1024 / entryBytes }

// BytesFor is the memory that stands for so many answers.
func BytesFor(entries int) int { return entries * entryBytes }

// pref is our preference for a protocol; below zero if it must not be used.
func (c *Config) pref(p sip.Transport) int {
	if !c.has(p) {
		return -1
	}
	switch p {
	case sip.TransportUDP:
		return c.UDPPref
	case sip.TransportTCP, sip.TransportWS:
		return c.TCPPref
	case sip.TransportTLS, sip.TransportWSS:
		return c.TLSPref
	case sip.TransportSCTP:
		return c.SCTPPref
	}
	return -1
}

func (c *Config) has(p sip.Transport) bool {
	if len(c.Protocols) == 0 {
		return p == sip.TransportUDP || p == sip.TransportTCP
	}
	for _, q := range c.Protocols {
		if p == q {
			return true
		}
	}
	return false
}

// families are the address records to ask for, in this order, until one is found.
func (c *Config) families() []Type {
	switch {
	case !c.IPv6 || c.IPv4Only:
		return onlyA
	case c.IPv6Only:
		return onlyAAAA
	case c.PreferIPv6:
		return firstAAAA
	}
	return firstA
}

var (
	onlyA     = []Type{A}
	onlyAAAA  = []Type{AAAA}
	firstA    = []Type{A, AAAA}
	firstAAAA = []Type{AAAA, A}
)
