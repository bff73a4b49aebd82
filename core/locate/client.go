// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// ClientConfig says which name servers are asked, and how. The comments name
// the core parameters of Kamailio that change what resolv.conf(5) says.
type ClientConfig struct {
	// Servers are asked in this order, each address with its port
	// (dns_servers_no keeps the first of them).
	Servers []netip.AddrPort
	// Search are the domains that short names are tried in, without dots at
	// the ends (dns_use_search_list clears it).
	Search []string
	// Dots is how many dots a name needs to be tried as it is first.
	Dots int
	// Timeout is how long one server gets for one answer (dns_retr_time).
	Timeout time.Duration
	// Attempts is how often each server is asked: dns_retr_no, the number of
	// repetitions, plus one.
	Attempts int
}

// ReadClientConfig reads the format of resolv.conf(5).
func ReadClientConfig(r io.Reader) (ClientConfig, error) {
	rc, err := dns.ClientConfigFromReader(r)
	if err != nil {
		return ClientConfig{}, err
	}
	c := ClientConfig{
		Dots:     rc.Ndots,
		Timeout:  time.Duration(rc.Timeout) * time.Second,
		Attempts: rc.Attempts,
	}
	for _, s := range rc.Servers {
		if a, err := netip.ParseAddr(s); err == nil {
			c.Servers = append(c.Servers, netip.AddrPortFrom(a, 53))
		}
	}
	for _, s := range rc.Search {
		if s = strings.Trim(s, "."); validName(s) {
			c.Search = append(c.Search, s)
		}
	}
	return c, nil
}

// SystemClientConfig reads /etc/resolv.conf. Without it, as resolv.conf(5)
// says, the server is on this machine.
func SystemClientConfig() (ClientConfig, error) {
	f, err := os.Open("/etc/resolv.conf")
	if err != nil && !os.IsNotExist(err) {
		return ClientConfig{}, fmt.Errorf("cannot read the resolver configuration: %w", err)
	}
	var r io.Reader = strings.NewReader("")
	if err == nil {
		defer f.Close()
		r = f
	}
	c, err := ReadClientConfig(r)
	if err != nil {
		return ClientConfig{}, fmt.Errorf("cannot read /etc/resolv.conf: %w", err)
	}
	if len(c.Servers) == 0 {
		c.Servers = []netip.AddrPort{netip.AddrPortFrom(loopback[0], 53)}
	}
	return c, nil
}

// Override is c with the core parameters of Kamailio applied; each below zero
// is not set.
func (c ClientConfig) Override(retrTime, retrNo, serversNo int, search bool) ClientConfig {
	if retrTime >= 0 {
		c.Timeout = time.Duration(retrTime) * time.Second
	}
	if retrNo >= 0 {
		c.Attempts = retrNo + 1
	}
	if serversNo >= 0 {
		c.Servers = c.Servers[:min(serversNo, len(c.Servers))]
	}
	if !search {
		c.Search = nil
	}
	return c
}

// Client asks name servers over UDP, and over TCP where an answer does not fit.
type Client struct{ conf atomic.Pointer[ClientConfig] }

var _ Resolver = (*Client)(nil)

// NewClient returns a client. Nothing is asked yet.
func NewClient(c ClientConfig) *Client {
	var cl Client
	cl.Configure(c)
	return &cl
}

// Configure takes a new configuration (cfg.set, dns_reinit). Attempts and
// Timeout of zero are made one and a second.
func (cl *Client) Configure(c ClientConfig) {
	c.Attempts = max(c.Attempts, 1)
	if c.Timeout <= 0 {
		c.Timeout = time.Second
	}
	cl.conf.Store(&c)
}

// Resolve asks for a name, and for it in the search domains.
func (cl *Client) Resolve(ctx context.Context, name string, t Type) ([]Record, error) {
	c := cl.conf.Load()
	if len(c.Servers) == 0 {
		return nil, ErrNoServers
	}
	var failed error
	for _, full := range c.candidates(name) {
		rr, err := c.resolve(ctx, full, t)
		if err == nil {
			return rr, nil
		}
		if !errors.Is(err, ErrNotFound) {
			if ended := over(ctx); ended != nil {
				return nil, ended
			}
			failed = err
		}
	}
	if failed != nil {
		return nil, failed
	}
	return nil, ErrNotFound
}

// candidates are the names to try, each with its final dot (resolv.conf(5),
// search and ndots).
func (c *ClientConfig) candidates(name string) []string {
	asIs := name + "."
	if len(c.Search) == 0 || strings.HasSuffix(name, ".in-addr.arpa") || strings.HasSuffix(name, ".ip6.arpa") {
		return []string{asIs}
	}
	out := make([]string, 0, len(c.Search)+1)
	first := strings.Count(name, ".") >= c.Dots
	if first {
		out = append(out, asIs)
	}
	for _, s := range c.Search {
		if full := name + "." + s + "."; len(full) <= 254 {
			out = append(out, full)
		}
	}
	if !first {
		out = append(out, asIs)
	}
	return out
}

// udpSize is the size of answers that we take over UDP: fits where no fragment passes (RFC 9715).
const udpSize = 1232

// maxAliases is how many CNAME records in a row are followed.
const maxAliases = 8

