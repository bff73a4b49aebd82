// SPDX-License-Identifier: Apache-2.0

package http_client

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

var (
	errResult = errors.New("the result is no variable that can be assigned to")
	errURL    = errors.New("the URL is empty")
	errNone   = errors.New("there is no such connection of httpcon")
)

// routes are where the functions may be called.
const routes = module.AnyRequest&^module.OnSendRoute | module.AnyReply

func (m *Client) functions() []module.Function {
	url := module.Arg{Name: "url", Doc: "URL of the request"}
	con := module.Arg{Name: "connection", Doc: "name of httpcon"}
	path := module.Arg{Name: "url", Doc: "what follows the URL of the connection"}
	kind := module.Arg{Name: "content_type", Doc: "type of the data"}
	body := module.Arg{Name: "body", Doc: "body; empty for none"}
	headers := module.Arg{Name: "hdrs", Doc: "header fields, a line each; empty for none"}
	result := module.Arg{Name: "result", Type: module.ArgVar, Doc: "variable for the answer"}
	last := result
	last.Optional = true
	paired := last
	paired.Paired = true
	literal := module.Arg{Name: "data", Literal: true, Doc: "data, in which no variables are replaced; a variable alone is"}
	const codes = " Returns the code of HTTP, or below 100 that of $curlerror; -1 for wrong arguments."
	return []module.Function{
		{Name: "http_client_query", Outside: true, Lua: "-", Routes: routes, Run: m.runQuery, Prepare: m.prepareResult,
			Args: []module.Arg{url,
				{Name: "post_data|result", Type: module.ArgTemplate, Doc: "data to post; empty for a GET. With two arguments the variable for the answer"},
				{Name: "hdrs|result", Type: module.ArgTemplate, Optional: true, Doc: "header fields, a line each. With three arguments the variable"}, last},
			Doc: "Sends a request and gives its answer, empty where there is none or the code is 500 or greater." + codes},
		{Name: "http_client_get", Outside: true, Lua: "-", Routes: routes, Args: []module.Arg{url, body, headers, result}, Run: m.runGet, Doc: "http_client_query that is a GET also with a body."},
		{Name: "http_connect", Outside: true, Lua: "-", Routes: routes, Run: m.runConnect, Prepare: m.prepareResult,
			Args: []module.Arg{con, path,
				{Name: "content_type|result", Type: module.ArgTemplate, Doc: "type of the data. With three arguments the variable for the answer, and the request is a GET"},
				{Name: "data", Optional: true, Doc: "data to post"}, paired},
			Doc: "Sends a request over a connection and gives its answer; over that of failover where there is none or its code is 500 or greater." + codes},
		{Name: "http_connect_raw", Outside: true, Lua: "-", Routes: routes, Args: []module.Arg{con, path, kind, literal, result}, Run: m.runConnectPost, Doc: "http_connect with data as they are written."},
		{Name: "http_get_redirect", Lua: "-", Routes: routes, Args: []module.Arg{con, result}, Run: m.runRedirect, Doc: "Gives the URL that the last answer of a connection came from."},
	}
}

func (m *Client) luaFunctions() []module.Function {
	url := module.Arg{Name: "url", Doc: "URL of the request"}
	con := module.Arg{Name: "connection", Doc: "name of httpcon"}
	path := module.Arg{Name: "url", Doc: "what follows the URL of the connection"}
	data := module.Arg{Name: "data", Doc: "data to post"}
	headers := module.Arg{Name: "hdrs", Doc: "header fields, a line each"}
	result := module.Arg{Name: "result", Type: module.ArgVar, Doc: "variable for the answer"}
	get := func(c *module.Call, a module.Args) module.Result {
		return m.send(c, m.query, request{url: a.Str(0)}, a.Var(1))
	}
	post := func(c *module.Call, a module.Args) module.Result {
		return m.send(c, m.query, posted(a.Str(0), a.Str(1), ""), a.Var(2))
	}
	postHeaders := func(c *module.Call, a module.Args) module.Result {
		return m.send(c, m.query, posted(a.Str(0), a.Str(1), a.Str(2)), a.Var(3))
	}
	connect := func(c *module.Call, a module.Args) module.Result {
		return m.send(c, m.connections[a.Str(0)], request{url: a.Str(1)}, a.Var(2))
	}
	return []module.Function{
		{Name: "query", Outside: true, Args: []module.Arg{url, result}, Run: get, Doc: "http_client_query without data."},
		{Name: "query_post", Outside: true, Args: []module.Arg{url, data, result}, Run: post, Doc: "http_client_query with data."},
		{Name: "query_post_hdrs", Outside: true, Args: []module.Arg{url, data, headers, result}, Run: postHeaders, Doc: "http_client_query with data and header fields."},
		{Name: "get_hdrs", Outside: true, Args: []module.Arg{url, {Name: "body", Doc: "body"}, headers, result}, Run: m.runGet, Doc: "http_client_get."},
		{Name: "curl_connect", Outside: true, Args: []module.Arg{con, path, result}, Run: connect, Doc: "http_connect without data."},
		{Name: "curl_connect_post", Outside: true, Args: []module.Arg{con, path, {Name: "content_type", Doc: "type of the data"}, data, result}, Run: m.runConnectPost, Doc: "http_connect with data."},
	}
}

