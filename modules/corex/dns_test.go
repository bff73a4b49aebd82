// SPDX-License-Identifier: Apache-2.0

package corex

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRecords(t *testing.T) {
	for _, tt := range []struct{ text, err string }{
		{"type=A;name=kamailio.org;addr=193.22.119.66;ttl=3600000;flags=0", ""},
		{"type=AAAA; name=kamailio.org; addr=2a00:d60:0:400::2; ttl=3600000;", ""},
		{"type=SRV;name=_sip._udp.example.org;addr=sip.example.org;port=5060;priority=1;weight=2;flags=2", ""},
		{"type=A;name=gone.example.org;flags=1", ""},
		{"type=A;name=x.org;addr=2a00::2", "no address of type A"},
		{"type=AAAA;name=x.org;addr=1.2.3.4", "no address of type AAAA"},
		{"type=A;addr=1.2.3.4", "name is missing"},
		{"type=MX;name=x.org;addr=1.2.3.4", "A, AAAA or SRV"},
		{"type=SRV;name=_sip._udp.example.org;addr=sip.example.org", "port"},
		{"type=A;name=x.org;addr=1.2.3.4;port=70000", "too large"},
		{"type=A;name=x.org;addr=1.2.3.4;flags=4", "permanent"},
		{"type=A;name=x.org;addr=1.2.3.4;colour=1", "no attribute"},
		{"nonsense", "attribute=value"},
	} {
		switch err := new(Corex).addRecord(tt.text); {
		case err == nil && tt.err != "":
			t.Errorf("%q is taken", tt.text)
		case err != nil && (tt.err == "" || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("%q: %v, want %q", tt.text, err, tt.err)
		}
	}
}

func TestRecordsOfFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "records")
	if err := os.WriteFile(file, []byte("# a comment\n\n  \ntype=A;name=a.org;addr=1.2.3.4\nbad\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := new(Corex)
	if err := x.addRecords(file); err == nil || !strings.Contains(err.Error(), "line 5") {
		t.Errorf("the error is %v, want that of line 5", err)
	}
	if len(x.records) != 1 {
		t.Errorf("%d records, want 1", len(x.records))
	}
}
