// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	_ "github.com/kahea-sip/kahea/modules/corex"
	_ "github.com/kahea-sip/kahea/modules/kex"
	_ "github.com/kahea-sip/kahea/modules/pv"
	_ "github.com/kahea-sip/kahea/modules/siputils"
	_ "github.com/kahea-sip/kahea/modules/textops"
	_ "github.com/kahea-sip/kahea/modules/textopsx"
	"github.com/kahea-sip/kahea/script/scripttest"
)

const folder = "testdata"

// TestKahea: kahea prints for each row what Kamailio printed.
func TestKahea(t *testing.T) {
	tables, err := readTables(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, tab := range tables {
		t.Run(tab.name, func(t *testing.T) {
			got := give(t, tab)
			for i, r := range tab.rows {
				switch {
				case r.gap == "" && got[i] != r.want:
					t.Errorf("%s: %s\n got  %q\n want %q", r.message, r.script, got[i], r.want)
				case r.gap != "" && got[i] == r.want:
					t.Errorf("%s: %s: no longer differs: %s", r.message, r.script, r.gap)
				}
			}
		})
	}
}

// TestReference: the record is what the installed Kamailio does.
func TestReference(t *testing.T) {
	if _, err := exec.LookPath("kamailio"); err != nil {
		if os.Getenv("KAHEA_REQUIRE_SERVERS") != "" {
			t.Fatal("kamailio is not installed")
		}
		t.Skip("kamailio is not installed")
	}
	if err := run(folder, "", "kamailio", false); err != nil {
		t.Fatal(err)
	}
}

// give runs the rows of a table here.
func give(t *testing.T, tab *table) []string {
	got := make([]string, len(tab.rows))
	for i, r := range tab.rows {
		if r.want == refused {
			alone := &table{rows: []*row{r}, groups: []*group{{rows: []*row{r}}}}
			if scripttest.Load(configuration(t, alone, []string{""}), options()).Errors.Len() > 0 {
				got[i] = refused
			}
		}
	}
	cfg := configuration(t, tab, got)
	for { // a list of mistakes has an end
		env := scripttest.Load(cfg, options())
		if env.Errors.Len() == 0 {
			break
		}
		before := cfg
		for _, e := range env.Errors.Errors() {
			if n := e.Pos.Line - firstRow(cfg); n >= 0 && n < len(got) {
				got[n] = refused
			}
		}
		if cfg = configuration(t, tab, got); cfg == before {
			break
		}
	}
	env := scripttest.MustLoad(t, cfg, options())
	messages := map[string]string{}
	for i, g := range tab.groups {
		if messages[g.message] == "" {
			var err error
			if messages[g.message], err = readMessage(folder, g.message); err != nil {
				t.Fatal(err)
			}
		}
		c := arrive(t, env, messages[g.message])
		env.Run(t, c, module.RequestRoute, fmt.Sprintf("G%d", i))
		c.Mem.Release()
	}
	for i, text := range answers(strings.Join(env.Host.Lines(), "\n"), len(got)) {
		if got[i] != refused {
			got[i] = text
		}
	}
	return got
}

// arrive is a Call for a message from and to the ports of the record.
func arrive(t *testing.T, env *scripttest.Env, message string) *module.Call {
	c := env.Call(t, message)
	c.Packet.Src = netip.AddrPortFrom(c.Packet.Src.Addr(), clientPort)
	c.Msg.Source = c.Packet.Src
	socket := *c.Packet.Socket
	socket.Addr = netip.AddrPortFrom(socket.Addr.Addr(), serverPort)
	socket.Port, socket.Text = serverPort, fmt.Sprintf("udp:127.0.0.1:%d", serverPort)
	c.Packet.Socket, c.Packet.Dst = &socket, socket.Addr
	return c
}

func options() scripttest.Options {
	return scripttest.Options{Aliases: []string{"my.example.com"}, Modules: map[string]module.New{
		"probe": func() module.Module { return scripttest.Prints{} },
		"sl":    func() module.Module { return nothing{} },
	}}
}

// nothing stands for modules that others ask for.
type nothing struct{}

// Exports implements module.Module.
func (nothing) Exports() module.Exports { return module.Exports{} }

// configuration is the table as a configuration; a row that was refused is
// left empty.
func configuration(t *testing.T, tab *table, got []string) string {
	t.Helper()
	var b strings.Builder
	for _, m := range []string{"pv", "kex", "probe", "sl", "textops", "textopsx", "siputils", "corex"} {
		fmt.Fprintf(&b, "loadmodule \"%s.so\"\n", m)
	}
	b.Write(content(t, "globals.cfg"))
	fmt.Fprintf(&b, "request_route { exit; }\nroute[SETUP] {\n%s\nreturn 1;\n}\n", content(t, "setup.cfg"))
	n := 0
	for i, g := range tab.groups {
		fmt.Fprintf(&b, "route[G%d] { route(SETUP);", i)
		for range g.rows {
			fmt.Fprintf(&b, " route(R%d);", n)
			n++
		}
		b.WriteString(" return 1; }\n")
	}
	for i, r := range tab.rows {
		body := "return 1;"
		if got[i] != refused {
			body = r.statements(ours, i)
		}
		fmt.Fprintf(&b, "route[R%d] { %s }\n", i, body)
	}
	return b.String()
}

// content is a file of the folder.
func content(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// firstRow is the line of the first row's route.
func firstRow(cfg string) int {
	before, _, _ := strings.Cut(cfg, "route[R0] ")
	return strings.Count(before, "\n") + 1
}
