// SPDX-License-Identifier: Apache-2.0

// Package http_client sends requests of HTTP for scripts.
package http_client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("http_client", func() module.Module { return New() }) }

// Client is the module.
type Client struct {
	common      options // of connections that name none, and of http_client_query
	queryResult int
	queryMax    int
	configFile  string
	declared    []string // httpcon, in its order
	connections map[string]*connection
	query       *connection
	outs        map[string]module.Assignable // result variables, by how they are written

	ok, failed counter.Counter
}

// New returns the module with its defaults.
func New() *Client {
	return &Client{common: options{timeout: 4, redirect: 1, verifyPeer: 1, verifyHost: 2, authMethod: authBasic | authDigest}, queryResult: 1,
		connections: map[string]*connection{}, outs: map[string]module.Assignable{}}
}

var (
	_ module.Preparer = (*Client)(nil)
	_ module.Starter  = (*Client)(nil)
	_ module.Stopper  = (*Client)(nil)
)

// Exports implements module.Module.
func (m *Client) Exports() module.Exports {
	return module.Exports{
		Doc:       "Sends requests of HTTP and gives scripts what servers answer.",
		Params:    m.params(),
		Functions: m.functions(),
		Lua:       m.luaFunctions(),
		Variables: []module.Variable{{Name: "curlerror", Bind: bindError, Doc: "what a result below 100 means: $curlerror(code), code being a number or a variable"}},
		RPC:       []module.Command{{Name: "httpclient.listcon", Run: m.rpcList, Doc: "Lists the connections of httpcon."}},
		Counters: []counter.Entry{
			{Group: "httpclient", Name: "connections", Gauge: func() int64 { return int64(len(m.connections)) }, Doc: "connections that httpcon has defined"},
			{Group: "httpclient", Name: "connok", Counter: &m.ok, Doc: "requests with an answer of 2xx"},
			{Group: "httpclient", Name: "connfail", Counter: &m.failed, Doc: "requests with another answer or none"},
		},
	}
}

func (m *Client) params() []module.Param {
	o := &m.common
	return []module.Param{
		{Name: "httpproxy", Set: &o.proxy, Doc: "URL of a proxy of HTTP"},
		{Name: "httpproxyport", Set: &o.proxyPort, Min: 0, Max: 65535, Doc: "its port; 0 for that of the URL"},
		{Name: "httpredirect", Set: &o.redirect, Min: 0, Max: 1, Doc: "0 has connections of httpcon not follow redirections"},
		{Name: "useragent", Set: &o.userAgent, Doc: "User-Agent of requests; empty for that of the server"},
		{Name: "maxdatasize", Set: &o.maxData, Min: 0, Max: maxSize, Unit: "bytes", Doc: "greatest size of an answer, which is cut there; 0 for 16 MiB"},
		{Name: "connection_timeout", Set: &o.timeout, Min: 0, Max: maxTimeout, Unit: "s", Doc: "time for an answer; 0 for a minute"},
		{Name: "client_cert", Set: &o.certificate, Doc: "file with the certificate that servers are shown, with client_key"},
		{Name: "client_key", Set: &o.key, Doc: "file with its key"},
		{Name: "cacert", Set: &o.authorities, Doc: "file with the certificates of authorities; empty for those of the system"},
		{Name: "cipher_suites", Set: &o.ciphers, Doc: "cipher suites up to TLS 1.2 in OpenSSL's language, or by the names that NSS has for them; all that are not weak where nothing is said"},
		{Name: "verify_peer", Set: &o.verifyPeer, Min: 0, Max: 1, Doc: "0 takes any certificate of a server"},
		{Name: "verify_host", Set: &o.verifyHost, Min: 0, Max: 2, Doc: "0 does not compare its name"},
		{Name: "tlsversion", Set: m.setTLS, Doc: "least version of TLS: 0 for 1.2, 1 and 4 for 1.0, 5 for 1.1, 6 for 1.2; there is nothing older"},
		{Name: "authmethod", Set: &o.authMethod, Min: 0, Max: 3, Doc: "how challenges are answered: 1 Basic, 2 Digest, or their sum"},
		{Name: "keep_connections", Set: &o.keep, Min: 0, Max: 1, Doc: "1 keeps connections for the next request"},
		{Name: "netinterface", Set: &o.netInterface, Doc: "address, or interface, that requests come from; the system chooses where nothing is said"},
		{Name: "query_result", Set: &m.queryResult, Min: 0, Max: 1, Doc: "what http_client_query gives: 1 the first line of the answer, 0 all of it"},
		{Name: "query_maxdatasize", Set: &m.queryMax, Min: 0, Max: maxSize, Unit: "bytes", Doc: "maxdatasize of http_client_query"},
		{Name: "config_file", Set: &m.configFile, Doc: "file with connections: a section [name] for each, and in it lines name = value: url, username, password, http_follow_redirect (as httpredirect), and those of httpcon"},
		{Name: "httpcon", Set: m.declare, Doc: "connection: name=>URL, with user:password@ where a server asks for them, and behind semicolons parameters: timeout, useragent, maxdatasize, httpredirect, verify_peer, verify_host, client_cert, client_key, cacert, cipher_suites, tlsversion, authmethod, keep_connections, httpproxy, httpproxyport, failover. It begins with the parameters that are set above it"},
	}
}

