// SPDX-License-Identifier: Apache-2.0

package sip

// CSeq is the value of CSeq (RFC 3261 20.16).
type CSeq struct {
	// Number is the sequence number, NumberText as written.
	Number     uint32
	NumberText string
	// Method as a bit, MethodName as written.
	Method     Method
	MethodName string
}

// ParseCSeq reads a CSeq value; the error is ErrCSeq for a bad number, ErrCSeqMethod for a bad or missing method. The number may be any of 32 bits, although RFC 3261 8.1.1.5 keeps it below 2^31:
// that limit is for those who choose it.
func ParseCSeq(s string) (CSeq, error) {
	i := 0
	for i < len(s) && !isLWS(s[i]) {
		i++
	}
	c := CSeq{NumberText: s[:i], MethodName: trim(s[i:])}
	c.Method = ParseMethod(c.MethodName)
	n, ok := ParseUint(c.NumberText)
	c.Number = n
	if c.Method == MethodOther && !IsToken(c.MethodName) {
		return c, ErrCSeqMethod
	}
	if !ok {
		return c, ErrCSeq
	}
	return c, nil
}

// CSeq is the CSeq header; ErrAbsent, ErrCSeq or ErrCSeqMethod.
func (m *Message) CSeq() (*CSeq, error) {
	c := &m.cache
	if c.done&didCSeq == 0 {
		c.done |= didCSeq
		if i := m.First(HeaderCSeq); i >= 0 {
			c.cseq, c.cseqErr = ParseCSeq(m.value(&m.index[i]))
		} else {
			c.cseq, c.cseqErr = CSeq{}, ErrAbsent
		}
	}
	return &c.cseq, c.cseqErr
}