// resolve asks for one full name and follows its aliases.
func (c *ClientConfig) resolve(ctx context.Context, name string, t Type) ([]Record, error) {
	ttl := forever
	for range maxAliases {
		msg, err := c.exchange(ctx, name, t)
		if err != nil {
			return nil, err
		}
		rr, next, aliasTTL := records(msg, name, t)
		ttl = min(ttl, aliasTTL)
		for i := range rr {
			rr[i].TTL = min(rr[i].TTL, ttl)
		}
		if len(rr) > 0 {
			return rr, nil
		}
		if next == name {
			return nil, ErrNotFound
		}
		if next == "" {
			break
		}
		name = next
	}
	return nil, fmt.Errorf("%w: too many aliases for %s", ErrServer, name)
}

// exchange asks each server in turn, Attempts times, for a usable answer.
func (c *ClientConfig) exchange(ctx context.Context, name string, t Type) (*dns.Msg, error) {
	var m dns.Msg
	m.SetQuestion(name, uint16(t))
	m.SetEdns0(udpSize, false)
	last := ErrServer
	for range c.Attempts {
		for _, server := range c.Servers {
			m.Id = dns.Id()
			in, err := c.askServer(ctx, &m, server)
			if ended := over(ctx); ended != nil {
				return nil, ended
			}
			if err == nil {
				switch in.Rcode {
				case dns.RcodeSuccess:
					return in, nil
				case dns.RcodeNameError:
					return nil, ErrNotFound
				}
				err = errors.New(dns.RcodeToString[in.Rcode])
			}
			last = fmt.Errorf("%w: %s %s: %s", ErrServer, name, t, err)
		}
	}
	return nil, last
}

func (c *ClientConfig) askServer(ctx context.Context, m *dns.Msg, server netip.AddrPort) (*dns.Msg, error) {
	in, err := c.ask(ctx, "udp", m, server)
	if err == nil && in.Truncated {
		in, err = c.ask(ctx, "tcp", m, server)
	}
	if err != nil {
		return nil, err
	}
	if len(in.Question) != 1 || !strings.EqualFold(in.Question[0].Name, m.Question[0].Name) || in.Question[0].Qtype != m.Question[0].Qtype {
		return nil, errors.New("the answer is to another question")
	}
	return in, nil
}

func (c *ClientConfig) ask(ctx context.Context, network string, m *dns.Msg, server netip.AddrPort) (*dns.Msg, error) {
	client := dns.Client{Net: network, Timeout: c.Timeout, Dialer: &net.Dialer{Timeout: c.Timeout}}
	conn, err := client.DialContext(ctx, server.String())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	// The library heeds the deadline of a context, but not its end.
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	in, _, err := client.ExchangeWithConnContext(ctx, m, conn)
	return in, err
}

// over is the error of a context that has ended. The deadline of a socket,
// which is that of the context, passes a moment before the context knows.
func over(ctx context.Context) error {
	if at, ok := ctx.Deadline(); ok && ctx.Err() == nil && !time.Now().Before(at) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// records takes the records of type t for name out of an answer, by way of the
// aliases in it; next is the name that the last alias leads to, empty where
// they lead nowhere.
func records(m *dns.Msg, name string, t Type) (out []Record, next string, ttl time.Duration) {
	next, ttl = name, forever
	for range maxAliases {
		alias := ""
		for _, rr := range m.Answer {
			h := rr.Header()
			if !strings.EqualFold(h.Name, next) {
				continue
			}
			if c, ok := rr.(*dns.CNAME); ok {
				alias = c.Target
				ttl = min(ttl, seconds(h.Ttl))
			} else if r, ok := record(rr, t); ok {
				out = append(out, r)
			}
		}
		if len(out) > 0 || alias == "" {
			return out, next, ttl
		}
		next = alias
	}
	return nil, "", ttl
}

// record turns a library record into ours; false if it is of another type.
func record(rr dns.RR, t Type) (Record, bool) {
	h := rr.Header()
	if Type(h.Rrtype) != t {
		return Record{}, false
	}
	r := Record{TTL: seconds(h.Ttl)}
	switch rr := rr.(type) {
	case *dns.A:
		r.Addr, _ = netip.AddrFromSlice(rr.A.To4())
		return r, r.Addr.IsValid()
	case *dns.AAAA:
		r.Addr, _ = netip.AddrFromSlice(rr.AAAA)
		return r, r.Addr.Is6()
	case *dns.SRV:
		r.Priority, r.Weight, r.Port, r.Name = rr.Priority, rr.Weight, rr.Port, strings.TrimSuffix(rr.Target, ".")
	case *dns.NAPTR:
		r.Priority, r.Weight, r.Flags, r.Service, r.Regexp = rr.Order, rr.Preference, rr.Flags, rr.Service, rr.Regexp
		r.Name = strings.TrimSuffix(rr.Replacement, ".")
	case *dns.PTR:
		r.Name = strings.TrimSuffix(rr.Ptr, ".")
	default:
		return Record{}, false
	}
	return r, true
}

func seconds(ttl uint32) time.Duration { return time.Duration(ttl) * time.Second }

// reverseName is the name that PTR records of an address have (RFC 1035 3.5,
// RFC 3596 2.5), without the final dot.
func reverseName(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is4() {
		b := a.As4()
		var out []byte
		for i := 3; i >= 0; i-- {
			out = append(strconv.AppendUint(out, uint64(b[i]), 10), '.')
		}
		return string(out) + "in-addr.arpa"
	}
	const hex = "0123456789abcdef"
	b := a.As16()
	out := make([]byte, 0, 72)
	for i := 15; i >= 0; i-- {
		out = append(out, hex[b[i]&15], '.', hex[b[i]>>4], '.')
	}
	return string(out) + "ip6.arpa"
}
