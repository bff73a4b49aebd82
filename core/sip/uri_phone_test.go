// SPDX-License-Identifier: Apache-2.0

package sip

import "testing"

// The parameters of a number stay behind it when another one takes its place,
// as recorded from Kamailio with phone2tel as it is.
func TestPhoneParams(t *testing.T) {
	for _, c := range []struct{ uri, user, params, changed string }{
		{"sip:+123;x=1@h:5060;user=phone", "+123", "x=1", "sip:456;x=1@h:5060;user=phone"},
		{"sip:+123;x=1:pw@h;a;user=PHONE", "+123", "x=1", "sip:456;x=1:pw@h;a;user=PHONE"},
		{"sip:+123;x=1@h", "+123;x=1", "", "sip:456@h"},
		{"sip:+123@h;user=phone", "+123", "", "sip:456@h;user=phone"},
	} {
		u, err := ParseURI(c.uri)
		if err != nil {
			t.Fatal(err)
		}
		if u.User != c.user || string(u.PhoneParams) != c.params {
			t.Errorf("%s: user %q, parameters %q, want %q and %q", c.uri, u.User, u.PhoneParams, c.user, c.params)
		}
		if got := u.String(); got != c.uri {
			t.Errorf("%s: printed as %s", c.uri, got)
		}
		if u.User = "456"; u.String() != c.changed {
			t.Errorf("%s: with another user %s, want %s", c.uri, u.String(), c.changed)
		}
	}
}
