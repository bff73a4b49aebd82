// SPDX-License-Identifier: Apache-2.0

package rpc

import (
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/sip"
)

func (c *core) aliases(r *module.Request) error {
	s := r.Struct()
	callbacks := "no"
	if c.MyselfCallbacks != nil && c.MyselfCallbacks() {
		callbacks = "yes"
	}
	s.Add("myself_callbacks", callbacks)
	var list module.List
	for _, a := range call(c.Aliases) {
		e := &module.Struct{}
		sub := e.Struct("alias").Add("proto", orAny(a.Proto)).Add("address", a.Host)
		if a.Port == 0 {
			sub.Add("port", "*")
		} else {
			sub.Add("port", a.Port)
		}
		list = append(list, e)
	}
	s.Add("aliases", list)
	return nil
}

func orAny(s string) string {
	if s == "" {
		return "*"
	}
	return s
}

func (c *core) sockets(r *module.Request) error {
	var list module.List
	for _, k := range call(c.Sockets) {
		e := &module.Struct{}
		one, address := e.Struct("socket").Add("proto", k.Proto.String()), sip.AddrText(k.Addr.Addr())
		one.Add("address", address)
		if c.NoAutoAliases {
			one.Add("ipaddress", address)
		}
		one.Add("port", strconv.Itoa(int(k.Addr.Port()))).
			Add("mcast", "no").
			Add("mhomed", "no").
			Add("virtual", "no")
		list = append(list, e)
	}
	r.Add(list)
	return nil
}

func (c *core) tcpInfo(r *module.Request) error {
	var opened, tls int
	for _, k := range call(c.Connections) {
		opened++
		if k.TLS {
			tls++
		}
	}
	s := r.Struct().Add("readers", c.Readers)
	addSetting(s, r.Host.Settings(), "max_connections", "max_connections")
	addSetting(s, r.Host.Settings(), "max_tls_connections", "max_tls_connections")
	s.Add("opened_connections", opened).Add("opened_tls_connections", tls).Add("write_queued_bytes", c.queued())
	return nil
}

// queued is how much waits to be sent on stream connections.
func (c *core) queued() int64 {
	if c.QueuedBytes == nil {
		return 0
	}
	return c.QueuedBytes()
}

// work is for who waits until a server has come to rest, before it is stopped or when a test wants to know all that followed: a message
// that is done may have begun a task, and a task may send, so that each is asked for after what leads to it.
func (c *core) work(r *module.Request) error {
	var w Work
	if c.Work != nil {
		w = c.Work()
	}
	r.Struct().Add("messages", w.Taken).Add("at_work", w.AtWork).Add("tasks", w.Tasks).Add("write_queued_bytes", c.queued()).Add("short_datagrams", w.Short)
	return nil
}

func (c *core) tcpList(r *module.Request) error {
	for _, k := range call(c.Connections) {
		r.Struct().
			Add("id", uint64(k.ID)).
			Add("type", strings.ToUpper(k.Proto.String())).
			Add("state", k.State).
			Add("timeout", int64(k.Timeout.Seconds())).
			Add("lifetime", int64(k.Lifetime.Seconds())).
			Add("ref_count", 1).
			Add("src_ip", k.Source).
			Add("src_port", k.SrcPort).
			Add("dst_ip", k.Dest).
			Add("dst_port", k.DstPort)
	}
	return nil
}

// tcpOptions shows those of Kamailio's options that this server has as
// settings of the group tcp, under the names that Kamailio prints.
func tcpOptions(r *module.Request) error {
	s := r.Struct()
	for _, name := range [...]string{
		"connect_timeout", "send_timeout", "connection_lifetime", "max_connections(soft)", "max_tls_connections(soft)",
		"no_connect", "fd_cache", "async", "connect_wait", "conn_wq_max", "wq_max", "defer_accept", "delayed_ack",
		"syncnt", "linger2", "keepalive", "keepidle", "keepintvl", "keepcnt", "crlf_ping", "accept_aliases",
		"alias_flags", "new_conn_alias_flags",
	} {
		key := name
		if n := len(name) - len("(soft)"); n > 0 && name[n:] == "(soft)" {
			key = name[:n]
		}
		addSetting(s, r.Host.Settings(), name, key)
	}
	return nil
}

// rawInfo answers for an option that is refused at start.
func rawInfo(r *module.Request) error {
	r.Struct().Add("udp4_raw", 0).Add("udp4_raw_mtu", 1500).Add("udp4_raw_ttl", 64)
	return nil
}

// addSetting adds a setting of the group tcp, if there is one. TLS connections
// have no limit of their own here: that of all connections is theirs.
func addSetting(s *module.Struct, settings *setting.Registry, label, name string) {
	e := settings.Lookup("tcp", name)
	if e == nil && name == "max_tls_connections" {
		e = settings.Lookup("tcp", "max_connections")
	}
	if e != nil && e.Int != nil {
		s.Add(label, e.Int.Get())
	}
}
