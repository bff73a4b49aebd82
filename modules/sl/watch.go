// SPDX-License-Identifier: Apache-2.0

package sl

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

// OnSent calls f for each reply that was sent without state. The text is not
// f's to keep. It is for the Start of a module that is started after sl.
func (s *SL) OnSent(f func(c *module.Call, to transport.Destination, text []byte)) {
	s.onSent = append(s.onSent, f)
}

// OnACK calls f for each ACK to such a reply, before it ends.
func (s *SL) OnACK(f func(c *module.Call)) { s.onACK = append(s.onACK, f) }
