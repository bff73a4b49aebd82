// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

// languageHead is what stands before the examples of docs/language.md that are not whole files.
const languageHead = `listen=udp:192.0.2.1:5060
debug=-1
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "textops.so"
loadmodule "sl.so"
loadmodule "siputils.so"
loadmodule "corex.so"
loadmodule "kex.so"
`

// lesson is an example of the document: its kind, its text, and what it logs.
type lesson struct {
	line             int
	kind, text, want string
}

// lessons reads the examples: blocks fenced as cfg, before which a comment may say that they are whole or stand at the top of a file,
// and the block fenced as text behind them.
func lessons(text string) []lesson {
	var out []lesson
	kind, open := "", ""
	for i, line := range strings.Split(text, "\n") {
		switch {
		case open != "" && line == "```":
			open = ""
		case open == "cfg":
			out[len(out)-1].text += line + "\n"
		case open == "text":
			out[len(out)-1].want += line + "\n"
		case line == "```cfg":
			out = append(out, lesson{line: i + 1, kind: kind})
			kind, open = "", "cfg"
		case line == "```text":
			open = "text"
		case line == "<!-- whole -->" || line == "<!-- top -->":
			kind = strings.Fields(line)[1]
		}
	}
	return out
}

// TestLanguage runs every example of docs/language.md.
func TestLanguage(t *testing.T) {
	b, err := os.ReadFile("../../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	document := string(b)
	var message []string
	_, rest, _ := strings.Cut(document, "    INVITE ")
	for _, line := range strings.Split("    INVITE "+rest, "\n") {
		text, ok := strings.CutPrefix(line, "    ")
		if !ok {
			break
		}
		message = append(message, text)
	}
	all := lessons(document)
	if len(all) < 20 {
		t.Fatalf("only %d examples", len(all))
	}
	for _, l := range all {
		text := l.text
		switch l.kind {
		case "top":
			text = languageHead + text
		case "":
			text = languageHead + "request_route {\n" + text + "}\n"
		}
		if got := runLesson(t, l, text, strings.Join(message, "\r\n")+"\r\n\r\n"); got != l.want {
			t.Errorf("docs/language.md:%d: logs\n%swant\n%s", l.line, got, l.want)
		}
	}
}

// runLesson takes the message through a configuration and gives what xlog wrote.
func runLesson(t *testing.T, l lesson, text, message string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "language.cfg")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := parseOptions([]string{"-f", file})
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.errs.Err(); err != nil {
		t.Errorf("docs/language.md:%d: %v", l.line, err)
		return ""
	}
	log := &scriptLines{}
	s, err := boot(cfg, surroundings{stdout: new(strings.Builder), stderr: new(strings.Builder), clock: timer.NewManual(start), resolver: locate.Fixed{},
		seed: 1, portable: true, apart: true, log: log, network: transport.NewMemoryNetwork()})
	if err != nil {
		t.Errorf("docs/language.md:%d: %v", l.line, err)
		return ""
	}
	defer s.abandon()
	sock := s.transport.Sockets()[0]
	buf := transport.NewBuffer(len(message))
	s.engine.Receive(transport.Packet{Data: buf.Data[:copy(buf.Data, message)], Buffer: buf, Socket: sock,
		Src: netip.MustParseAddrPort("192.0.2.10:5060"), Dst: sock.Addr, Time: s.clock.Now()})
	return log.String()
}

// scriptLines keeps what a script logs, without what stands before each line.
type scriptLines struct{ strings.Builder }

// writeLine implements lineWriter.
func (s *scriptLines) writeLine(_ slog.Level, _ string, line []byte) {
	for _, lead := range []string{"<script>: ", "ERROR: "} {
		if _, text, ok := strings.Cut(string(line), lead); ok && lead[0] == '<' {
			fmt.Fprintf(s, "%s\n", strings.TrimRight(text, "\n"))
			return
		}
	}
}
