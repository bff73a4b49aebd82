// SPDX-License-Identifier: Apache-2.0

package jsonrpcs

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc/jsonrpc"
)

// The reply to jsonrpc_exec lives with the message, as AVPs whose names no
// script can write.
const (
	replyCode = "\x00jsonrpl.code"
	replyText = "\x00jsonrpl.text"
	replyBody = "\x00jsonrpl.body"
)

func (j *Jsonrpcs) exec(c *module.Call, a module.Args) module.Result {
	doc := []byte(a.Str(0))
	var r jsonrpc.Response
	c.Block(func() { r = jsonrpc.Serve(c.Context(), j.host, doc, j.pretty != 0) })
	keep(c, replyCode, avp.Number(int64(r.Code)))
	keep(c, replyText, avp.String(r.Text))
	keep(c, replyBody, avp.String(string(r.Body)))
	if r.Code == jsonrpc.CodeParse {
		return c.Fail("jsonrpc_exec", fmt.Errorf("not a JSON document: %.100q", doc))
	}
	return module.True
}

func keep(c *module.Call, name string, v avp.Value) {
	if !c.AVPs.Set(name, 0, v) {
		c.AVPs.Add(name, v)
	}
}

func bindReply(_ module.Binder, inner string) (module.Accessor, error) {
	name, ok := map[string]string{"code": replyCode, "text": replyText, "body": replyBody}[inner]
	if !ok {
		return nil, fmt.Errorf("unknown key %q of $jsonrpl, expected code, text or body", inner)
	}
	return module.Getter(func(c *module.Call) module.Value {
		v, _ := c.AVPs.At(name, 0)
		return v
	}), nil
}

var errNoHTTP = errors.New("jsonrpc_dispatch needs the module xhttp, which is not loaded")

// answerer answers requests of HTTP: the module xhttp.
type answerer interface {
	Reply(c *module.Call, code int, reason, contentType, body string) error
	// Else has what the request is answered with where the script gives no answer.
	Else(c *module.Call, code int, reason, contentType, body string)
}

// needHTTP refuses jsonrpc_dispatch() at start where nothing can answer.
func needHTTP(b module.Binder, _ module.Args) error {
	if b == nil || b.Module("xhttp") == nil {
		return errNoHTTP
	}
	return nil
}

// dispatch is jsonrpc_dispatch(). As in Kamailio the script may answer a document that is no JSON: it has the error where the script does not.
func (j *Jsonrpcs) dispatch(c *module.Call, _ module.Args) module.Result {
	over, ok := j.host.Module("xhttp").(answerer)
	if !ok {
		return c.Fail("jsonrpc_dispatch", errNoHTTP)
	}
	var r jsonrpc.Response
	doc := []byte(c.Msg.Body())
	c.Block(func() { r = jsonrpc.Serve(c.Context(), j.host, doc, j.pretty != 0) })
	if r.Code == jsonrpc.CodeParse {
		over.Else(c, statusOf(r.Code), r.Text, "application/json", string(r.Body))
		return c.Fail("jsonrpc_dispatch", fmt.Errorf("not a JSON document: %.100q", doc))
	}
	if err := over.Reply(c, statusOf(r.Code), r.Text, "application/json", string(r.Body)); err != nil {
		return c.Fail("jsonrpc_dispatch", err)
	}
	return module.True
}

// response is KSR.jsonrpcs.response.
func response(c *module.Call, _ module.Args) module.Value {
	v, _ := c.AVPs.At(replyBody, 0)
	return v
}

// statusOf is the status of HTTP for the code of a reply: JSON-RPC has codes of
// its own for what is no request, below zero.
func statusOf(code int) int {
	if code < http.StatusOK || code > 699 {
		return http.StatusBadRequest
	}
	return code
}
