// SPDX-License-Identifier: Apache-2.0

package sip

// Check asks of a parsed message what no element should pass on unasked (RFC 3261 16.3 step 1, 18.3): headers that must stand once do;
// CSeq, To and the topmost Via can be read; Content-Length is a number and, in a datagram, not more than what came. What a proxy does not
// use it leaves alone, as that step demands: From, lower Vias, Contact, Date and others are asked about where they are needed.
//
// The error is a *ParseError. Missing headers are not its matter (MissingHeader): a request without them cannot be answered.
func (m *Message) Check(datagram bool) error {
	if m.repeated != HeaderOther {
		return repeatedErrors[m.repeated]
	}
	if _, err := m.CSeq(); err != nil {
		return err
	}
	if _, err := m.To(); err != nil {
		return err
	}
	if m.first[HeaderContentLength] != 0 {
		n, err := m.ContentLength()
		switch {
		case err != nil:
			return err
		case datagram && n > len(m.raw)-m.body:
			return ErrShort
		}
	}
	if m.IsRequest() {
		if v, err := m.Via(0); err == nil && v.empty {
			return ErrVia
		}
	}
	return nil
}

// repeatedErrors are made at start, so that refusing costs no memory.
var repeatedErrors = func() (all [HeaderCount]error) {
	for t := range all {
		all[t] = &ParseError{400, "Repeated " + HeaderType(t).String() + " Header"}
	}
	return all
}()
