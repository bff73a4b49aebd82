// SPDX-License-Identifier: Apache-2.0

package nathelper

import (
	"hash/maphash"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// The From tag of a keepalive names the contact, so that nothing need be kept
// until the answer comes: record unique id, hash of the AOR, time of sending,
// and a code over these that only this process can make. Who did not get the
// keepalive cannot answer for the contact.

// tag is what a From tag says.
type tag struct {
	ruid string
	hash uint32
	sent int64 // milliseconds since the epoch
}

// code is the code over the other parts of a tag.
func (n *NATHelper) code(text string) uint64 { return maphash.String(n.seed, text) }

func (n *NATHelper) appendTag(dst []byte, t tag) []byte {
	from := len(dst)
	dst = append(append(dst, t.ruid...), '-')
	dst = append(strconv.AppendUint(dst, uint64(t.hash), 16), '-')
	dst = strconv.AppendInt(dst, t.sent, 16)
	code := n.code(string(dst[from:]))
	return strconv.AppendUint(append(dst, '-'), code, 16)
}

// readTag reads a tag that appendTag made.
func (n *NATHelper) readTag(text string) (t tag, ok bool) {
	if !strings.HasPrefix(text, "uloc-") {
		return t, false
	}
	i := strings.LastIndexByte(text, '-')
	code, err := strconv.ParseUint(text[i+1:], 16, 64)
	if text = text[:i]; err != nil || code != n.code(text) {
		return t, false
	}
	if i = strings.LastIndexByte(text, '-'); i < 0 {
		return t, false
	}
	if t.sent, err = strconv.ParseInt(text[i+1:], 16, 64); err != nil {
		return t, false
	}
	text = text[:i]
	if i = strings.LastIndexByte(text, '-'); i < 0 {
		return t, false
	}
	hash, err := strconv.ParseUint(text[i+1:], 16, 32)
	t.ruid, t.hash = text[:i], uint32(hash)
	return t, err == nil
}

// request makes the request for a contact.
func (n *NATHelper) request(d *due, from *transport.Socket) []byte {
	now := n.host.Clock().Now().UnixMilli()
	number := strconv.FormatUint(n.branch.Add(1), 16) + "-" + strconv.FormatUint(n.host.Rand().Uint64(), 16)
	value := append(append(append(make([]byte, 0, 128), '<'), n.sippingFrom...), ">;tag="...)
	return sip.AppendLocalRequest(nil, &sip.LocalRequest{
		Method: n.method, RequestURI: d.uri,
		Via:  &sip.Outgoing{Transport: from.Proto, Host: from.Host, Port: from.Port, Branch: sip.MagicCookie + number},
		From: string(n.appendTag(value, tag{d.ruid, d.hash, now})), To: "<" + d.uri + ">",
		CallID: number + "@" + from.Host, CSeq: 1, MaxForwards: 70, Route: d.path,
	})
}
