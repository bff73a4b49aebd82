// SPDX-License-Identifier: Apache-2.0

package jsonrpcs

import (
	"errors"
	"fmt"

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

var errNoHTTP = errors.New("jsonrpc_dispatch needs the module xhttp, which is not available yet; use the FIFO or the datagram socket")

func refuseDispatch(module.Binder, module.Args) error { return errNoHTTP }

func (j *Jsonrpcs) dispatch(c *module.Call, _ module.Args) module.Result {
	return c.Fail("jsonrpc_dispatch", errNoHTTP)
}

// response is KSR.jsonrpcs.response.
func response(c *module.Call, _ module.Args) module.Value {
	v, _ := c.AVPs.At(replyBody, 0)
	return v
}
