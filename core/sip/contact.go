// SPDX-License-Identifier: Apache-2.0

package sip

// QUnset is the Q of a contact that has no readable q parameter.
const QUnset = -1

// Contact is one value of the Contact header fields (RFC 3261 20.10, RFC 5626).
type Contact struct {
	NameAddr
	// Instance is +sip.instance and Received the received parameter, both without quotes.
	Instance, Received string
	// Q is the q parameter in thousandths, 0 to 1000, or QUnset.
	Q int
	// Expires is the expires parameter in seconds where HasExpires is set.
	Expires uint32
	// RegID is the number of reg-id, 0 when absent.
	RegID uint32
	// Methods is the set of the methods parameter; 0 when absent.
	Methods Method
	// HasExpires says whether a readable expires parameter is there.
	HasExpires bool
	// Star says that the value is "*".
	Star bool
}

// ParseContact reads one contact, "*" included; the error is ErrContact.
func ParseContact(s string) (Contact, error) {
	var c Contact
	err := c.parse(s, -1)
	return c, err
}

func (c *Contact) parse(s string, header int) error {
	*c = Contact{Q: QUnset}
	if s == "*" {
		c.Raw, c.Header, c.Star = s, header, true
		return nil
	}
	if c.NameAddr.parse(s, header) != nil {
		return ErrContact
	}
	for p, rest, ok := c.Params.Next(); ok; p, rest, ok = rest.Next() {
		c.setParam(p)
	}
	return nil
}

func (c *Contact) setParam(p Param) {
	switch len(p.Name) {
	case len("q"):
		if equalFold(p.Name, "q") {
			if q, ok := ParseQ(p.Value); ok {
				c.Q = q
			}
		}
	case len("expires"): // and methods
		if equalFold(p.Name, "expires") {
			c.Expires, c.HasExpires = parseSeconds(Unquote(p.Value))
		} else if equalFold(p.Name, "methods") {
			c.Methods = ParseMethods(Unquote(p.Value), ",")
		}
	case len("reg-id"):
		if equalFold(p.Name, "reg-id") {
			c.RegID, _ = ParseUint(p.Value)
		}
	case len("received"):
		if equalFold(p.Name, "received") {
			c.Received = Unquote(p.Value)
		}
	case len("+sip.instance"):
		if equalFold(p.Name, "+sip.instance") {
			c.Instance = Unquote(p.Value)
		}
	}
}

// Contacts are all values of all Contact headers, kept until the next Parse. With ErrContact the result holds the contacts before the
// bad one. No contact is no error.
func (m *Message) Contacts() ([]Contact, error) {
	c := &m.cache
	if c.done&didContacts == 0 {
		c.done |= didContacts
		c.contacts, c.contactErr = m.appendContacts(c.contacts[:0])
	}
	return c.contacts, c.contactErr
}

func (m *Message) appendContacts(dst []Contact) ([]Contact, error) {
	for i := m.First(HeaderContact); i >= 0; i = m.Next(HeaderContact, i) {
		list := m.value(&m.index[i])
		for value, rest, ok := NextListValue(list); ok; value, rest, ok = NextListValue(rest) {
			dst = append(dst, Contact{})
			if err := dst[len(dst)-1].parse(value, i); err != nil {
				return dst[:len(dst)-1], err
			}
		}
	}
	return dst, nil
}

// ParseQ reads a q value (RFC 3261 25.1: 0 to 1 with up to three digits) as thousandths; false when it is none. A point without a digit
// before it (".5") is let pass, as some phones send it.
func ParseQ(s string) (int, bool) {
	if s == "" || len(s) > 5 {
		return 0, false
	}
	q, i := 0, 0
	if s[0] == '0' || s[0] == '1' {
		q, i = int(s[0]-'0')*1000, 1
	} else if s[0] != '.' || len(s) == 1 {
		return 0, false
	}
	if i < len(s) {
		if s[i] != '.' {
			return 0, false
		}
		unit := 100
		for i++; i < len(s); i++ {
			if s[i] < '0' || s[i] > '9' || unit == 0 {
				return 0, false
			}
			q += int(s[i]-'0') * unit
			unit /= 10
		}
	}
	return q, q <= 1000
}

// AppendQ appends a q value of thousandths as Contact has it: 500 is 0.5.
func AppendQ(dst []byte, q int) []byte {
	dst = append(dst, byte('0'+q/1000))
	if q %= 1000; q == 0 {
		return dst
	}
	dst = append(dst, '.', byte('0'+q/100))
	if q%100 != 0 {
		dst = append(dst, byte('0'+q/10%10))
	}
	if q%10 != 0 {
		dst = append(dst, byte('0'+q%10))
	}
	return dst
}

// RewriteContact makes uri the URI of the i-th contact for those who ask for Contacts, until the next Parse: a contact that was rewritten
// is stored as such. The text of the message is the caller's to edit. uri lives as long as the message.
func (m *Message) RewriteContact(i int, uri string) {
	if list, _ := m.Contacts(); i < len(list) {
		list[i].URI = uri
	}
}
