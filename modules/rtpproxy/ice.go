// SPDX-License-Identifier: Apache-2.0

package rtpproxy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sdp"
	"github.com/kahea-sip/kahea/core/sip"
)

// Priorities of the proxy as a candidate for RTP (RFC 8445 5.1.2.1); that for RTCP is one less. The first is above that of any host.
const (
	firstChoice = 2197815295
	lastChoice  = 16777215
)

var errPriority = errors.New("the variable of ice_candidate_priority_avp is not 0, 1 or 2")

// priority is what ice_candidate_priority_avp says for a message, 0 for no candidates.
func (r *RTPProxy) priority(c *module.Call) (int64, error) {
	if r.ice == nil {
		return 0, nil
	}
	v := r.ice.Get(c, module.Index{})
	if v.IsNull() {
		return lastChoice, nil
	}
	switch n, ok := v.Number(); {
	case ok && n == 0:
		return 0, nil
	case ok && n == 1:
		return firstChoice, nil
	case ok && n == 2:
		return lastChoice, nil
	}
	return 0, errPriority
}

// candidates adds the proxy to the candidates of a stream, in front of the last one, where Kamailio has it. A stream that has none does
// without ICE.
func (e *editing) candidates(s *stream) {
	if e.priority == 0 {
		return
	}
	at := -1
	for l := range e.d.Of(&s.media) {
		if strings.HasPrefix(l.Text, "a=candidate:") {
			at = l.Start
		}
	}
	if at < 0 {
		return
	}
	_, lineEnd := sdp.Tail(e.text)
	address := s.newAddress.String()
	foundation := strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, address)
	line := func(component, port int, priority int64) string {
		return fmt.Sprintf("a=candidate:%s %d UDP %d %s %d typ relay%s", foundation, component, priority, address, port, lineEnd)
	}
	e.c.Msg.Insert(e.start+at, sip.Before, line(2, s.newPort+1, e.priority-1)+line(1, s.newPort, e.priority))
}
