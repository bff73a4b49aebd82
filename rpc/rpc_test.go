// SPDX-License-Identifier: Apache-2.0

package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/rpc"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

// TestNamesOfModulesAndAddressesWithoutAliases: core.aliases_list tells of names that modules know, and core.sockets_list has the address once more with auto_aliases=no.
func TestNamesOfModulesAndAddressesWithoutAliases(t *testing.T) {
	h := rpctest.New(rpc.Core(rpc.Info{
		Sockets: func() []*transport.Socket {
			return []*transport.Socket{{Proto: transport.UDP, Addr: netip.MustParseAddrPort("127.0.0.1:5060")}}
		},
		MyselfCallbacks: func() bool { return true },
		NoAutoAliases:   true,
	})...)
	for command, want := range map[string]string{
		"core.aliases_list": "{myself_callbacks: yes aliases: []}",
		"core.sockets_list": "[{socket: {proto: udp address: 127.0.0.1 ipaddress: 127.0.0.1 port: 5060 mcast: no mhomed: no virtual: no}}]",
	} {
		r, err := rpc.Call(t.Context(), h, command, nil)
		if got := text(r.Values); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", command, got, err, want)
		}
	}
}

func testHost(t *testing.T) (*rpctest.Host, *[]syscall.Signal) {
	t.Helper()
	var signals []syscall.Signal
	udp := &transport.Socket{Proto: transport.UDP, Addr: netip.MustParseAddrPort("127.0.0.1:5060"), Advertised: true, Host: "a.example", Port: 5070}
	tcp := &transport.Socket{Proto: transport.TCP, Addr: netip.MustParseAddrPort("127.0.0.1:5060")}
	h := rpctest.New(rpc.Core(rpc.Info{
		Args:     []string{"kahea", "-DD"},
		Features: []string{"USE_TCP", "USE_TLS"},
		Defines:  func() []rpc.Define { return []rpc.Define{{Name: "KAMAILIO_5"}, {Name: "X", Value: "7"}} },
		Sockets:  func() []*transport.Socket { return []*transport.Socket{udp, tcp} },
		Aliases: func() []rpc.Alias {
			return []rpc.Alias{{Proto: "udp", Host: "localhost", Port: 5060}, {Host: "foo.example"}}
		},
		Connections: func() []rpc.Connection {
			return []rpc.Connection{{ID: 1, Proto: transport.TCP, State: "CONN_OK", Timeout: 4 * time.Second, Lifetime: 120 * time.Second,
				Source: "127.0.0.1", SrcPort: 34810, Dest: "127.0.0.1", DstPort: 5060}}
		},
		Readers:     2,
		QueuedBytes: func() int64 { return 5 },
		Work:        func() rpc.Work { return rpc.Work{Taken: 9, AtWork: 2, Tasks: 1, Short: 3} },
		Signal:      func(s syscall.Signal) error { signals = append(signals, s); return nil },
	})...)
	h.Loaded = []string{"tm", "ctl"}
	h.Instances = map[string]module.Module{"ctl": working{}}
	var limit, connect setting.Int
	limit.Set(2048)
	connect.Set(10)
	h.Reg.Declare(setting.Entry{Group: "tcp", Name: "max_connections", Int: &limit}, setting.Entry{Group: "tcp", Name: "connect_timeout", Int: &connect})
	return h, &signals
}

// working is a module with a part of its own.
type working struct{ module.Module }

func (working) Parts() []string { return []string{"ctl handler"} }

// text prints a value as kamcmd does, which is what the wanted texts below were
// taken from.
func text(v any) string {
	switch v := v.(type) {
	case *module.Struct:
		var b strings.Builder
		b.WriteByte('{')
		for i, f := range v.Fields {
			if i > 0 {
				b.WriteByte(' ')
			}
			fmt.Fprintf(&b, "%s: %s", f.Name, text(f.Value))
		}
		return b.String() + "}"
	case module.List:
		return "[" + text([]any(v)) + "]"
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = text(e)
		}
		return strings.Join(parts, " ")
	}
	return fmt.Sprint(v)
}

