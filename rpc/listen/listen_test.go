// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"io"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tc := range []struct{ in, want, err string }{
		{in: "unixs:/run/x", want: "unix:/run/x"},
		{in: "unix:/run/x", want: "unix:/run/x"},
		{in: "unixd:/run/x", want: "unixgram:/run/x"},
		{in: "/tmp/unix_test", want: "unix:/tmp/unix_test"},
		{in: "localhost:3000", want: "udp:localhost:3000"},
		{in: "udp:*:3012", want: "udp::3012"},
		{in: "tcp:3012", want: "tcp::3012"},
		{in: "tcp:localhost", want: "tcp:localhost:2049"},
		{in: "tcp:localhost:0", want: "tcp:localhost:0"},
		{in: "udp:[::1]:3012", want: "udp:[::1]:3012"},
		{in: "udp:[::1]", want: "udp:[::1]:2049"},
		{in: "udp:", err: `no path or port in address "udp:"`},
		{in: "", err: `no path or port in address ""`},
		{in: "tcp:localhost:x", err: `bad address "tcp:localhost:x": port "x" is not a number from 0 to 65535`},
		{in: "tcp:localhost:70000", err: `bad address "tcp:localhost:70000": port "70000" is not a number from 0 to 65535`},
	} {
		a, err := Parse(tc.in, 2049)
		switch {
		case tc.err != "":
			if err == nil || err.Error() != tc.err {
				t.Errorf("%q: got %v, want %s", tc.in, err, tc.err)
			}
		case err != nil || a.String() != tc.want:
			t.Errorf("%q: got %s %v, want %s", tc.in, a, err, tc.want)
		}
	}
	if _, err := Parse("tcp:localhost", 0); err == nil {
		t.Error("a port was not asked for")
	}
}

func TestStreamFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	open := func() (net.Listener, Owned) {
		t.Helper()
		l, o, err := Stream(t.Context(), Address{Network: "unix", Path: path}, Access{Mode: 0o640})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l, o
	}
	_, first := open()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Fatalf("mode %v %v, want 0640", info, err)
	}
	// The operator removes the file of a running server and starts another: the
	// end of the first does not remove the file of the second.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	l, second := open()
	if err := first.Remove(); err != nil {
		t.Error(err)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal("the socket of the second server is gone:", err)
	}
	c.Close()
	l.Close()
	if err := second.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Error("the socket is left behind:", err)
	}
}

// TestInUse has a second server on the files of one that runs: it is refused,
// and the first stays reachable. When the first has died, it takes them over.
func TestInUse(t *testing.T) {
	dir := t.TempDir()
	for _, row := range []struct {
		name string
		open func(path string) (io.Closer, Owned, error)
		dial func(path string) error
	}{
		{"stream",
			func(path string) (io.Closer, Owned, error) {
				return closer(Stream(t.Context(), Address{Network: "unix", Path: path}, Access{Mode: 0o600}))
			},
			func(path string) error { return dial("unix", path) }},
		{"datagram",
			func(path string) (io.Closer, Owned, error) {
				return closer(Packet(t.Context(), Address{Network: "unixgram", Path: path}, Access{Mode: 0o600}))
			},
			func(path string) error { return dial("unixgram", path) }},
		{"fifo",
			func(path string) (io.Closer, Owned, error) { return closer(FIFO(path, Access{Mode: 0o600})) },
			func(path string) error {
				f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
				f.Close()
				return err
			}},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := filepath.Join(dir, row.name)
			first, _, err := row.open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer first.Close()
			if _, _, err := row.open(path); err == nil || !strings.HasSuffix(err.Error(),
				path+" is in use by a running server: end it, or give another run folder with -Y") {
				t.Errorf("the second server got %v", err)
			}
			if err := row.dial(path); err != nil {
				t.Errorf("the first server cannot be reached any more: %v", err)
			}
			first.Close()
			next, o, err := row.open(path)
			if err != nil {
				t.Fatalf("what a dead server left is in the way: %v", err)
			}
			next.Close()
			if err := o.Remove(); err != nil {
				t.Error(err)
			}
		})
	}
}

func closer[C io.Closer](c C, o Owned, err error) (io.Closer, Owned, error) { return c, o, err }

func dial(network, path string) error {
	c, err := net.Dial(network, path)
	if err == nil {
		c.Close()
	}
	return err
}

func TestFileInTheWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, e1 := Stream(t.Context(), Address{Network: "unix", Path: path}, Access{})
	_, _, e2 := Packet(t.Context(), Address{Network: "unixgram", Path: path}, Access{})
	_, _, e3 := FIFO(path, Access{})
	for want, err := range map[string]error{"socket": e1, "a socket": e2, "FIFO": e3} {
		if err == nil || !strings.Contains(err.Error(), "is not a") || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want one that says %s", err, want)
		}
	}
	if b, _ := os.ReadFile(path); string(b) != "x" {
		t.Error("the file was touched")
	}
}

func TestFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	f, o, err := FIFO(path, Access{Mode: 0o666, User: strconv.Itoa(os.Getuid()), Group: strconv.Itoa(os.Getgid())})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if info, err := os.Stat(path); err != nil || info.Mode() != os.ModeNamedPipe|0o666 {
		t.Errorf("mode %v %v, want a pipe with 0666 whatever the umask", info.Mode(), err)
	}
	for _, text := range []string{"one", "two"} { // the first writer leaves
		if err := os.WriteFile(path, []byte(text), 0); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 10)
		n, err := f.Read(b)
		if err != nil || string(b[:n]) != text {
			t.Errorf("got %q %v, want %s", b[:n], err, text)
		}
	}
	if err := o.Remove(); err != nil {
		t.Error(err)
	}
}

func TestIDs(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Skip("skipped: the current user has no name")
	}
	uid, gid, err := Access{User: me.Username}.IDs()
	if err != nil || strconv.Itoa(uid) != me.Uid || strconv.Itoa(gid) != me.Gid {
		t.Errorf("got %d %d %v, want those of %v", uid, gid, err, me)
	}
	for _, a := range []Access{{User: "no such user"}, {Group: "no such group"}} {
		if _, _, err := a.IDs(); err == nil || !strings.Contains(err.Error(), "no such") {
			t.Errorf("%+v: got %v", a, err)
		}
	}
}