// prepareResult finds the variable of a call whose last argument stands where
// longer calls have a text.
func (m *Client) prepareResult(b module.Binder, a module.Args) error {
	i := len(a) - 1
	for i > 0 && !a[i].Given {
		i--
	}
	t := a.Template(i)
	if t == nil {
		return nil
	}
	v, err := b.Var(t.String())
	if err != nil {
		return fmt.Errorf("the result: %w", err)
	}
	out, ok := v.(module.Assignable)
	if !ok {
		return errResult
	}
	m.outs[t.String()] = out
	return nil
}

// posted is a request that posts data where there are any.
func posted(url, data, headers string) request {
	return request{url: url, headers: headers, body: data, post: data != ""}
}

func (m *Client) runQuery(c *module.Call, a module.Args) module.Result {
	switch {
	case a[3].Given:
		return m.send(c, m.query, posted(a.Str(0), a.Template(1).Eval(c), a.Template(2).Eval(c)), a.Var(3))
	case a[2].Given:
		return m.send(c, m.query, posted(a.Str(0), a.Template(1).Eval(c), ""), m.outs[a.Template(2).String()])
	}
	return m.send(c, m.query, request{url: a.Str(0)}, m.outs[a.Template(1).String()])
}

func (m *Client) runGet(c *module.Call, a module.Args) module.Result {
	return m.send(c, m.query, request{url: a.Str(0), body: a.Str(1), headers: a.Str(2)}, a.Var(3))
}

func (m *Client) runConnect(c *module.Call, a module.Args) module.Result {
	con := m.connections[a.Str(0)]
	if !a[3].Given {
		return m.send(c, con, request{url: a.Str(1)}, m.outs[a.Template(2).String()])
	}
	return m.send(c, con, request{url: a.Str(1), kind: a.Template(2).Eval(c), body: a.Str(3), post: true}, a.Var(4))
}

func (m *Client) runConnectPost(c *module.Call, a module.Args) module.Result {
	return m.send(c, m.connections[a.Str(0)], request{url: a.Str(1), kind: a.Str(2), body: a.Str(3), post: true}, a.Var(4))
}

// send sends a request and assigns the answer to a variable. The request outlives
// the message where a server answers before it has read all of it.
func (m *Client) send(c *module.Call, con *connection, r request, to module.Accessor) module.Result {
	out, ok := to.(module.Assignable)
	switch {
	case !ok:
		return c.Fail("http_client", errResult)
	case con == nil:
		_ = out.Set(c, module.Index{}, avp.String(""))
		return c.Fail("http_client", errNone)
	case con == m.query && r.url == "":
		return c.Fail("http_client", errURL)
	}
	r.method = http.MethodGet
	if r.post {
		r.method = http.MethodPost
	}
	r.url, r.kind, r.body, r.headers = strings.Clone(r.url), strings.Clone(r.kind), strings.Clone(r.body), strings.Clone(r.headers)
	var a answer
	var err error
	c.Block(func() {
		if con != m.query {
			a, err = m.connect(c.Context(), con, r)
			return
		}
		if a, err = m.do(c.Context(), con, &r); m.queryResult != 0 {
			a.body, _, _ = strings.Cut(a.body, "\n")
		}
	})
	if err == nil {
		err = out.Set(c, module.Index{}, avp.String(a.body))
	}
	if err != nil {
		return c.Fail("http_client", err)
	}
	return module.Result(a.code)
}

func (m *Client) runRedirect(c *module.Call, a module.Args) module.Result {
	con := m.connections[a.Str(0)]
	if con == nil {
		return c.Fail("http_get_redirect", errNone)
	}
	out, ok := a.Var(1).(module.Assignable)
	if !ok {
		return c.Fail("http_get_redirect", errResult)
	}
	con.mu.Lock()
	last := con.last
	con.mu.Unlock()
	if err := out.Set(c, module.Index{}, avp.String(last)); err != nil {
		return c.Fail("http_get_redirect", err)
	}
	return module.True
}
