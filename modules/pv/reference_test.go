// SPDX-License-Identifier: Apache-2.0

package pv_test

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	_ "github.com/kahea-sip/kahea/modules/kex"
	_ "github.com/kahea-sip/kahea/modules/pv"
	"github.com/kahea-sip/kahea/script/scripttest"
)

var update = flag.Bool("update", false, "take the expectations of testdata/reference.tsv from the reference, which must be installed")

// The ports stand in the message and in the expectations.
const (
	referencePort = 25460
	clientPort    = 25490
)

// row is a line of testdata/reference.tsv: statements in which PRINT("…")
// prints, what the reference printed, and why we differ.
type row struct{ script, want, gap string }

func readRows(t *testing.T) []row {
	t.Helper()
	data, err := os.ReadFile("testdata/reference.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		for len(f) < 3 {
			f = append(f, "")
		}
		rows = append(rows, row{f[0], f[1], f[2]})
	}
	return rows
}

// blocks is the configuration of all rows: each has a route of its own.
func blocks(rows []row, setup, printf string) string {
	var b strings.Builder
	b.WriteString("request_route {\n" + setup + "\n")
	for i := range rows {
		fmt.Fprintf(&b, "route(R%d);\n", i)
	}
	b.WriteString("exit;\n}\n")
	for i, r := range rows {
		mark := fmt.Sprintf("%s@@%d@@", printf, i)
		end := `##"`
		if strings.Contains(printf, "xlog") {
			end = `##\n"`
		}
		text := regexp.MustCompile(`PRINT\("((?:[^"\\]|\\.)*)"`).ReplaceAllString(r.script, strings.ReplaceAll(mark, "$", "$$")+`${1}`+end)
		fmt.Fprintf(&b, "route[R%d] { %s }\n", i, text)
	}
	return b.String()
}

var marked = regexp.MustCompile(`(?s)@@(\d+)@@(.*?)##`)

// answers collects what each row printed; a second print joins with " | ".
func answers(out string, n int) []string {
	got := make([]string, n)
	seen := make([]bool, n)
	for _, m := range marked.FindAllStringSubmatch(out, -1) {
		i, _ := strconv.Atoi(m[1])
		text := regexp.MustCompile(`0x[0-9a-f]+>>`).ReplaceAllString(strings.ReplaceAll(m[2], "\r\n", `\n`), "0x0>>")
		if seen[i] {
			got[i] += " | "
		}
		got[i], seen[i] = got[i]+text, true
	}
	return got
}

func TestReference(t *testing.T) {
	rows := readRows(t)
	setup, err := os.ReadFile("testdata/setup.cfg")
	if err != nil {
		t.Fatal(err)
	}
	message, err := os.ReadFile("testdata/message.sip")
	if err != nil {
		t.Fatal(err)
	}
	message = bytes.ReplaceAll(message, []byte("\n"), []byte("\r\n"))
	if *update {
		updateRows(t, rows, string(setup), message)
		return
	}
	env := scripttest.MustLoad(t, "loadmodule \"pv.so\"\nloadmodule \"kex.so\"\nloadmodule \"probe.so\"\n"+blocks(rows, string(setup), `print("`),
		scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Prints{} }}, Aliases: []string{"my.example.com"}})
	c := env.Call(t, string(message))
	c.Packet.Src = netip.AddrPortFrom(c.Packet.Src.Addr(), clientPort)
	socket := *c.Packet.Socket
	socket.Addr = netip.AddrPortFrom(socket.Addr.Addr(), referencePort)
	socket.Port, socket.Text = referencePort, fmt.Sprintf("udp:127.0.0.1:%d", referencePort)
	c.Packet.Socket, c.Packet.Dst = &socket, socket.Addr
	env.Run(t, c, module.RequestRoute, "")
	got := answers(strings.Join(env.Host.Lines(), "\n"), len(rows))
	for i, r := range rows {
		switch {
		case r.gap == "" && got[i] != r.want:
			t.Errorf("row %d: %s\n got  %q\n want %q", i+1, r.script, got[i], r.want)
		case r.gap != "" && got[i] == r.want:
			t.Errorf("row %d: %s: no longer differs: %s", i+1, r.script, r.gap)
		}
	}
}

// updateRows runs the reference over all rows and writes what it printed.
func updateRows(t *testing.T, rows []row, setup string, message []byte) {
	bin, err := exec.LookPath("kamailio")
	if err != nil {
		t.Fatal("the reference is not installed: ", err)
	}
	dir := t.TempDir()
	cfg := fmt.Sprintf("debug=0\nlog_stderror=yes\nchildren=1\ndisable_tcp=yes\nauto_aliases=no\nlisten=udp:127.0.0.1:%d name \"sock1\"\n"+
		"alias=\"my.example.com\"\nserver_id=7\nloadmodule \"pv.so\"\nloadmodule \"kex.so\"\nloadmodule \"xlog.so\"\nloadmodule \"sl.so\"\nloadmodule \"tm.so\"\nloadmodule \"corex.so\"\nloadmodule \"textops.so\"\nloadmodule \"siputils.so\"\nloadmodule \"rr.so\"\nloadmodule \"tmx.so\"\nmodparam(\"xlog\",\"long_format\",0)\nmodparam(\"xlog\",\"prefix\",\"\")\n", referencePort) +
		blocks(rows, setup, `xlog("L_ERR", "`)
	file := filepath.Join(dir, "reference.cfg")
	if err := os.WriteFile(file, []byte(cfg), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command(bin, "-f", file, "-DD", "-E", "-m", "32", "-M", "8", "-Y", dir, "-w", dir)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second) // it has no sign of being ready
	conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: clientPort}, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: referencePort})
	if err != nil {
		t.Fatal(err)
	}
	conn.Write(message)
	time.Sleep(time.Second)
	conn.Close()
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	got := answers(out.String(), len(rows))
	var b strings.Builder
	for i, r := range rows {
		if strings.ContainsAny(got[i], "\t\n") {
			t.Errorf("row %d prints a tab or a line end: %q", i+1, got[i])
		}
		fmt.Fprintf(&b, "%s\t%s", r.script, got[i])
		if r.gap != "" {
			b.WriteString("\t" + r.gap)
		}
		b.WriteByte('\n')
	}
	if !marked.MatchString(out.String()) {
		t.Fatalf("the reference printed nothing:\n%s", out.String())
	}
	if err := os.WriteFile("testdata/reference.tsv", []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
