// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"unsafe"

	"github.com/kahea-sip/kahea/core/sip"
)

// input is the memory that a connection reads into: what was received and not
// yet taken. It grows as data comes, never because a header promises much.
type input struct {
	buffer *Buffer
	start  int // of the bytes not taken
	end    int
	max    int
}

// room returns where to read to; false when the bytes not taken fill all that
// is allowed.
func (in *input) room() ([]byte, bool) {
	if in.buffer == nil {
		in.buffer, in.start, in.end = NewBuffer(BufferSize), 0, 0
	}
	if in.start == in.end {
		in.start, in.end = 0, 0
	}
	data := in.buffer.Data
	if in.end < len(data) {
		return data[in.end:], true
	}
	if in.start > 0 {
		in.end = copy(data, data[in.start:in.end])
		in.start = 0
		return data[in.end:], true
	}
	if len(data) >= in.max {
		return nil, false
	}
	larger := NewBuffer(min(2*len(data), max(in.max, BufferSize)))
	copy(larger.Data, data)
	in.buffer.Release()
	in.buffer = larger
	return larger.Data[in.end:], true
}

// unread are the bytes not taken.
func (in *input) unread() []byte {
	if in.buffer == nil {
		return nil
	}
	return in.buffer.Data[in.start:in.end]
}

// take returns the message of a frame and the buffer that it lies in. A message
// that is alone keeps the memory that it was read into; one with others behind it
// is copied.
func (in *input) take(f Frame) ([]byte, *Buffer) {
	alone := in.start+f.Size == in.end && inside(f.Message, in.unread())
	in.start += f.Size
	if alone {
		b := in.buffer
		in.buffer = nil
		in.start, in.end = 0, 0
		return f.Message, b
	}
	b := NewBuffer(len(f.Message))
	return b.Data[:copy(b.Data, f.Message)], b
}

// inside tells whether part lies in whole.
func inside(part, whole []byte) bool {
	p, w := uintptr(unsafe.Pointer(unsafe.SliceData(part))), uintptr(unsafe.Pointer(unsafe.SliceData(whole)))
	return len(whole) > 0 && p >= w && p+uintptr(len(part)) <= w+uintptr(len(whole))
}

func (in *input) release() {
	if in.buffer != nil {
		in.buffer.Release()
		in.buffer = nil
	}
}

// read hands the messages of the connection to a receiver until the connection
// ends or the layer stops reading.
func (c *conn) read() error {
	t := c.streams
	in := input{max: t.maxMessage}
	defer in.release()
	out := Out{layer: t.layer}
	for {
		room, ok := in.room()
		if !ok {
			return sip.ErrTooLarge
		}
		n, err := c.nc.Read(room)
		in.end += n
		if n > 0 {
			c.used.Store(int64(t.layer.clock.Monotonic()))
			if err := c.frames(&in, &out); err != nil {
				return err
			}
			c.received.Add(int64(n))
		}
		if err != nil {
			return c.stopError(err)
		}
	}
}

// frames takes all whole frames.
func (c *conn) frames(in *input, out *Out) error {
	taken, partial := false, c.partial
	for in.start < in.end {
		c.mu.Lock()
		framing := c.framing
		c.mu.Unlock()
		f, err := framing.Next(in.unread())
		if err != nil {
			c.streams.layer.log.Debug("closing a connection that does not speak SIP", "src", c.remote, "err", err)
			if f.Message != nil {
				c.mu.Lock()
				c.lingers = err == sip.ErrHeadersTooLarge || err == sip.ErrTooLarge || err == sip.ErrURITooLong // more of it is on its way
				c.mu.Unlock()
				data, b := in.take(f)
				c.receive(data, b, err, out)
			}
			if said := c.farewell(err); said || f.Message != nil {
				c.flush()
				c.linger()
			}
			return err
		}
		if f.Size == 0 {
			if f.Answer != nil {
				_ = c.sendRaw(f.Answer) // a client that does not hear it goes on after a while
			}
			break
		}
		taken, partial = true, f.Partial
		switch {
		case f.Message != nil:
			data, b := in.take(f)
			c.dueBy.Store(0)
			c.receive(data, b, nil, out)
		default:
			in.start += f.Size
		}
		if f.Answer != nil {
			if err := c.sendRaw(f.Answer); err != nil {
				return err
			}
		}
	}
	c.partial = partial
	c.limitMessage(in, taken)
	return nil
}

// lingerMax bounds what is read of a peer that was given its last answer, in bytes.
const lingerMax = 1 << 20

// linger lets a peer that still sends read its last answer: a connection that is closed with bytes unread is reset, and the answer lost
// with it. The time for it is that of a message.
func (c *conn) linger() {
	c.mu.Lock()
	nc, answered := c.nc, c.state == ConnOpen && c.closeAfter && c.lingers
	c.mu.Unlock()
	half, ok := nc.(interface{ CloseWrite() error })
	if !answered || !ok {
		return
	}
	t := c.streams
	t.mu.Lock()
	c.leaving = true
	t.forgetAll(c)
	t.mu.Unlock()
	c.dueBy.Store(int64(t.layer.clock.Monotonic() + t.readTimeout))
	if half.CloseWrite() != nil {
		return
	}
	unwanted := make([]byte, 4<<10)
	for left := lingerMax; left > 0; {
		n, err := nc.Read(unwanted)
		if err != nil {
			return
		}
		left -= n
	}
}

// limitMessage sets the time limit of a message of which a part has come; the
// limit counts from its first byte, so that a trickle does not extend it.
func (c *conn) limitMessage(in *input, taken bool) {
	switch {
	case in.start == in.end && !c.partial:
		c.dueBy.Store(0)
	case taken && !c.partial || c.dueBy.Load() == 0:
		c.dueBy.Store(int64(c.streams.layer.clock.Monotonic() + c.streams.readTimeout))
	}
}

// receive hands one message to a receiver.
func (c *conn) receive(data []byte, b *Buffer, fault error, out *Out) {
	p := Packet{
		Data: data, Buffer: b, Src: c.remote, Dst: c.local,
		Socket: c.socket, Conn: c.id, Time: c.streams.layer.clock.Now(), Fault: fault,
	}
	l := c.streams.layer
	if l.filter != nil {
		p.Data = l.filter.Received(p)
	}
	if len(l.watchers) != 0 {
		l.received(p)
	}
	r := c.streams.receivers.Get().(Receiver)
	r.Receive(p, out)
	c.streams.receivers.Put(r)
}
