// SPDX-License-Identifier: Apache-2.0

// Package jsonrpc reads and writes JSON-RPC 2.0 as Kamailio's jsonrpcs module
// speaks it: parameters are strings and numbers whose order counts, those of an
// object being taken in the order of writing; a request without id is answered
// too; errors of commands keep their own codes.
package jsonrpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/kahea-sip/kahea/core/module"
)

// Codes of the JSON-RPC 2.0 specification, section 5.1.
const (
	CodeParse         = -32700
	CodeInvalid       = -32600
	CodeInvalidParams = -32602
)

// MaxRequest is the longest document that a server takes, in octets.
const MaxRequest = 64 << 10

// Request is one call.
type Request struct {
	Method string
	// Params are int64, float64 and string.
	Params []any
	// ID is the JSON text of the id; empty when the request has none.
	ID string
	// ReplyName is the file name of the FIFO for the reply, an addition of
	// Kamailio's for requests over a FIFO.
	ReplyName string
}

// ErrEnd tells that a document is not complete.
var ErrEnd = errors.New("unexpected end of JSON document")

// Parse reads a document: one request, or several in an array (batch). A
// document that is no JSON is a *module.Fault of CodeParse. A request that is
// not valid has its own *module.Fault in errs, nil for the others.
func Parse(doc []byte) (reqs []Request, errs []error, batch bool, err error) {
	doc = bytes.TrimSpace(doc)
	if !json.Valid(doc) {
		doc = forgiven(doc)
	}
	if len(doc) == 0 {
		return nil, nil, false, module.Faultf(CodeParse, "Parse error")
	}
	docs := []json.RawMessage{doc}
	if doc[0] == '[' {
		batch = true
		if err := json.Unmarshal(doc, &docs); err != nil || len(docs) == 0 {
			return nil, nil, false, module.Faultf(CodeInvalid, "Invalid Request")
		}
	}
	for _, d := range docs {
		r, err := parseOne(d)
		reqs, errs = append(reqs, r), append(errs, err)
	}
	return reqs, errs, batch, nil
}

func parseOne(doc []byte) (Request, error) {
	var in struct {
		Version   string          `json:"jsonrpc"`
		Method    string          `json:"method"`
		Params    json.RawMessage `json:"params"`
		ID        json.RawMessage `json:"id"`
		ReplyName string          `json:"reply_name"`
	}
	err := json.Unmarshal(doc, &in)
	r := Request{Method: in.Method, ID: string(in.ID), ReplyName: in.ReplyName}
	if len(r.ID) > 0 && (r.ID[0] == '{' || r.ID[0] == '[') {
		r.ID, err = "null", errors.New("id is no string or number")
	}
	if err != nil || in.Version != "2.0" || in.Method == "" {
		return r, module.Faultf(CodeInvalid, "Invalid Request")
	}
	r.Params, err = params(in.Params)
	return r, err
}

// params reads the parameters in their order.
func params(raw json.RawMessage) ([]any, error) {
	if len(raw) == 0 || raw[0] == 'n' {
		return nil, nil
	}
	if raw[0] != '[' && raw[0] != '{' {
		return nil, module.Faultf(CodeInvalidParams, "Invalid params: not an array or object")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	named := raw[0] == '{'
	d.Token()
	var list []any
	for d.More() {
		if named {
			d.Token()
		}
		t, err := d.Token()
		if err != nil {
			return nil, module.Faultf(CodeInvalidParams, "Invalid params")
		}
		v, ok := param(t)
		if !ok {
			return nil, module.Faultf(CodeInvalidParams, "Invalid params: parameter %d is no string or number", len(list))
		}
		list = append(list, v)
	}
	return list, nil
}

func param(t json.Token) (any, bool) {
	switch v := t.(type) {
	case string:
		return v, true
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return n, true
		}
		f, err := v.Float64()
		return f, err == nil
	case bool:
		if v {
			return int64(1), true
		}
		return int64(0), true
	case nil:
		return "", true
	}
	return nil, false
}

// Splitter finds the documents in a stream, where one may go over several
// lines and nothing but the text itself tells where it ends.
type Splitter struct{ buf []byte }

// Write adds what was received.
func (s *Splitter) Write(b []byte) (int, error) {
	s.buf = append(s.buf, b...)
	return len(b), nil
}

// Next returns the next document; its bytes are the caller's. ErrEnd says that
// the rest of it has still to come. Any other error is a *module.Fault: the
// text up to the end of its line, which is returned, was dropped.
func (s *Splitter) Next() ([]byte, error) {
	s.buf = bytes.TrimLeft(s.buf, " \t\r\n\x00")
	if len(s.buf) == 0 {
		return nil, ErrEnd
	}
	doc, size, err := first(s.buf)
	if err != nil && err != ErrEnd && (s.buf[0] == '{' || s.buf[0] == '[') { // a quote may be the rest of a line that was dropped
		mended, end := escaped(s.buf)
		if doc, _, err = first(mended); err == nil {
			size = end
		}
	}
	switch {
	case err == nil:
		s.buf = s.buf[size:]
		return doc, nil
	case err == ErrEnd && len(s.buf) <= MaxRequest:
		return nil, ErrEnd
	}
	return s.dropLine(), module.Faultf(CodeParse, "Parse error")
}

// first returns the document at the begin of a text and how long it is there. ErrEnd
// says that the rest of it is not there.
func first(text []byte) (doc []byte, size int, err error) {
	var raw json.RawMessage
	d := json.NewDecoder(bytes.NewReader(text))
	err = d.Decode(&raw)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = ErrEnd
	}
	return raw, int(d.InputOffset()), err
}

// dropLine drops the first line and returns it, and with a line that never ends
// everything: the next document begins on a line of its own.
func (s *Splitter) dropLine() []byte {
	line := s.buf
	if i := bytes.IndexByte(s.buf, '\n'); i >= 0 {
		line, s.buf = s.buf[:i], s.buf[i+1:]
	} else {
		s.buf = nil
	}
	return line
}
