// SPDX-License-Identifier: Apache-2.0

package sip

import "testing"

func TestParseMethod(t *testing.T) {
	for i, name := range methodNames[:len(methodNames)-1] {
		if got := ParseMethod(name); got != 1<<i || got.String() != name {
			t.Errorf("%s is %v", name, got)
		}
	}
	for _, s := range []string{"", "invite", "INVITEX", "OTHER", "X"} {
		if got := ParseMethod(s); got != MethodOther {
			t.Errorf("%q is %v", s, got)
		}
	}
}

func TestParseMethods(t *testing.T) {
	tests := []struct {
		text, seps string
		want       Method
	}{
		{"INVITE|BYE", "|", MethodInvite | MethodBye},
		{"INVITE, ACK,CANCEL", ",", MethodInvite | MethodAck | MethodCancel},
		{"invite ,\r\n bye", ",", MethodInvite | MethodBye},
		{"INVITE,FROB", ",", MethodInvite | MethodOther},
		{"", ",", 0},
		{" , ,", ",", 0},
	}
	for _, tt := range tests {
		if got := ParseMethods(tt.text, tt.seps); got != tt.want {
			t.Errorf("%q: %v, want %v", tt.text, got, tt.want)
		}
	}
	if s := (MethodInvite | MethodBye).String(); s != "INVITE|BYE" {
		t.Errorf("String: %s", s)
	}
	if !MethodBye.Has(MethodInvite|MethodBye) || MethodBye.Has(MethodInvite) {
		t.Error("Has")
	}
}
