// SPDX-License-Identifier: Apache-2.0

package sip

// CSeq is the value of CSeq (RFC 3261 20.16).
type CSeq struct {
	// Number is the sequence number; NumberText as written.
	Number     uint32
	NumberText string
	// Method as a bit, and MethodName as written.
	Method     Method
	MethodName string
}

// ParseCSeq reads a CSeq value; the error is ErrCSeq.
func ParseCSeq(s string) (CSeq, error) { return CSeq{}, nil }

// CSeq is the CSeq header; ErrAbsent or ErrCSeq.
func (m *Message) CSeq() (*CSeq, error) { return nil, nil }
