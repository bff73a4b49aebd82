// SPDX-License-Identifier: Apache-2.0

package transaction

import "github.com/kahea-sip/kahea/core/transport"

// Witness sees what a transaction sends and receives.
type Witness interface {
	// Sent tells of data that left for d, also of what is sent again. Neither
	// is the witness's to keep.
	Sent(d transport.Destination, data []byte)
	// Replied tells of a reply that came for the transaction, also again,
	// before anything is done about it.
	Replied(r *Received)
}

// Watch lets w see the messages of this transaction from now on; it takes the
// place of an earlier one.
func (t *Transaction) Watch(w Witness) { t.witness = w }

// ACKWitness returns who watches the transaction that an ACK to a negative reply
// belongs to, or nil.
func (l *Layer) ACKWitness(r *Received) Witness {
	var k key
	if l.newKey(&k, r.Msg, l.Settings(), true) != nil {
		return nil
	}
	t := l.lookup(&k)
	if t == nil {
		return nil
	}
	defer t.Unref()
	t.Lock(r.Out, r.From)
	defer t.Unlock()
	return t.witness
}

// transmit sends data to d.
func (t *Transaction) transmit(d transport.Destination, data []byte) error {
	err := t.out.Send(d, data)
	if t.witness != nil && err == nil {
		t.witness.Sent(d, data)
	}
	return err
}
