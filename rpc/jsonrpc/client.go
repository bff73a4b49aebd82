// SPDX-License-Identifier: Apache-2.0

package jsonrpc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"strconv"

	"github.com/kahea-sip/kahea/core/module"
)

// Client sends requests over a datagram connection. It serves one caller at a
// time.
type Client struct {
	conn net.Conn
	id   int
}

// NewClient makes a client of a connection, which stays the caller's to close.
func NewClient(c net.Conn) *Client { return &Client{conn: c} }

// maxDatagram is the longest reply that is taken, in octets. Unix sockets carry
// more than UDP.
const maxDatagram = 1 << 20

// Call sends a request and returns its result: the values of a list, else the
// one value. An error reply is a *module.Fault.
func (c *Client) Call(method string, args ...any) ([]any, error) {
	c.id++
	req := (&module.Struct{}).Add("jsonrpc", "2.0").Add("method", method).Add("params", module.List(args)).Add("id", c.id)
	if _, err := c.conn.Write(Append(nil, req, false)); err != nil {
		return nil, fmt.Errorf("cannot send request: %w", err)
	}
	buf := make([]byte, maxDatagram)
	for {
		n, err := c.conn.Read(buf)
		if err != nil {
			return nil, fmt.Errorf("cannot read reply: %w", err)
		}
		values, id, err := parseReply(buf[:n])
		// The reply to an earlier request may still come; one without an id is
		// about a request that could not be read.
		if id == strconv.Itoa(c.id) || id == "" || id == "null" {
			return values, err
		}
	}
}

func parseReply(doc []byte) (values []any, id string, err error) {
	var in struct {
		Result json.RawMessage `json:"result"`
		Error  *struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
		ID json.RawMessage `json:"id"`
	}
	if err := json.Unmarshal(doc, &in); err != nil {
		return nil, "", fmt.Errorf("cannot read reply: %w", err)
	}
	id = string(in.ID)
	if in.Error != nil {
		return nil, id, &module.Fault{Code: in.Error.Code, Text: in.Error.Message}
	}
	d := json.NewDecoder(bytes.NewReader(in.Result))
	d.UseNumber()
	v, err := ordered(d)
	if err != nil {
		return nil, id, fmt.Errorf("cannot read reply: %w", err)
	}
	switch v := v.(type) {
	case module.List:
		return v, id, nil
	case *module.Struct:
		if len(v.Fields) == 0 {
			return nil, id, nil
		}
	}
	return []any{v}, id, nil
}

// ordered reads a value and keeps the order of members.
func ordered(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('['):
		l := module.List{}
		for d.More() {
			v, err := ordered(d)
			if err != nil {
				return nil, err
			}
			l = append(l, v)
		}
		_, err = d.Token()
		return l, err
	case json.Delim('{'):
		s := &module.Struct{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := ordered(d)
			if err != nil {
				return nil, err
			}
			s.Fields = append(s.Fields, module.Field{Name: name.(string), Value: v})
		}
		_, err = d.Token()
		return s, err
	}
	if t == nil {
		return nil, nil
	}
	v, _ := param(t)
	return v, nil
}
