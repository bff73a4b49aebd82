// SPDX-License-Identifier: Apache-2.0

package ctl

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

// kamcmd runs the program of the Kamailio package against a socket.
func kamcmd(t *testing.T, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("kamcmd")
	if err != nil {
		if os.Getenv("KAHEA_REQUIRE_SERVERS") == "1" {
			t.Fatal("kamcmd is not installed: apt-get install kamailio")
		}
		t.Skip("skipped: kamcmd is not installed (apt-get install kamailio)")
	}
	out, _ := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	return string(out)
}

func TestKamcmd(t *testing.T) {
	dir := t.TempDir()
	h := rpctest.New(rpc.Core(rpc.Info{Args: []string{"kahea", "-f", "x.cfg"}})...)
	h.Export(
		module.Command{Name: "test.nest", Run: func(r *module.Request) error {
			s := r.Struct().Add("NRSETS", 2)
			var list module.List
			for i := range 2 {
				e := &module.Struct{}
				e.Struct("SET").Add("ID", i).Add("Q", 0.5)
				list = append(list, e)
			}
			s.Add("RECORDS", list)
			return nil
		}},
		module.Command{Name: "test.array", Run: func(r *module.Request) error {
			r.Struct().Add("list", module.List{int64(1), "b"})
			return nil
		}},
		module.Command{Name: "test.numbers", Run: func(r *module.Request) error {
			for _, v := range []any{0, -1, 127, 70000, -2147483648, int64(4294967295), 1.25, -0.5} {
				r.Add(v)
			}
			return nil
		}},
		module.Command{Name: "test.big", Run: func(r *module.Request) error {
			for i := range 1500 {
				r.Struct().Add("n", i)
			}
			return nil
		}},
	)
	c := New()
	h.Par.RunDir = dir
	h.Load(t, "ctl", c)
	socket := "unixs:" + filepath.Join(dir, "kamailio_ctl")

	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"unknown", []string{"foo"}, "error: 500 - command foo not found\n"},
		{"echo", []string{"core.echo", "a", "70000"}, "a\n70000\n"},
		{"arg", []string{"core.arg"}, "kahea\n-f\nx.cfg\n"},
		{"uptime", []string{"core.uptime"}, "{\n\tnow: " + rpctest.Start.Format("Mon Jan _2 15:04:05 2006") +
			"\n\tup_since: " + rpctest.Start.Format("Mon Jan _2 15:04:05 2006") + "\n\tuptime: 0\n}\n"},
		{"printi fault", []string{"core.printi", "a"}, "error: 400 - error at parameter 0: expected integer type but record doesn't match type\n"},
		{"nested", []string{"test.nest"}, "{\n\tNRSETS: 2\n\tRECORDS: {\n\t\tSET: {\n\t\t\tID: 0\n\t\t\tQ: 0.500000\n\t\t}\n\t\tSET: {\n\t\t\tID: 1\n\t\t\tQ: 0.500000\n\t\t}\n\t}\n}\n"},
		{"numbers", []string{"test.numbers"}, "0\n-1\n127\n70000\n-2147483648\n-1\n1.250000\n-0.500000\n"},
		{"array", []string{"test.array"}, "{\n\tlist: {\n\t\t0: 1\n\t\t1: b\n\t}\n}\n"},
		{"connections", []string{"ctl.connections"}, "1\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := kamcmd(t, append([]string{"-s", socket}, tc.args...)...); got != tc.want {
				t.Errorf("got\n%q\nwant\n%q", got, tc.want)
			}
		})
	}
	t.Run("big", func(t *testing.T) {
		if got := kamcmd(t, "-s", socket, "test.big"); len(got) < 15000 {
			t.Errorf("got %d octets: %.200s", len(got), got)
		}
	})
}
