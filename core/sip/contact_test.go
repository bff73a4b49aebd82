// SPDX-License-Identifier: Apache-2.0

package sip

import "testing"

func TestContacts(t *testing.T) {
	m := mustParse(t, requestWith("Contact: \"A, B\" <sip:a@b;x=1>;q=0.7;expires=3600, <sip:c@d>;+sip.instance=\"<urn:uuid:1>\";reg-id=2\r\n"+
		"m: sip:e@f;methods=\"INVITE,BYE\";received=\"sip:1.2.3.4:5\";expires=x;q=7\r\n"))
	list, err := m.Contacts()
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	a, c, e := list[0], list[1], list[2]
	if a.URI != "sip:a@b;x=1" || a.Q != 700 || !a.HasExpires || a.Expires != 3600 || a.Star || a.DisplayName() != "A, B" {
		t.Errorf("first %+v", a)
	}
	if c.URI != "sip:c@d" || c.Q != QUnset || c.HasExpires || c.Instance != "<urn:uuid:1>" || c.RegID != 2 {
		t.Errorf("second %+v", c)
	}
	if e.URI != "sip:e@f" || e.Methods != MethodInvite|MethodBye || e.Received != "sip:1.2.3.4:5" || e.HasExpires || e.Q != QUnset || e.Header != m.Last(HeaderContact) {
		t.Errorf("third %+v", e)
	}
	m = mustParse(t, requestWith("Contact: *\r\n"))
	if list, err := m.Contacts(); err != nil || len(list) != 1 || !list[0].Star {
		t.Errorf("star: %+v, %v", list, err)
	}
	m = mustParse(t, requestWith("Contact: <sip:a@b>, \"x\r\n"))
	if list, err := m.Contacts(); err != ErrContact || len(list) != 1 {
		t.Errorf("bad contact: %+v, %v", list, err)
	}
	if list, err := mustParse(t, requestWith("")).Contacts(); err != nil || len(list) != 0 {
		t.Errorf("no contact: %+v, %v", list, err)
	}
}

func TestParseQ(t *testing.T) {
	good := map[string]int{"0": 0, "1": 1000, "0.5": 500, "0.123": 123, "1.000": 1000, "0.": 0, ".5": 500, "0.05": 50}
	for s, want := range good {
		if q, ok := ParseQ(s); !ok || q != want {
			t.Errorf("%q: %d, %v", s, q, ok)
		}
	}
	for _, s := range []string{"", ".", "2", "1.1", "0.1234", "0,5", "x", "-1", "0.x"} {
		if q, ok := ParseQ(s); ok {
			t.Errorf("%q: %d", s, q)
		}
	}
}

func TestAppendQ(t *testing.T) {
	for q, want := range map[int]string{0: "0", 1000: "1", 500: "0.5", 550: "0.55", 555: "0.555", 5: "0.005", 50: "0.05", 505: "0.505"} {
		if got := string(AppendQ(nil, q)); got != want {
			t.Errorf("%d is %q, want %q", q, got, want)
		}
		if n, ok := ParseQ(want); !ok || n != q {
			t.Errorf("%q reads as %d, want %d", want, n, q)
		}
	}
}
