// SPDX-License-Identifier: Apache-2.0

package transaction

import "github.com/kahea-sip/kahea/core/sip"

// pick chooses the branch whose negative reply goes upstream, or nil when
// there is none: the best of those that count, else of all.
func (t *Transaction) pick() *Branch {
	if b := t.best(false); b != nil {
		return b
	}
	return t.best(true)
}

func (t *Transaction) best(dropped bool) *Branch {
	var best *Branch
	lowest := 0
	for _, b := range t.branches {
		if !b.finished || b.dropped && !dropped || b.status < 300 || b.reply == nil && !b.faked {
			continue
		}
		rank := t.rank(b)
		if best == nil || rank < lowest {
			best, lowest = b, rank
		}
	}
	return best
}

// rank orders final replies, the best lowest (RFC 3261 16.7 step 6): 6xx, then
// the lowest class; within 4xx those that tell the client how to do better.
func (t *Transaction) rank(b *Branch) int {
	n := b.status % 100
	switch b.status / 100 {
	case 6:
	case 3:
		n += 1000
	case 4:
		n += 2000 + rank4xx(b.status)
	case 5:
		n += 5000
	default:
		n += 10000
	}
	if b.faked {
		n += int(t.cfg.FakedReplyPrio.Get())
	}
	return n
}

func rank4xx(code int) int {
	switch code {
	case 401, 407, 415, 420, 484:
		return 0
	}
	return 100
}

// challenges are the headers that a client needs to answer a 401 or 407.
var challenges = [...]sip.HeaderType{sip.HeaderWWWAuthenticate, sip.HeaderProxyAuthenticate}

// challenged collects the challenges of all branches (RFC 3261 16.7 step 7):
// complete header fields, empty when only one branch was challenged.
func (t *Transaction) challenged() string {
	var fields []byte
	n := 0
	for _, b := range t.branches {
		if b.dropped || b.reply == nil || b.status != 401 && b.status != 407 {
			continue
		}
		n++
		for _, h := range challenges {
			for i := b.reply.First(h); i >= 0; i = b.reply.Next(h, i) {
				f := b.reply.Header(i)
				fields = append(fields, b.reply.Raw()[f.Start:f.End]...)
			}
		}
	}
	if n < 2 {
		return ""
	}
	return string(fields)
}
