// SPDX-License-Identifier: Apache-2.0

package pua

import (
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// reply is what is read of a final reply; its texts are its own.
type reply struct {
	code       int
	reason     string
	etag       string
	expires    int64 // -1 where it says nothing
	minExpires int64
	// Of the reply to a SUBSCRIBE.
	toTag, target, routes string
}

// heard reads the final reply of a request of ours.
func heard(n *transaction.Notice) reply {
	re := reply{code: n.Code, reason: sip.StatusText(n.Code), expires: -1}
	msg := n.Reply
	if msg == nil {
		return re
	}
	re.reason, re.etag, re.toTag = strings.Clone(msg.Reason), strings.Clone(msg.Value(sip.HeaderSIPETag)), strings.Clone(msg.ToTag())
	if v, err := msg.Expires(); err == nil && msg.HasHeader(sip.HeaderExpires) {
		re.expires = min(int64(v), maxExpires)
	}
	if v, ok := sip.ParseUint(msg.Value(sip.HeaderMinExpires)); ok {
		re.minExpires = min(int64(v), maxExpires)
	}
	re.target, re.routes = target(msg), routeSet(msg)
	return re
}

// target is where the requests of a dialog go.
func target(msg *sip.Message) string {
	list, err := msg.Contacts()
	if err != nil || len(list) == 0 || list[0].Star {
		return ""
	}
	return strings.Clone(list[0].URI)
}

// routeSet is the route set that a reply gives (RFC 3261 12.1.2).
func routeSet(msg *sip.Message) string {
	list, err := msg.RecordRoutes()
	if err != nil {
		return ""
	}
	var b strings.Builder
	for i := len(list) - 1; i >= 0; i-- {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(list[i].Raw)
	}
	return b.String()
}
