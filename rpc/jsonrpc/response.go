// SPDX-License-Identifier: Apache-2.0

package jsonrpc

import (
	"context"
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc"
)

// Response is the answer to a document.
type Response struct {
	// Code and Text are 200 and OK, or those of the error; of a batch those
	// of its last request.
	Code int
	Text string
	Body []byte
	// ReplyName is that of the request.
	ReplyName string
}

// Serve runs the requests of a document.
func Serve(ctx context.Context, h module.Host, doc []byte, pretty bool) Response {
	reqs, errs, batch, err := Parse(doc)
	if err != nil {
		return answer(Request{ID: "null"}, rpc.Reply{}, err, pretty)
	}
	if !batch {
		return serveOne(ctx, h, reqs[0], errs[0], pretty)
	}
	out := Response{Body: []byte{'['}}
	for i, r := range reqs {
		one := serveOne(ctx, h, r, errs[i], pretty)
		if i > 0 {
			out.Body = append(out.Body, ',')
		}
		out.Body = append(out.Body, one.Body...)
		out.Code, out.Text = one.Code, one.Text
		if one.ReplyName != "" {
			out.ReplyName = one.ReplyName
		}
	}
	out.Body = append(out.Body, ']')
	return out
}

// Refuse answers a document with an error instead of running it, or when its
// reply cannot be carried.
func Refuse(doc []byte, code int, text string, pretty bool) Response {
	r := Request{ID: "null"}
	if reqs, _, batch, err := Parse(doc); err == nil && !batch {
		r = reqs[0]
	}
	return answer(r, rpc.Reply{}, &module.Fault{Code: code, Text: text}, pretty)
}

func serveOne(ctx context.Context, h module.Host, r Request, err error, pretty bool) Response {
	var reply rpc.Reply
	if err == nil {
		reply, err = rpc.Call(ctx, h, r.Method, r.Params)
	}
	if errors.Is(err, rpc.ErrNotFound) {
		err = module.Faultf(500, "Method Not Found")
	}
	return answer(r, reply, err, pretty)
}

func answer(r Request, reply rpc.Reply, err error, pretty bool) Response {
	out := Response{Code: 200, Text: "OK", ReplyName: r.ReplyName}
	s := (&module.Struct{}).Add("jsonrpc", "2.0")
	if err == nil {
		s.Add("result", result(reply))
	} else {
		var f *module.Fault
		if !errors.As(err, &f) {
			f = &module.Fault{Code: 500, Text: err.Error()}
		}
		out.Code, out.Text = f.Code, f.Text
		s.Struct("error").Add("code", f.Code).Add("message", f.Text)
	}
	if r.ID != "" {
		s.Add("id", raw(r.ID))
	}
	out.Body = Append(nil, s, pretty)
	return out
}

// result gives the values of a reply their form: a list when the command says
// so or there are several, else the value itself, and an empty object for none.
func result(r rpc.Reply) any {
	if len(r.Values) == 1 {
		if l, ok := r.Values[0].(module.Stream); ok {
			return l
		}
	}
	switch {
	case r.Array || len(r.Values) > 1:
		return module.List(r.Values)
	case len(r.Values) == 1:
		return r.Values[0]
	}
	return &module.Struct{}
}
