// SPDX-License-Identifier: Apache-2.0

package dialog

import "testing"

func TestID(t *testing.T) {
	rows := []struct {
		text      string
		entry, id uint32
		ok        bool
	}{
		{"dfe.b671", 3837, 0x176b, true}, // as Kamailio wrote it
		{"0.0", 0, 0, true},
		{"ffffffff.ffffffff", 1<<32 - 1, 1<<32 - 1, true},
		{"", 0, 0, false},
		{"dfe", 0, 0, false},
		{".1", 0, 0, false},
		{"1.", 0, 0, false},
		{"DFE.1", 0, 0, false},
		{"1.2.3", 0, 0, false},
		{"123456789.1", 0, 0, false},
	}
	for _, row := range rows {
		entry, id, ok := parseID(row.text)
		if ok != row.ok || ok && (entry != row.entry || id != row.id) {
			t.Errorf("parseID(%q) = %d, %d, %v", row.text, entry, id, ok)
		}
		if d := (&Dialog{entry: entry, id: id}); ok && string(d.appendID(nil)) != row.text {
			t.Errorf("%d, %d is written %q, want %q", entry, id, d.appendID(nil), row.text)
		}
	}
}

// FuzzID: what is read is what a dialog would write, but for zeros in front.
func FuzzID(f *testing.F) {
	f.Add("dfe.b671")
	f.Add("1.")
	f.Fuzz(func(t *testing.T, s string) {
		entry, id, ok := parseID(s)
		if !ok {
			return
		}
		d := &Dialog{entry: entry, id: id}
		e, i, ok := parseID(string(d.appendID(nil)))
		if !ok || e != entry || i != id {
			t.Errorf("%q: %d.%d is written %q", s, entry, id, d.appendID(nil))
		}
	})
}
