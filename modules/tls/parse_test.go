// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"strings"
	"testing"
)

// badProfiles are files with a mistake, and what is said of it.
var badProfiles = []struct{ name, text, want string }{
	{"outside", "method = TLSv1.2\n", "t:1:1: method stands outside of a profile, expected [server:…] or [client:…] before it"},
	{"role", "\n  [peer:default]\n", `t:2:4: found "peer", expected server or client`},
	{"no domain", "[server]\n", "t:1:2: expected [server:default], [server:any] or [server:IP:port]"},
	{"domain", "[server:example.com:5061]\n", `t:1:1: found "example.com:5061", expected default, any, or IP:port`},
	{"no port", "[server:127.0.0.1]\n", `t:1:1: found "127.0.0.1", expected default, any, or IP:port`},
	{"open section", "[server:default\n", "t:1:1: the ] of the profile is missing"},
	{"behind the section", "[server:default] x\n", `t:1:18: found "x", expected the end of the line`},
	{"no name", "[server:default]\n= 1\n", `t:2:1: found "= 1", expected a name`},
	{"no equals", "[server:default]\nmethod TLSv1.2\n", "t:2:8: expected = behind method"},
	{"unknown", "[server:default]\n  metod = TLSv1.2\n", "t:2:3: unknown attribute metod"},
	{"twice", "[server:default]\nmethod = TLSv1.2\ntls_method = TLSv1.2\n", "t:3:1: method stands twice in [server:default]"},
	{"no bool", "[server:default]\nverify_certificate = maybe\n", `t:2:22: verify_certificate: found "maybe", expected yes or no`},
	{"no number", "[server:default]\nverify_depth = -1\n", `t:2:16: verify_depth: found "-1", expected a number`},
	{"quote", "[server:default]\ncertificate = \"a\n", `t:2:15: the closing " is missing`},
	{"two words", "[server:default]\ncertificate = a b\n", `t:2:17: found "b", expected the end of the line`},
	{"any without name", "[server:any]\nmethod = TLSv1.2\n", "t:1:1: [server:any] needs a server_name"},
}

func TestMistakesInProfiles(t *testing.T) {
	for _, row := range badProfiles {
		t.Run(row.name, func(t *testing.T) {
			sections, err := parse("t", row.text)
			for _, s := range sections {
				if err == nil {
					_, err = newProfile(s, attributes{})
				}
			}
			if err == nil || err.Error() != row.want {
				t.Errorf("got %v, want %s", err, row.want)
			}
		})
	}
}

// goodProfiles are files, and their profiles as they are written.
var goodProfiles = []struct{ name, text, want string }{
	{"comments", "# a\n\n[server:default] # b\n method=TLSv1.2+ # c\r\n", "server:default method=TLSv1.2+"},
	{"quoted", `[client:any]` + "\n" + `server_name = "a \"b\" # \\c"`, `client:any server_name=a "b" # \c`},
	{"IPv6", "[server:[2001:db8::1]:5061]\ncertificate = x.pem\n", "server:[2001:db8::1]:5061 certificate=x.pem"},
	{"empty", "", ""},
	{"no value", "[server:default]\ncrl =\n", "server:default crl="},
}

func TestProfilesAreRead(t *testing.T) {
	for _, row := range goodProfiles {
		t.Run(row.name, func(t *testing.T) {
			sections, err := parse("t", row.text)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range sections {
				got = append(got, s.role+":"+s.domain)
				for _, a := range s.settings {
					got = append(got, a.name+"="+a.value)
				}
			}
			if text := strings.Join(got, " "); text != row.want {
				t.Errorf("got %q, want %q", text, row.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, row := range badProfiles {
		f.Add(row.text)
	}
	for _, row := range goodProfiles {
		f.Add(row.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sections, err := parse("t", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "t:") {
				t.Errorf("%v has no place", err)
			}
			return
		}
		for _, s := range sections {
			newProfile(s, attributes{})
		}
	})
}
