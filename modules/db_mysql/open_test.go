// SPDX-License-Identifier: Apache-2.0

package db_mysql

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/kahea-sip/kahea/core/db/dbtest"
)

func TestConfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "my.cnf")
	text := "[client]\nsocket=/client.sock\nuser = nobody\n[other]\nuser=x\n[edge]\nsocket = \"/edge.sock\"\nuser=edge\npassword='p#=w'\ndefault_character_set=latin1\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ url, net, addr, user, password, name string }{
		{"mysql://u:p@127.0.0.1/n", "tcp", "127.0.0.1:3306", "u", "p", "n"},
		{"mysql://u:p@[::1]:3307/n", "tcp", "[::1]:3307", "u", "p", "n"},
		{"mysql://u:p@localhost/n", "tcp", "localhost:3306", "u", "p", "n"},
		{"mysql://u:p@localhost:3307/n", "tcp", "localhost:3307", "u", "p", "n"},
		{"mysql://u:@h/n", "tcp", "h:3306", "u", "", "n"},
		{"mysql://u:a@b:c/d?e%20f@h/n", "tcp", "h:3306", "u", "a@b:c/d?e%20f", "n"},
		{"mysql://[edge]/n", "unix", "/edge.sock", "edge", "p#=w", "n"},
		{"mysql://u:p@[edge]/n", "unix", "/edge.sock", "u", "p", "n"},
		{"mysql://u:p@[edge]h:3308/n", "tcp", "h:3308", "u", "p", "n"},
	} {
		m := New()
		m.optionFiles = []string{filepath.Join(t.TempDir(), "none"), file}
		cfg, err := m.config(dbtest.Parse(t, row.url))
		if err != nil {
			t.Errorf("%s: %v", row.url, err)
			continue
		}
		got := fmt.Sprint(cfg.Net, " ", cfg.Addr, " ", cfg.User, " ", cfg.Passwd, " ", cfg.DBName)
		if want := fmt.Sprint(row.net, " ", row.addr, " ", row.user, " ", row.password, " ", row.name); got != want {
			t.Errorf("%s: got %s, want %s", row.url, got, want)
		}
	}
	m := New()
	m.optionFiles = []string{file}
	if _, err := m.config(dbtest.Parse(t, "mysql://[nobody]/n")); err == nil {
		t.Error("a group that is nowhere is taken")
	}
	m.params.sslMode, m.params.sslCA = 5, filepath.Join(t.TempDir(), "none.pem")
	if _, err := m.config(dbtest.Parse(t, "mysql://u@h/n")); err == nil {
		t.Error("authorities that cannot be read are taken")
	}
}

// What takes too long is given up after what the parameters say.
func TestTimeouts(t *testing.T) {
	for name, want := range map[string]string{
		"timeout_interval": "7s 0s 0s", "connect_timeout": "7s 0s 0s", "send_timeout": "2s 7s 0s", "receive_timeout": "2s 0s 7s",
	} {
		m := New()
		for _, p := range m.Exports().Params {
			if p.Name == name {
				*p.Set.(*int) = 7
			}
		}
		cfg, err := m.config(dbtest.Parse(t, "mysql://u:p@127.0.0.1/n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(cfg.Timeout, cfg.WriteTimeout, cfg.ReadTimeout); got != want {
			t.Errorf("%s 7: got %s to connect, write and read, want %s", name, got, want)
		}
	}
}

// Without a port localhost is the socket, where there is one.
func TestLocalhostIsASocket(t *testing.T) {
	m := New()
	dir, err := os.MkdirTemp("", "kahea")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	m.sockets = []string{filepath.Join(dir, "none"), filepath.Join(dir, "s")}
	l, err := net.Listen("unix", m.sockets[1])
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cfg, err := m.config(dbtest.Parse(t, "mysql://u@localhost/n"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := cfg.DialFunc(t.Context(), cfg.Net, cfg.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := c.RemoteAddr().String(); got != m.sockets[1] {
		t.Errorf("connected to %s, want the socket %s", got, m.sockets[1])
	}
}

func TestOptionFilesIncludeOthers(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one", "# comment\n[g]\nhost=one\nport=3309\n")
	write("two.cnf", "[g]\nhost=two\n[mysqld]\nport=1\n")
	write("main", "!include "+filepath.Join(dir, "one")+"\n!includedir "+dir+"\n")
	o, err := readOptions([]string{filepath.Join(dir, "main")}, "g")
	if err != nil || o.host != "two" || o.port != 3309 {
		t.Errorf("got %+v, %v, want host two and port 3309", o, err)
	}
	write("loop.cnf", "!includedir "+dir+"\n")
	if _, err := readOptions([]string{filepath.Join(dir, "main")}, "g"); err == nil {
		t.Error("files that include each other are taken")
	}
	write("loop.cnf", "[g]\nport=many\n")
	if _, err := readOptions([]string{filepath.Join(dir, "main")}, "g"); err == nil {
		t.Error("a port that is none is taken")
	}
}
