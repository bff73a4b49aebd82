// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

const manyProfiles = `
[server:default]
verify_depth = 3
server_id = d
[server:192.0.2.1:5061]
server_name = a.test
server_id = a
[server:192.0.2.1:5061]
server_name = b.test
server_name_mode = 2
server_id = b
[server:any]
server_name = any.test
server_name_mode = 1
server_id = any
[server:[2001:db8::1]:5061]
server_id = six
[client:default]
server_id = out
[client:192.0.2.9:5061]
server_id = nine
[client:any]
server_name = x.test
server_id = x
`

func readText(t *testing.T, text string) (*profiles, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tls.cfg")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return readProfiles(file, attributes{depth: 9}, attributes{depth: 9})
}

func TestServerProfilesAreFound(t *testing.T) {
	ps, err := readText(t, manyProfiles)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ at, name, want string }{
		{"192.0.2.1:5061", "a.test", "a"},
		{"192.0.2.1:5061", "A.TEST", "a"},
		{"192.0.2.1:5061", "x.a.test", "a"}, // of the address, as no name fits
		{"192.0.2.1:5061", "x.b.test", "b"},
		{"192.0.2.1:5061", "b.test", "a"}, // mode 2 does not take the domain itself
		{"192.0.2.1:5061", "x.any.test", "any"},
		{"192.0.2.2:5061", "a.test", "d"},
		{"192.0.2.2:5061", "any.test", "any"},
		{"192.0.2.2:5061", "notany.test", "d"},
		{"192.0.2.1:5071", "", "d"},
		{"[2001:db8::1]:5061", "", "six"},
	} {
		if got := ps.forServer(netip.MustParseAddrPort(row.at), row.name); got.serverID != row.want {
			t.Errorf("%s %s: got %s, want %s", row.at, row.name, got.serverID, row.want)
		}
	}
	if d := ps.servers[0].depth; d != 9 {
		t.Errorf("depth %d of a profile that does not say, want 9 of the parameter", d)
	}
}

func TestClientProfilesAreFound(t *testing.T) {
	ps, err := readText(t, manyProfiles)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ to, id, name, want string }{
		{"192.0.2.9:5061", "", "", "nine"},
		{"192.0.2.9:5061", "x", "", "x"},
		{"192.0.2.9:5061", "nobody", "", "nine"},
		{"192.0.2.8:5061", "", "x.test", "x"},
		{"192.0.2.8:5061", "", "y.test", "out"},
		{"192.0.2.8:5061", "out", "", "out"},
	} {
		if got := ps.forClient(netip.MustParseAddrPort(row.to), row.id, row.name); got.serverID != row.want {
			t.Errorf("%+v: got %s", row, got.serverID)
		}
	}
}

func TestProfilesThatStandTwice(t *testing.T) {
	for _, text := range []string{
		"[server:default]\n[server:default]\n",
		"[server:192.0.2.1:5061]\n[server:192.0.2.1:5061]\n",
		"[server:any]\nserver_name=a\n[server:any]\nserver_name=a\n",
	} {
		if _, err := readText(t, text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestFolderOfProfiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"1.cfg": "[server:default]\nserver_id=one\n", "2.cfg": "[server:any]\nserver_name=a\n", "notes.txt": "no profile"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ps, err := readProfiles(dir, attributes{}, attributes{})
	if err != nil || ps.defaultServer.serverID != "one" || len(ps.servers) != 1 {
		t.Errorf("got %+v, %v", ps, err)
	}
}
