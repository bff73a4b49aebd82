// SPDX-License-Identifier: Apache-2.0

package ctl

import (
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc"
	"github.com/kahea-sip/kahea/rpc/binrpc"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

func TestRegistered(t *testing.T) {
	f := module.Lookup("ctl")
	if f == nil {
		t.Fatal("ctl is not registered")
	}
	if _, ok := f().(*Ctl); !ok {
		t.Fatal("ctl makes another module")
	}
}

// ask sends a command over a new connection.
func ask(t *testing.T, network, addr, command string, args ...any) []any {
	t.Helper()
	var c net.Conn
	var err error
	if network == "unixgram" {
		own := filepath.Join(t.TempDir(), "own")
		c, err = net.DialUnix(network, &net.UnixAddr{Name: own, Net: network}, &net.UnixAddr{Name: addr, Net: network})
	} else {
		c, err = net.Dial(network, addr)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	v, err := binrpc.NewClient(c).Call(command, args...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTransports(t *testing.T) {
	dir := t.TempDir()
	stream, dgram := filepath.Join(dir, "stream"), filepath.Join(dir, "dgram")
	c := New()
	c.mode = 0o660
	c.binrpc = []string{"unix:" + stream, "unixd:" + dgram, "udp:127.0.0.1:0", "tcp:127.0.0.1:0"}
	h := rpctest.New(rpc.Core(rpc.Info{})...)
	t.Run("serving", func(t *testing.T) {
		h.Load(t, "ctl", c)
		udp, tcp := c.open[2].addr.String(), c.open[3].addr.String()
		for _, a := range [][2]string{{"unix", stream}, {"unixgram", dgram}, {"udp", udp}, {"tcp", tcp}} {
			if got := ask(t, a[0], a[1], "core.echo", "a", int64(5)); !reflect.DeepEqual(got, []any{"a", "5"}) {
				t.Errorf("%s: got %v", a, got)
			}
		}
		port := func(a string) string { _, p, _ := net.SplitHostPort(a); return p }
		want := []any{"binrpc", "unix_stream", stream, "", "binrpc", "unix_dgram", dgram, "",
			"binrpc", "udp", "127.0.0.1", port(udp), "binrpc", "tcp", "127.0.0.1", port(tcp)}
		if got := ask(t, "unix", stream, "ctl.listen"); !reflect.DeepEqual(got, want) {
			t.Errorf("ctl.listen: got %v want %v", got, want)
		}
		for _, p := range []string{stream, dgram} {
			if info, err := os.Stat(p); err != nil || info.Mode().Perm() != 0o660 {
				t.Errorf("%s: %v %v, want mode 0660", p, info, err)
			}
		}
	})
	for _, p := range []string{stream, dgram} {
		if _, err := os.Lstat(p); !os.IsNotExist(err) {
			t.Errorf("%s is left behind", p)
		}
	}
}

func TestWho(t *testing.T) {
	c := New()
	h := rpctest.New(rpc.Core(rpc.Info{})...)
	h.Par.RunDir = t.TempDir()
	h.Load(t, "ctl", c)
	path := filepath.Join(h.Par.RunDir, "kamailio_ctl")
	want := []any{"binrpc", "unix_stream", "<anonymous unix socket>", "", path, ""}
	if got := ask(t, "unix", path, "ctl.who"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v want %v", got, want)
	}
}

func TestWrongParameters(t *testing.T) {
	for _, tc := range []struct {
		name string
		set  func(*Ctl)
		want string
	}{
		{"address", func(c *Ctl) { c.binrpc = []string{"tcp:localhost:x"} }, `bad address "tcp:localhost:x"`},
		{"user", func(c *Ctl) { c.user = "no such user" }, "no such user: no such user"},
	} {
		c := New()
		tc.set(c)
		if err := c.Prepare(nil); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %s", tc.name, err, tc.want)
		}
	}
	if err := refuseFIFO("/tmp/x"); err == nil || !strings.Contains(err.Error(), "jsonrpcs") {
		t.Errorf("fifo: %v", err)
	}
}

func TestStartFails(t *testing.T) {
	dir := t.TempDir()
	c := New()
	first := filepath.Join(dir, "first")
	c.binrpc = []string{first, filepath.Join(dir, "missing", "second")}
	if err := c.Prepare(nil); err != nil {
		t.Fatal(err)
	}
	err := c.Start(t.Context(), rpctest.New())
	if err == nil || !strings.Contains(err.Error(), "missing/second") {
		t.Errorf("got %v, want one that names the socket", err)
	}
	if _, err := os.Lstat(first); !os.IsNotExist(err) {
		t.Error("the first socket is left behind")
	}
}
