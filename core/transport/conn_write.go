// SPDX-License-Identifier: Apache-2.0

package transport

// maxWrite bounds one write, in bytes, so that a slow peer that takes something
// is told from one that takes nothing.
const maxWrite = 16 << 10

// spareKeep bounds the memory that an idle writer leaves to the connection.
const spareKeep = 4 << 10

// send sends a message, with close as the last one of the connection. It never
// waits; hope, unless it is nil, is told where the connection does not open.
func (c *conn) send(msg []byte, closeAfter bool, hope *Refused) error {
	c.mu.Lock()
	err := c.failure // it is about to close
	if err == nil {
		err = c.enqueue(c.framing.Wrap(msg), false)
	}
	if err == nil && hope != nil && c.state == ConnConnecting && c.outgoing {
		c.hopes = append(c.hopes, hope)
	}
	if err == nil && closeAfter {
		if last := c.framing.Farewell(nil); last != nil {
			err = c.enqueue(last, true)
		}
		c.closeAfter = true
	}
	done := c.closeAfter && c.queued == 0 && c.state == ConnOpen
	c.mu.Unlock()
	switch err {
	case nil:
		if done {
			c.finish()
		}
	case ErrQueueFull:
		// A peer that does not read is given up, as Kamailio does.
		c.close()
	default:
		// The peer has left: the message may go on a new connection.
		c.close()
		err = errConnClosed
	}
	return err
}

// sendRaw sends bytes that are no message.
func (c *conn) sendRaw(data []byte) error {
	c.mu.Lock()
	err := c.enqueue(data, false)
	c.mu.Unlock()
	return err
}

// enqueue writes what the kernel takes at once and leaves the rest to a writer;
// mu is held.
func (c *conn) enqueue(data []byte, closeAfter bool) error {
	if c.state == ConnClosing || c.closeAfter {
		return errConnClosed
	}
	t := c.streams
	c.used.Store(int64(t.layer.clock.Monotonic()))
	if c.state == ConnOpen && c.queued == 0 {
		n, err := c.direct.write(data)
		if err != nil {
			return err
		}
		data = data[n:]
	}
	if len(data) > 0 {
		if c.queued > 0 && c.queued+len(data) > t.connQueueMax || int(t.queued.Load())+len(data) > t.queueMax {
			t.layer.count.sendqFull.Inc()
			return ErrQueueFull
		}
		c.pending = append(c.pending, data...)
		c.queued += len(data)
		t.queued.Add(int64(len(data)))
	}
	c.closeAfter = closeAfter
	if c.state == ConnOpen {
		c.startWriter()
	}
	return nil
}

// startWriter starts a writer if there is something to write and none runs; mu
// is held.
func (c *conn) startWriter() {
	if len(c.pending) == 0 || c.writing {
		return
	}
	c.writing = true
	c.streams.all.Add(1)
	go c.write()
}

// write writes what is queued, then ends.
func (c *conn) write() {
	defer c.streams.all.Done()
	var spare []byte
	for {
		data := c.nextWrite(spare)
		if data == nil {
			return
		}
		for rest := data; len(rest) > 0; {
			c.takes.Store(int64(c.streams.layer.clock.Monotonic() + c.streams.sendTimeout))
			n, err := c.nc.Write(rest[:min(len(rest), maxWrite)])
			if err != nil {
				c.close()
				break
			}
			rest = rest[n:]
		}
		c.takes.Store(0)
		c.written(len(data))
		spare = data[:0]
	}
}

// nextWrite takes what is queued and leaves spare for what comes; nil when the
// writer is done.
func (c *conn) nextWrite(spare []byte) []byte {
	c.mu.Lock()
	if c.state != ConnClosing && len(c.pending) > 0 {
		data := c.pending
		c.pending = spare
		c.mu.Unlock()
		return data
	}
	c.writing = false
	if cap(c.pending) > spareKeep {
		c.pending = nil
	}
	last := c.closeAfter
	c.mu.Unlock()
	if last {
		c.finish()
	}
	return nil
}

// finish closes the connection behind its last message, or leaves that to the reader.
func (c *conn) finish() {
	c.mu.Lock()
	lingers := c.lingers
	c.mu.Unlock()
	if !lingers {
		c.close()
	}
}

// written takes n bytes off the queue.
func (c *conn) written(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == ConnClosing {
		return // close has already done it
	}
	c.queued -= n
	c.streams.queued.Add(-int64(n))
	c.used.Store(int64(c.streams.layer.clock.Monotonic()))
	if c.queued == 0 {
		c.quiet.Broadcast()
	}
}
