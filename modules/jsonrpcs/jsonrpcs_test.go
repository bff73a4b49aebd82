// SPDX-License-Identifier: Apache-2.0

package jsonrpcs

import (
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

// load starts the module with its files in a folder of its own.
func load(t *testing.T, set func(*Jsonrpcs)) (*Jsonrpcs, string) {
	t.Helper()
	dir := t.TempDir()
	j := New()
	j.fifoReplyDir = dir
	if set != nil {
		set(j)
	}
	h := rpctest.New(rpc.Core(rpc.Info{})...)
	h.Export(module.Command{Name: "test.big", Run: func(r *module.Request) error {
		r.Add(strings.Repeat("x", 4<<20))
		return nil
	}})
	h.Par.RunDir = dir
	h.Load(t, "jsonrpcs", j)
	return j, dir
}

const (
	echoDoc   = `{"jsonrpc":"2.0","method":"jsonrpc.echo","params":["a",5],"id":1}`
	echoReply = "{\n\t\"jsonrpc\":\t\"2.0\",\n\t\"result\":\t[\"a\", 5],\n\t\"id\":\t1\n}"
)

func TestDatagram(t *testing.T) {
	j, dir := load(t, nil)
	own := &net.UnixAddr{Name: filepath.Join(t.TempDir(), "own"), Net: "unixgram"}
	c, err := net.DialUnix("unixgram", own, &net.UnixAddr{Name: filepath.Join(dir, j.dgramSocket), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	big := `{"jsonrpc":"2.0","method":"test.big","id":7}`
	for doc, want := range map[string]string{echoDoc: echoReply, "{bad": `"code":` + "\t-32700", big: "too large for a datagram"} {
		io.WriteString(c, doc)
		b := make([]byte, 4096)
		n, err := c.Read(b)
		if err != nil || !strings.Contains(string(b[:n]), want) {
			t.Errorf("got %s %v, want %s", b[:n], err, want)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, j.dgramSocket)); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("mode %v %v", info, err)
	}
}

// TestDeafClient: who takes no replies holds up the others for dgram_timeout, and
// no longer. It is not connected to the server: for one that is, Linux queues
// replies until the buffer of the server's socket is full.
func TestDeafClient(t *testing.T) {
	j, dir := load(t, func(j *Jsonrpcs) { j.dgramTimeout = 500 })
	to := &net.UnixAddr{Name: filepath.Join(dir, j.dgramSocket), Net: "unixgram"}
	own := func() *net.UnixAddr {
		return &net.UnixAddr{Name: filepath.Join(t.TempDir(), "own"), Net: "unixgram"}
	}
	address := own()
	deaf, err := net.ListenUnixgram("unixgram", address)
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	stuff(t, address)
	if _, err := deaf.WriteTo([]byte(echoDoc), to); err != nil {
		t.Fatal(err)
	}
	other, err := net.DialUnix("unixgram", own(), to)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetDeadline(time.Now().Add(time.Minute)) // a server that waits for the deaf one never answers
	b := make([]byte, 4096)
	if _, err := io.WriteString(other, echoDoc); err != nil {
		t.Fatal(err)
	}
	if n, err := other.Read(b); err != nil || string(b[:n]) != echoReply {
		t.Errorf("got %s %v", b[:n], err)
	}
}

// stuff sends to a socket until its queue is full.
func stuff(t *testing.T, to *net.UnixAddr) {
	t.Helper()
	c, err := net.DialUnix("unixgram", nil, to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var full error
	err = raw.Write(func(fd uintptr) bool {
		for full == nil {
			_, full = syscall.Write(int(fd), []byte("x"))
		}
		return true
	})
	if err != nil || full != syscall.EAGAIN {
		t.Fatal(err, full)
	}
}

func TestUDPAndTCP(t *testing.T) {
	j, _ := load(t, func(j *Jsonrpcs) {
		j.transport, j.pretty = 0, 0
		j.fifoName, j.dgramSocket, j.tcpSocket = "", "udp:127.0.0.1:0", "tcp:127.0.0.1:0"
	})
	var udp net.Addr
	j.mu.Lock()
	for c := range j.open {
		if p, ok := c.(net.PacketConn); ok {
			udp = p.LocalAddr()
		}
	}
	j.mu.Unlock()
	const want = `{"jsonrpc":"2.0","result":["a",5],"id":1}`
	for _, a := range []net.Addr{udp, j.tcpAddr} {
		c, err := net.Dial(a.Network(), a.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, echoDoc)
		b := make([]byte, 4096)
		n, err := c.Read(b)
		if err != nil || strings.TrimSpace(string(b[:n])) != want {
			t.Errorf("%s: got %s %v", a.Network(), b[:n], err)
		}
	}
	c, err := net.Dial("tcp", j.tcpAddr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, echoDoc[:20])
	io.WriteString(c, echoDoc[20:]+echoDoc+"}")
	all, err := io.ReadAll(c)
	if lines := strings.Split(string(all), "\n"); err != nil || len(lines) != 4 || lines[0] != want || lines[1] != want || !strings.Contains(lines[2], "-32700") {
		t.Errorf("got %s %v", all, err)
	}
}

// reply makes a FIFO for a reply and returns its name, and what comes.
func reply(t *testing.T, dir, name string) <-chan string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	c := make(chan string, 1)
	go func() {
		b, _ := os.ReadFile(path)
		c <- string(b)
	}()
	return c
}

func write(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.WriteString(f, text); err != nil {
		t.Fatal(err)
	}
}

func TestFIFO(t *testing.T) {
	j, dir := load(t, nil)
	fifo := filepath.Join(dir, j.fifoName)
	first, second := reply(t, dir, "first"), reply(t, dir, "second")
	write(t, fifo, "{bad\n"+`{"jsonrpc":"2.0","method":"jsonrpc.echo",`+"\n"+`"params":["a",5],"reply_name":"first","id":1}`+"\n")
	if got := <-first; got != echoReply {
		t.Errorf("got %s", got)
	}
	// No reply FIFO, one outside of the folder, and a plain file: the next
	// request is answered all the same, and the file is as it was.
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{`missing`, `../` + filepath.Base(dir) + `/plain`, `plain`, `..`} {
		write(t, fifo, `{"jsonrpc":"2.0","method":"core.echo","reply_name":"`+name+`","id":1}`)
	}
	write(t, fifo, `{"jsonrpc":"2.0","method":"jsonrpc.echo","params":["a",5],"reply_name":"second","id":1}`)
	if got := <-second; got != echoReply {
		t.Errorf("got %s", got)
	}
	if b, _ := os.ReadFile(plain); string(b) != "x" {
		t.Errorf("a plain file was overwritten: %s", b)
	}
}

func TestReplyName(t *testing.T) {
	j, dir := load(t, nil)
	if err := os.WriteFile(filepath.Join(dir, "plain"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"../x": "plain file name", "a/b": "plain file name", "..": "plain file name", "plain": "not a FIFO", "missing": "no such file",
	} {
		if err := j.writeReply(t.Context(), name, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

// TestKamctl runs the program of the Kamailio package against the FIFO.
func TestKamctl(t *testing.T) {
	path, err := exec.LookPath("kamctl")
	if err != nil {
		if os.Getenv("KAHEA_REQUIRE_SERVERS") == "1" {
			t.Fatal("kamctl is not installed: apt-get install kamailio")
		}
		t.Skip("skipped: kamctl is not installed (apt-get install kamailio)")
	}
	// kamctl makes its reply FIFO in /tmp.
	j, dir := load(t, func(j *Jsonrpcs) { j.fifoReplyDir = "/tmp/" })
	rc := "RPCFIFOPATH=\"" + filepath.Join(dir, j.fifoName) + "\"\n"
	if err := os.WriteFile(filepath.Join(dir, ".kamctlrc"), []byte(rc), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "rpc", "core.echo", "a", "1")
	cmd.Env = append(os.Environ(), "HOME="+dir)
	out, err := cmd.CombinedOutput()
	var got struct{ Result []string }
	if err != nil || json.Unmarshal(out, &got) != nil || strings.Join(got.Result, " ") != "a 1" {
		t.Errorf("got %s %v", out, err)
	}
}

func TestExec(t *testing.T) {
	j, _ := load(t, func(j *Jsonrpcs) { j.pretty = 0 })
	c := j.host.NewCall()
	get := func(key string) avp.Value {
		a, err := bindReply(nil, key)
		if err != nil {
			t.Fatal(err)
		}
		return a.Get(c, module.Index{})
	}
	if v := get("code"); !v.IsNull() {
		t.Errorf("before: %v", v)
	}
	for _, tc := range []struct {
		doc        string
		want       module.Result
		code       int64
		text, body string
	}{
		{echoDoc, module.True, 200, "OK", `{"jsonrpc":"2.0","result":["a",5],"id":1}`},
		{`{"jsonrpc":"2.0","method":"nix"}`, module.True, 500, "Method Not Found", `{"jsonrpc":"2.0","error":{"code":500,"message":"Method Not Found"}}`},
		{`{bad`, module.False, -32700, "Parse error", `{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}`},
	} {
		got := j.exec(c, module.Args{{Value: avp.String(tc.doc), Given: true}})
		code, text, body := get("code"), get("text"), get("body")
		if got != tc.want || code.Int != tc.code || text.Str != tc.text || body.Str != tc.body {
			t.Errorf("%s: got %d, %v %v %v", tc.doc, got, code, text, body)
		}
	}
	if n := c.AVPs.Len(); n != 3 {
		t.Errorf("%d values are kept, want 3", n)
	}
	if _, err := bindReply(nil, "nix"); err == nil {
		t.Error("$jsonrpl(nix) is taken")
	}
}

func TestWrongParameters(t *testing.T) {
	for _, tc := range []struct {
		name string
		set  func(*Jsonrpcs)
		want string
	}{
		{"http without xhttp", func(j *Jsonrpcs) { j.transport = 1 }, "xhttp"},
		{"tcp_socket", func(j *Jsonrpcs) { j.transport, j.tcpSocket = 8, "udp:x:1" }, "not of the form tcp:HOST:PORT"},
		{"dgram_socket", func(j *Jsonrpcs) { j.dgramSocket = "udp:localhost:x" }, "not a number"},
		{"fifo_user", func(j *Jsonrpcs) { j.fifoUser = "no such user" }, "no such user"},
	} {
		j := New()
		tc.set(j)
		if err := j.Prepare(nil); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %s", tc.name, err, tc.want)
		}
	}
	for _, f := range New().Exports().Functions {
		if f.Name == "jsonrpc_dispatch" {
			if err := f.Prepare(nil, nil); err == nil || !strings.Contains(err.Error(), "xhttp") {
				t.Errorf("jsonrpc_dispatch: got %v, want one that names xhttp", err)
			}
		}
	}
}
