// SPDX-License-Identifier: Apache-2.0

package counters

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

func load(t *testing.T, declared ...string) (*Counters, *rpctest.Host) {
	t.Helper()
	m := New()
	m.declared = declared
	h := rpctest.New()
	h.Load(t, "counters", m)
	return m, h
}

// arg is what the engine makes of a constant argument.
func arg(t *testing.T, m *Counters, name string) module.ArgValue {
	t.Helper()
	data, err := m.compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return module.ArgValue{Value: avp.String(name), Data: data, Given: true, Const: true}
}

func say(h *rpctest.Host, command string, args ...any) string {
	r, err := rpc.Call(nil, h, command, args)
	if err != nil {
		return err.Error()
	}
	var words []string
	for _, v := range r.Values {
		if s, ok := v.(*module.Struct); ok {
			for _, f := range s.Fields {
				words = append(words, fmt.Sprintf("%s=%v", f.Name, f.Value))
			}
			continue
		}
		words = append(words, fmt.Sprint(v))
	}
	return strings.Join(words, " ")
}

func TestScript(t *testing.T) {
	m, h := load(t, "foo", "test.bar", "baz example counter", "test.x:another example", "test.x", "out.reqs  forwarded requests")
	var n counter.Counter
	if err := h.Set.Declare("core", counter.Entry{Name: "rcv", Doc: "received", Counter: &n}, counter.Entry{Name: "now", Doc: "gauge", Gauge: func() int64 { return 7 }}); err != nil {
		t.Fatal(err)
	}
	n.Add(3)
	c := h.NewCall()
	for range 2 {
		if got := m.inc(c, module.Args{arg(t, m, "foo")}); got != module.True {
			t.Errorf("cnt_inc: %d", got)
		}
	}
	m.add(c, module.Args{arg(t, m, "test.x"), {Value: avp.Number(40), Given: true}})
	m.add(c, module.Args{arg(t, m, "script.baz"), {Value: avp.Number(5), Given: true}})
	m.reset(c, module.Args{arg(t, m, "baz")})

	for _, tc := range []struct {
		command string
		args    []any
		want    string
	}{
		{"cnt.get", []any{"script", "foo"}, "2"},
		{"cnt.get_raw", []any{"test", "x"}, "40"},
		{"cnt.get", []any{"script", "baz"}, "0"},
		{"cnt.get", []any{"core", "now"}, "7"},
		{"cnt.get", []any{"core", "nix"}, "400 non-existent counter core.nix\n"},
		{"cnt.get", nil, "400 error at parameter 0: expected string type but end of packet encountered"},
		{"cnt.help", []any{"script", "foo"}, "custom script counter."},
		{"cnt.help", []any{"script", "baz"}, "example counter"},
		{"cnt.help", []any{"test", "x"}, "another example"},
		{"cnt.help", []any{"out", "reqs"}, "forwarded requests"},
		{"cnt.list_groups", nil, "core out script test"},
		{"cnt.grps_list", nil, "core out script test"},
		{"cnt.list_vars", []any{"test"}, "bar x"},
		{"cnt.var_list", []any{"nix"}, ""},
		{"cnt.get_vars", []any{"script"}, "baz=0 foo=2"},
		{"cnt.grp_get_all", []any{"core"}, "now=7 rcv=3"},
		{"cnt.reset", []any{"script", "foo"}, ""},
		{"cnt.get", []any{"script", "foo"}, "0"},
		{"cnt.reset", []any{"core", "nix"}, "400 non-existent counter core.nix\n"},
	} {
		if got := say(h, tc.command, tc.args...); got != tc.want {
			t.Errorf("%s %v: got %q, want %q", tc.command, tc.args, got, tc.want)
		}
	}
}

func TestGroupName(t *testing.T) {
	m := New()
	m.group, m.declared = "my", []string{"foo"}
	if err := m.Prepare(nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"foo", "my.foo"} {
		if _, err := m.compile(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := m.compile("script.foo"); err == nil || !strings.Contains(err.Error(), `modparam("counters", "script_counter", "script.foo")`) {
		t.Errorf("an unknown counter: %v", err)
	}
}

func TestBadDeclarations(t *testing.T) {
	for _, text := range []string{"", " x", "a.", ".b", ":"} {
		m := New()
		m.declared = []string{text}
		if err := m.Prepare(nil); err == nil || !strings.Contains(err.Error(), "expected [group.]name") {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestUnknownAtRun(t *testing.T) {
	m, h := load(t)
	_, err := m.compile("nix")
	if got := m.inc(h.NewCall(), module.Args{{Value: avp.String("nix"), Err: err, Given: true}}); got != module.False {
		t.Errorf("got %d", got)
	}
}

// TestIncAllocs: counting is on the way of a packet.
func TestIncAllocs(t *testing.T) {
	m, h := load(t, "foo")
	c, a := h.NewCall(), module.Args{arg(t, m, "foo")}
	if n := testing.AllocsPerRun(100, func() { m.inc(c, a) }); n != 0 {
		t.Errorf("cnt_inc allocates %v times", n)
	}
}

func BenchmarkInc(b *testing.B) {
	m := New()
	m.declared = []string{"foo"}
	h := rpctest.New()
	if err := m.Prepare(nil); err != nil {
		b.Fatal(err)
	}
	if err := m.Start(b.Context(), h); err != nil {
		b.Fatal(err)
	}
	data, _ := m.compile("foo")
	c, a := h.NewCall(), module.Args{{Data: data, Given: true}}
	b.ReportAllocs()
	for b.Loop() {
		m.inc(c, a)
	}
	if h.Set.Lookup("script", "foo").Value() == 0 {
		b.Error("nothing was counted")
	}
}
