// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc"
	"github.com/kahea-sip/kahea/rpc/binrpc"
	"github.com/kahea-sip/kahea/rpc/jsonrpc"
	"github.com/kahea-sip/kahea/rpc/listen"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

// host is a server with commands that answer in all the forms there are.
func host() *rpctest.Host {
	h := rpctest.New(rpc.Core(rpc.Info{})...)
	h.Export(
		module.Command{Name: "test.nest", Doc: "Nests.", Run: func(r *module.Request) error {
			s := r.Struct().Add("NRSETS", 2)
			l := module.List{}
			for i := range 2 {
				e, d := &module.Struct{}, &module.Struct{}
				d.Struct("DEST").Add("URI", "sip:x").Add("N", i)
				e.Struct("SET").Add("ID", i).Add("TARGETS", d)
				l = append(l, e)
			}
			s.Add("RECORDS", l).Add("EMPTY", &module.Struct{})
			return nil
		}},
		module.Command{Name: "test.rows", Array: true, Run: func(r *module.Request) error {
			r.Struct().Add("id", 1).Add("name", "ä long one")
			r.Struct().Add("id", 22).Add("q", 0.5)
			return nil
		}},
		module.Command{Name: "test.args", Array: true, Run: func(r *module.Request) error {
			for _, a := range r.Args {
				_, isText := a.(string)
				r.Struct().Add("value", a).Add("text", isText)
			}
			return nil
		}},
		module.Command{Name: "test.control", Run: func(r *module.Request) error { r.Add("a\x1b[2Jb"); return nil }},
	)
	return h
}

// serve starts a server and returns its URLs, binrpc and JSON-RPC.
func serve(t *testing.T) (stream, dgram, asJSON string) {
	t.Helper()
	h, dir := host(), t.TempDir()
	var tasks sync.WaitGroup
	s := &binrpc.Server{
		Go: func(_ string, f func()) { tasks.Go(f) },
		Call: func(ctx context.Context, name string, args []any, local bool) ([]any, error) {
			r, err := rpc.CallFrom(ctx, h, name, args, local)
			if err == rpc.ErrNotFound {
				err = module.Faultf(500, "command %s not found", name)
			}
			return r.Values, err
		},
	}
	at := func(name string) listen.Address { return listen.Address{Path: filepath.Join(dir, name)} }
	a := at("ctl")
	a.Network = "unix"
	l, _, err := listen.Stream(t.Context(), a, listen.Access{Mode: 0o600})
	if err != nil {
		t.Fatal(err)
	}
	a = at("dgram")
	a.Network = "unixgram"
	d, _, err := listen.Packet(t.Context(), a, listen.Access{Mode: 0o600})
	if err != nil {
		t.Fatal(err)
	}
	a = at("json")
	a.Network = "unixgram"
	j, _, err := listen.Packet(t.Context(), a, listen.Access{Mode: 0o600})
	if err != nil {
		t.Fatal(err)
	}
	tasks.Go(func() { s.ServeStream(context.Background(), l) })
	tasks.Go(func() { s.ServePackets(context.Background(), d) })
	tasks.Go(func() { answerJSON(h, j) })
	t.Cleanup(func() {
		s.Close()
		j.Close()
		tasks.Wait()
	})
	return "unixs:" + filepath.Join(dir, "ctl"), "unixd:" + filepath.Join(dir, "dgram"), "json:" + filepath.Join(dir, "json")
}

func answerJSON(h *rpctest.Host, c net.PacketConn) {
	buf := make([]byte, 65535)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		c.WriteTo(jsonrpc.Serve(context.Background(), h, buf[:n], true).Body, from)
	}
}

func TestRun(t *testing.T) {
	stream, dgram, asJSON := serve(t)
	const nested = "NRSETS  2\nRECORDS:\n  ID  URI    N\n  0   sip:x  0\n  1   sip:x  1\nEMPTY: none\n"
	const rows = "ID  NAME        Q\n1   ä long one\n22              0.5\n"
	for _, tc := range []struct {
		name     string
		args     string
		url      string
		status   int
		out, err string // err is a part of what is said
	}{
		{name: "structure", args: "test.nest", out: nested},
		{name: "structure over datagrams", url: dgram, args: "test.nest", out: nested},
		{name: "structure over json", url: asJSON, args: "test.nest", out: nested},
		{name: "table", args: "test.rows", out: rows},
		{name: "table over json", url: asJSON, args: "test.rows", out: rows},
		{name: "json", args: "test.rows -o json", out: "[\n  {\n    \"id\": 1,\n    \"name\": \"ä long one\"\n  },\n  {\n    \"id\": 22,\n    \"q\": 0.500000\n  }\n]\n"},
		{name: "json of one value", args: "-o json core.version", out: "\"" + version(t, stream) + "\"\n"},
		{name: "arguments", args: "test.args 5 -5 s:5 0044 1.5 +49 x - -- -o s:-x",
			out: "VALUE  TEXT\n5      0\n-5     0\n5      1\n0044   1\n1.5    0\n+49    1\nx      1\n-      1\n-o     1\n-x     1\n"},
		{name: "control characters", args: "test.control", out: "a?[2Jb\n"},
		{name: "list", args: "list test.n", out: "test.nest\n"},
		{name: "list as json", args: "list test.n -o json", out: "[\n  \"test.nest\"\n]\n"},
		{name: "help", args: "help test.nest", out: "Nests.\n"},
		{name: "fault", args: "nix", status: statusFault, err: "error: 500 - command nix not found\n"},
		{name: "fault over json", url: asJSON, args: "nix", status: statusFault, err: "error: 500 - Method Not Found\n"},
		{name: "no server", url: "unixs:/nonexistent/ctl", args: "x", status: statusUsage, err: "is the server running?"},
		{name: "bad url", url: "tcp:a:b", args: "x", status: statusUsage, err: "expected unixs:PATH"},
		{name: "json over stream", url: "json:tcp:127.0.0.1:1", args: "x", status: statusUsage, err: "expected json:PATH"},
		{name: "no command", args: "", status: statusUsage, err: "try: kaheactl --help"},
		{name: "unknown flag", args: "x --nix", status: statusUsage, err: "unknown flag --nix"},
		{name: "unknown output", args: "-o yaml x", status: statusUsage, err: `must be one of "table","json"`},
		{name: "completion", args: "completion bash", out: completion["bash"]},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.url == "" {
				tc.url = stream
			}
			var out, errs strings.Builder
			status := run(append([]string{"--url", tc.url}, strings.Fields(tc.args)...), strings.NewReader(""), &out, &errs)
			if status != tc.status {
				t.Errorf("status %d, want %d", status, tc.status)
			}
			if out.String() != tc.out {
				t.Errorf("got\n%s\nwant\n%s", out.String(), tc.out)
			}
			if tc.err == "" && errs.Len() > 0 || !strings.Contains(errs.String(), tc.err) {
				t.Errorf("said %q, want %q", errs.String(), tc.err)
			}
		})
	}
}

// version is the answer of core.version here, which names the machine.
func version(t *testing.T, url string) string {
	t.Helper()
	var out, errs strings.Builder
	if run([]string{"--url", url, "core.version"}, strings.NewReader(""), &out, &errs) != statusOK {
		t.Fatal(errs.String())
	}
	return strings.TrimSpace(out.String())
}

func TestHelp(t *testing.T) {
	var out, errs strings.Builder
	if status := run([]string{"--help"}, strings.NewReader(""), &out, &errs); status != statusOK || !strings.Contains(out.String(), "kaheactl list ul.") {
		t.Errorf("status %d\n%s%s", status, out.String(), errs.String())
	}
}