func TestCore(t *testing.T) {
	h, signals := testHost(t)
	h.Time.Advance(90061 * time.Second)
	pid := os.Getpid()
	dir, _ := os.Getwd()
	since := rpctest.Start.Format("Mon Jan _2 15:04:05 2006")
	now := rpctest.Start.Add(90061 * time.Second).Format("Mon Jan _2 15:04:05 2006")
	for _, tc := range []struct {
		command string
		args    []any
		want    string
		array   bool
	}{
		{command: "core.uptime", want: "{now: " + now + " up_since: " + since + " uptime: 90061}"},
		{command: "core.echo", args: []any{"a", int64(300), 2.5}, want: "a 300 2.5", array: true},
		{command: "core.prints", args: []any{"a", "b"}, want: "a b", array: true},
		{command: "core.printi", args: []any{int64(1), "300"}, want: "1 300", array: true},
		{command: "core.printi", args: []any{"a"}, want: "400 error at parameter 0: expected integer type but record doesn't match type"},
		{command: "core.arg", want: "kahea -DD", array: true},
		{command: "core.pwd", want: dir, array: true},
		{command: "core.flags", want: "USE_TCP, USE_TLS"},
		{command: "core.modules", want: "ctl tm", array: true},
		{command: "core.ppdefines", want: "KAMAILIO_5 X", array: true},
		{command: "core.ppdefines_full", want: "{name: KAMAILIO_5 type: 0 value: none} {name: X type: 0 value: 7}", array: true},
		{command: "core.aliases_list", want: "{myself_callbacks: no aliases: [{alias: {proto: udp address: localhost port: 5060}} {alias: {proto: * address: foo.example port: *}}]}"},
		{command: "core.sockets_list", want: "[{socket: {proto: udp address: 127.0.0.1 port: 5060 mcast: no mhomed: no virtual: no}} " +
			"{socket: {proto: tcp address: 127.0.0.1 port: 5060 mcast: no mhomed: no virtual: no}}]"},
		{command: "core.tcp_list", want: "{id: 1 type: TCP state: CONN_OK timeout: 4 lifetime: 120 ref_count: 1 src_ip: 127.0.0.1 src_port: 34810 dst_ip: 127.0.0.1 dst_port: 5060}", array: true},
		{command: "core.work", want: "{messages: 9 at_work: 2 tasks: 1 write_queued_bytes: 5 short_datagrams: 3}"},
		{command: "core.tcp_info", want: "{readers: 2 max_connections: 2048 max_tls_connections: 2048 opened_connections: 1 opened_tls_connections: 0 write_queued_bytes: 5}"},
		{command: "core.tcp_options", want: "{connect_timeout: 10 max_connections(soft): 2048 max_tls_connections(soft): 2048}"},
		{command: "core.ps", want: fmt.Sprintf("%[1]d main process - attendant %[1]d udp receiver child=0 sock=127.0.0.1:5060 (a.example:5070) %[1]d udp receiver child=1 sock=127.0.0.1:5060 (a.example:5070) "+
			"%[1]d timer %[1]d ctl handler %[1]d tcp receiver (generic) child=0 %[1]d tcp receiver (generic) child=1 %[1]d tcp main process", pid), array: true},
		{command: "core.shmmem", args: []any{"x"}, want: "500 bad param, (use b|k|m|g)"},
		{command: "core.kill", args: []any{int64(1)}, want: ""},
		{command: "core.kill", args: []any{int64(99)}, want: "400 no such signal: 99"},
		{command: "system.methodHelp", args: []any{"core.echo"}, want: "Returns back its parameters."},
		{command: "system.methodHelp", want: "400 Method Name Expected"},
		{command: "system.methodHelp", args: []any{"nix"}, want: "400 command not found"},
		{command: "system.methodSignature", want: "500 Not Implemented Yet"},
	} {
		t.Run(strings.TrimSpace(tc.command+" "+text(tc.args)), func(t *testing.T) {
			r, err := rpc.Call(t.Context(), h, tc.command, tc.args)
			got := text(r.Values)
			if err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
			if r.Array != tc.array {
				t.Errorf("array %v, want %v", r.Array, tc.array)
			}
		})
	}
	if !reflect.DeepEqual(*signals, []syscall.Signal{syscall.SIGHUP}) {
		t.Errorf("signals %v", *signals)
	}
	if _, err := rpc.Call(t.Context(), h, "core.kill", nil); err != nil {
		t.Error(err)
	}
	<-h.Stopped
}

// fields returns the names of a structure.
func fields(t *testing.T, h module.Host, command string) []string {
	t.Helper()
	r, err := rpc.Call(t.Context(), h, command, nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range r.Values[0].(*module.Struct).Fields {
		names = append(names, f.Name)
	}
	return names
}

func TestFieldNames(t *testing.T) {
	h, _ := testHost(t)
	for command, want := range map[string]string{
		"core.info":    "version id compiler compiled flags",
		"core.runinfo": "name version sourceid compiler compiled time_now time_started uptime_secs utime_days",
		"core.shmmem":  "total free used real_used max_used fragments",
		"core.psa":     "index pid status rank description",
		"core.psx":     "IDX PID DSC",
	} {
		if got := strings.Join(fields(t, h, command), " "); got != want {
			t.Errorf("%s has\n%s\nwant\n%s", command, got, want)
		}
	}
}

func TestVersion(t *testing.T) {
	h, _ := testHost(t)
	r, err := rpc.Call(t.Context(), h, "core.version", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(r.Values); !strings.HasPrefix(got, "kahea 5.6.3 (") || !strings.HasSuffix(got, "/"+runtime.GOOS+") compatible with kamailio 5.6.3") {
		t.Errorf("got %q", got)
	}
}

func TestListMethodsIsSorted(t *testing.T) {
	h, _ := testHost(t)
	r, err := rpc.Call(t.Context(), h, "system.listMethods", nil)
	if err != nil || len(r.Values) != len(h.Commands()) {
		t.Fatal(len(r.Values), err)
	}
	for i := 1; i < len(r.Values); i++ {
		if r.Values[i-1].(string) >= r.Values[i].(string) {
			t.Errorf("%v stands before %v", r.Values[i-1], r.Values[i])
		}
	}
	for _, c := range h.Commands() {
		if c.Doc == "" {
			t.Errorf("%s has no help", c.Name)
		}
	}
}

func TestCallErrors(t *testing.T) {
	h := rpctest.New(
		module.Command{Name: "panic", Run: func(*module.Request) error { panic("x") }},
		module.Command{Name: "plain", Run: func(*module.Request) error { return errors.New("broken") }},
		module.Command{Name: "wrapped", Run: func(*module.Request) error { return fmt.Errorf("x: %w", module.Faultf(404, "gone")) }},
	)
	for name, want := range map[string]string{
		"panic": "500 internal error, see the log", "plain": "500 broken", "wrapped": "404 gone",
	} {
		r, err := rpc.Call(context.Background(), h, name, nil)
		var f *module.Fault
		if !errors.As(err, &f) || f.Error() != want || r.Values != nil {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	if _, err := rpc.Call(context.Background(), h, "nix", nil); !errors.Is(err, rpc.ErrNotFound) {
		t.Errorf("unknown command: %v", err)
	}
}
