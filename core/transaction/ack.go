// SPDX-License-Identifier: Apache-2.0

package transaction

import "github.com/kahea-sip/kahea/core/sip"

// sendACK acknowledges the negative reply m of an INVITE branch
// (RFC 3261 17.1.1.3). The ACK is kept for replies that come again, instead of
// the INVITE.
func (t *Transaction) sendACK(b *Branch, m *sip.Message) {
	if b.sent == nil {
		return
	}
	to := m.Value(sip.HeaderTo)
	freeText(b.ack)
	b.ack = fit(sip.AppendACK(newText(len(b.sent)), b.sent, to))
	_ = t.transmit(b.dest, b.ack)
}

// ACK says what an ACK belongs to.
type ACK uint8

const (
	// NoACK belongs to no transaction.
	NoACK ACK = iota
	// NegativeACK acknowledged a negative reply, or a 2xx made here: it ends
	// here.
	NegativeACK
	// EndToEndACK acknowledges a 2xx that was relayed: it goes on. As with
	// Kamailio it is told from NoACK only where somebody asked the
	// transaction for EndToEndACKIn.
	EndToEndACK
)

// ACK takes an ACK to its transaction.
func (l *Layer) ACK(r *Received) ACK {
	var k key
	if l.newKey(&k, r.Msg, l.Settings(), true) != nil {
		return NoACK
	}
	t := l.lookup(&k)
	if t == nil {
		if t = l.lookupCall(&k); t == nil {
			return NoACK
		}
	}
	defer t.Unref()
	t.Lock(r.Out, r.From)
	defer t.Unlock()
	return t.acknowledged(&k, r.Msg)
}

// HasACK tells whether an ACK belongs to a negative reply, and changes nothing.
func (l *Layer) HasACK(r *Received) bool {
	var k key
	if l.newKey(&k, r.Msg, l.Settings(), true) != nil {
		return false
	}
	t := l.lookup(&k)
	if t == nil {
		return false
	}
	t.Unref()
	return true
}

func (t *Transaction) acknowledged(k *key, m *sip.Message) ACK {
	switch {
	case t.status >= 300:
		if k.cookie && k.branch != t.key.branch {
			return NoACK
		}
	case t.status >= 200 && t.flags&ownReply != 0:
		if k.toTag != t.ownTag && t.key.toTag == "" {
			return NoACK
		}
	case t.status >= 200:
		t.emit(EndToEndACKIn, nil, m, nil, t.status)
		if t.mask&EndToEndACKIn == 0 {
			return NoACK
		}
		return EndToEndACK
	case k.cookie && k.branch == t.key.branch:
		return NegativeACK // there is nothing to acknowledge yet, but it is ours
	default:
		return NoACK
	}
	if t.phase != confirmed {
		t.phase = confirmed
		t.retrAt = 0
		if t.status >= 300 {
			t.emit(NegativeACKIn, nil, m, nil, t.status)
		}
		t.wait()
	}
	return NegativeACK
}
