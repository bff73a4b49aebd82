// SPDX-License-Identifier: Apache-2.0

package transaction

import "github.com/kahea-sip/kahea/core/sip"

// A To tag of ours is 32 digits that are the same for all replies of this
// layer, a separator, and 8 digits made of the request: every retransmission
// gets the same tag (RFC 3261 8.2.7), and the ACK for a reply is known by its
// first part.

// tagLen is the length of a tag of ours.
const tagLen = 32 + 1 + 8

// appendTag appends the To tag for the replies to m. The separator tells who
// made it: '-' a transaction, '.' a reply without state.
func (l *Layer) appendTag(dst []byte, m *sip.Message, separator byte) []byte {
	dst = l.appendTagPrefix(dst)
	dst = append(dst, separator)
	h := l.table.hash(m.CallID())
	if via, err := m.Via(0); err == nil {
		h = mix(h, l.table.hash(via.Branch))
	}
	return appendHex8(dst, uint32(h))
}

func (l *Layer) appendTagPrefix(dst []byte) []byte {
	for i := range uint64(4) {
		dst = appendHex8(dst, uint32(mix(i+1, ^l.opt.Secret)))
	}
	return dst
}

// AppendStatelessTag appends the To tag of a reply without state.
func (l *Layer) AppendStatelessTag(dst []byte, m *sip.Message) []byte {
	return l.appendTag(dst, m, '.')
}

// IsStatelessTag reports whether a To tag was made by AppendStatelessTag: an
// ACK with it ends here.
func (l *Layer) IsStatelessTag(tag string) bool { return l.isTag(tag, '.') }

func (l *Layer) isTag(tag string, separator byte) bool {
	if len(tag) != tagLen || tag[32] != separator {
		return false
	}
	var buf [32]byte
	return tag[:32] == string(l.appendTagPrefix(buf[:0]))
}

// NewTag returns a tag that nobody had before, for the From of a request of
// our own.
func (l *Layer) NewTag() string {
	n := l.calls.Add(1)
	h := mix(n, l.opt.Secret^0x7461670000000000)
	return string(appendHex8(appendHex8(nil, uint32(h>>32)), uint32(h)))
}

// AppendStatefulTag appends the To tag that a transaction gives its replies.
func (l *Layer) AppendStatefulTag(dst []byte, m *sip.Message) []byte { return l.appendTag(dst, m, '-') }
