// SPDX-License-Identifier: Apache-2.0

package binrpc

import (
	"fmt"

	"github.com/kahea-sip/kahea/core/module"
)

// AppendRequest appends a request packet.
func AppendRequest(dst, cookie []byte, method string, args ...any) []byte {
	body := appendString(nil, typeString, method)
	for _, a := range args {
		body = Append(body, a)
	}
	return AppendPacket(dst, Request, cookie, body)
}

// AppendReply appends a reply packet. A stream stands for its values.
func AppendReply(dst, cookie []byte, values []any) []byte {
	var body []byte
	for _, v := range values {
		if l, ok := v.(module.Stream); ok {
			for v := range l {
				body = Append(module.Room(body, module.ValueRoom), v)
			}
			continue
		}
		body = Append(body, v)
	}
	return AppendPacket(dst, Reply, cookie, body)
}

// AppendFault appends a fault packet.
func AppendFault(dst, cookie []byte, f *module.Fault) []byte {
	body := appendInt(nil, int64(f.Code))
	body = appendString(body, typeString, f.Text)
	return AppendPacket(dst, Fault, cookie, body)
}

// Method splits the body of a request. Its errors are faults that the client
// is meant to see.
func (p Packet) Method() (name string, args []any, err error) {
	if p.Kind != Request {
		return "", nil, module.Faultf(400, "bad request: %v", ErrCorrupt)
	}
	d := decoder{b: p.Body}
	v, end, err := d.value(0)
	if err != nil {
		return "", nil, module.Faultf(400, "bad request method: %v", err)
	}
	name, ok := v.(string)
	if end || !ok {
		return "", nil, module.Faultf(400, "bad request method: %v", ErrMismatch)
	}
	if args, err = Decode(d.b); err != nil {
		return name, nil, module.Faultf(400, "error at parameter %d: %v", len(args), err)
	}
	return name, args, nil
}

// Values returns what a reply holds; for a fault packet the error is a
// *module.Fault.
func (p Packet) Values() ([]any, error) {
	values, err := Decode(p.Body)
	if err != nil {
		return nil, fmt.Errorf("cannot read reply: %w", err)
	}
	switch p.Kind {
	case Reply:
		return values, nil
	case Fault:
		if len(values) < 2 {
			return nil, fmt.Errorf("cannot read fault: %w", ErrEnd)
		}
		code, _ := values[0].(int64)
		text, _ := values[1].(string)
		return nil, &module.Fault{Code: int(code), Text: text}
	}
	return nil, fmt.Errorf("cannot read reply: %w", ErrCorrupt)
}
