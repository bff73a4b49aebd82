// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// bufferByte is $msgbuf(index): one character of the message as it came.
type bufferByte struct{ index dynamic }

var _ module.Assignable = bufferByte{}

func bindBuffer(b module.Binder, inner string) (module.Accessor, error) {
	d, err := bindName(b, inner)
	if err != nil {
		return nil, err
	}
	if d.tpl == nil {
		if n, ok := avp.ParseInt(d.fixed); !ok || n < 0 {
			return nil, fmt.Errorf("the index must be a number of at least 0, found %q", inner)
		}
	}
	return bufferByte{d}, nil
}

// at is the index; false where the message has no such character.
func (x bufferByte) at(c *module.Call) (int, bool) {
	n, ok := avp.ParseInt(x.index.name(c))
	return int(n), ok && 0 <= n && n < int64(len(c.Msg.Raw()))
}

// Get implements module.Accessor.
func (x bufferByte) Get(c *module.Call, _ module.Index) module.Value {
	n, ok := x.at(c)
	if !ok {
		return null
	}
	return avp.String(c.Mem.Copy(c.Msg.Raw()[n : n+1]))
}

var errBuffer = errors.New("the message has no such character, or cannot be changed any more")

// Set implements module.Assignable. What was read of the message before keeps
// its meaning: nothing is taken apart anew.
func (x bufferByte) Set(c *module.Call, _ module.Index, v module.Value) error {
	n, ok := x.at(c)
	if v.Kind != avp.Str || v.Str == "" {
		return errNeedString
	}
	data := c.Packet.Data
	if !ok || n >= len(data) || unsafe.StringData(c.Msg.Raw()) != unsafe.SliceData(data) {
		return errBuffer
	}
	data[n] = v.Str[0]
	return nil
}
