// SPDX-License-Identifier: Apache-2.0

package sip

// QUnset is the Q of a contact that has no q parameter.
const QUnset = -1

// Contact is one value of the Contact header fields.
type Contact struct {
	NameAddr
	// Q is the q parameter in thousandths, 0 to 1000, or QUnset.
	Q int
	// Expires is the expires parameter in seconds where HasExpires is set.
	Expires uint32
	// HasExpires says whether a readable expires parameter is there.
	HasExpires bool
	// Instance is +sip.instance without quotes (RFC 5626), RegID the number of reg-id (0 none), Received the received parameter
	// without quotes.
	Instance string
	RegID    uint32
	Received string
	// Methods is the set of the methods parameter; 0 when absent.
	Methods Method
	// Star says that the value is "*".
	Star bool
}

// ParseContact reads one contact, "*" included; the error is ErrContact.
func ParseContact(s string) (Contact, error) { return Contact{}, nil }

// Contacts are all values of all Contact headers, kept until the next Parse. With ErrContact the result holds the contacts before the
// bad one. No contact is no error.
func (m *Message) Contacts() ([]Contact, error) { return nil, nil }

// ParseQ reads a q value (RFC 3261 25.1: 0 to 1 with up to three digits) as thousandths; false when it is none.
func ParseQ(s string) (int, bool) { return 0, false }
