// SPDX-License-Identifier: Apache-2.0

package dlgs

import (
	"bytes"
	"sync"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// replies sees the replies that leave: what the caller gets is what became of
// the call, whether it came from elsewhere or was made here.
type replies struct{ *Dlgs }

var _ transport.Watcher = replies{}

// Received implements transport.Watcher.
func (replies) Received(transport.Packet) {}

var (
	statusLine = []byte("SIP/2.0 ")
	invite     = []byte("INVITE")
	messages   = sync.Pool{New: func() any { return new(sip.Message) }}
)

// Sent implements transport.Watcher. Hot path: what cannot be a reply to the
// INVITE of a call is not parsed.
func (r replies) Sent(_ transport.Destination, data []byte) {
	if r.calls.size.Load() == 0 || !bytes.HasPrefix(data, statusLine) || !bytes.Contains(data, invite) {
		return
	}
	m := messages.Get().(*sip.Message)
	defer messages.Put(m)
	defer m.Reset() // it views data, which is not ours to keep
	if m.Parse(data) != nil {
		return
	}
	who, ok := partyOf(m)
	if q, err := m.CSeq(); !ok || err != nil || q.Method != sip.MethodInvite {
		return
	}
	r.calls.with(who, func(c *call) state { return c.reply(int(m.Status), who.toTag, r.now()) })
}
