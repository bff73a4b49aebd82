// SPDX-License-Identifier: Apache-2.0

package sip

import "testing"

func TestParseCSeq(t *testing.T) {
	tests := []struct {
		text   string
		number uint32
		method Method
		bad    bool
	}{
		{"1 INVITE", 1, MethodInvite, false},
		{"0009\r\n INVITE", 9, MethodInvite, false},
		{"4294967295 ACK", 4294967295, MethodAck, false},
		{"2 FROB", 2, MethodOther, false},
		{"4294967296 ACK", 0, 0, true},
		{"36893488147419103232 REGISTER", 0, 0, true},
		{"-1 ACK", 0, 0, true},
		{"INVITE", 0, 0, true},
		{"1", 0, 0, true},
		{"", 0, 0, true},
		{"1 INV ITE", 0, 0, true},
	}
	for _, tt := range tests {
		c, err := ParseCSeq(tt.text)
		if (err != nil) != tt.bad || err == nil && (c.Number != tt.number || c.Method != tt.method) {
			t.Errorf("%q: %+v, %v", tt.text, c, err)
		}
	}
	m := mustParse(t, invite)
	if c, err := m.CSeq(); err != nil || c.Number != 2 || c.Method != MethodInvite || c.MethodName != "INVITE" {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := mustParse(t, "OPTIONS x SIP/2.0\r\n\r\n").CSeq(); err != ErrAbsent {
		t.Errorf("no CSeq: %v", err)
	}
}

func FuzzParseCSeq(f *testing.F) {
	f.Add("1 INVITE")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCSeq(s)
		if err != nil {
			return
		}
		if d, err := ParseCSeq(c.NumberText + " " + c.MethodName); err != nil || d != c {
			t.Fatalf("%q: %+v, then %+v, %v", s, c, d, err)
		}
	})
}