// Prepare implements module.Preparer. The connections of config_file are not read
// yet.
func (m *Client) Prepare(module.Binder) error {
	if m.configFile != "" {
		return nil
	}
	return m.checkFailover()
}

// checkFailover finds the connections that others name.
func (m *Client) checkFailover() error {
	for name, c := range m.connections {
		if f := c.failover; f != "" && m.connections[f] == nil {
			return fmt.Errorf("http_client: connection %s: there is no connection %q for failover", name, f)
		}
	}
	return nil
}

// Start implements module.Starter.
func (m *Client) Start(_ context.Context, h module.Host) error {
	if m.configFile != "" {
		if err := errors.Join(m.readFile(h.Core()), m.checkFailover()); err != nil {
			return err
		}
	}
	_, agent, _ := strings.Cut(h.Core().UserAgentHeader, ":")
	m.query = &connection{options: m.common}
	m.query.redirect, m.query.maxData = 0, m.queryMax
	all := []*connection{m.query}
	for _, c := range m.connections {
		all = append(all, c)
	}
	for _, c := range all {
		if c.userAgent == "" {
			c.userAgent = strings.TrimSpace(agent)
		}
		if err := c.prepare(); err != nil {
			return err
		}
	}
	return nil
}

// Stop implements module.Stopper.
func (m *Client) Stop(context.Context) error {
	if m.query == nil {
		return nil
	}
	m.query.client.CloseIdleConnections()
	for _, c := range m.connections {
		c.client.CloseIdleConnections()
	}
	return nil
}

var errKey = errors.New("$curlerror(code) has a number or a variable between its parentheses")

// bindError is $curlerror(code).
func bindError(b module.Binder, inner string) (module.Accessor, error) {
	t, err := b.Template(inner)
	if err != nil {
		return nil, errKey
	}
	return module.Getter(func(c *module.Call) module.Value {
		n, ok := avp.ParseInt(t.Eval(c))
		if !ok {
			return avp.Value{}
		}
		return avp.String(code(n).String())
	}), nil
}

// rpcList is httpclient.listcon. It tells nobody a password.
func (m *Client) rpcList(r *module.Request) error {
	if len(m.declared) == 0 {
		return nil
	}
	reply := r.Struct()
	for _, name := range slices.Backward(m.declared) {
		c := m.connections[name]
		scheme, uri, _ := strings.Cut(c.base, "://")
		password := ""
		if c.password != "" {
			password = "***"
		}
		reply.Struct("CONNECTION").Add("NAME", name).Add("SCHEMA", scheme).Add("URI", uri).Add("USERNAME", orNil(c.user)).
			Add("PASSWORD", orNil(password)).Add("FAILOVER", orNil(c.failover)).Add("TIMEOUT", int64(c.timeout))
	}
	return nil
}

// orNil is a text of a reply; one that is not set is none.
func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}
