// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

// The spellings of testdata/spellings/rows.txt are tried in Kamailio and in kahea: whether they are taken, and what they do. The record
// of Kamailio is reference.tsv; what kahea means to do otherwise stands in known.tsv with its reason.
//
//	go test ./tools/kahea -run TestSpellings            kahea against the record
//	go test ./tools/kahea -run TestReferenceSpellings   the record against the installed Kamailio; -update takes it anew

const spellings = "testdata/spellings"

// spelling is a row: a text of the language and what became of it.
type spelling struct {
	kind, text string
}

// What becomes of a row, beside a result in quotes.
const (
	rowTaken   = "taken"         // of kind top
	rowRefused = "refused"       // by -c
	rowStart   = "refused later" // -c takes it, and the server does not start
	rowSilent  = "no reply"
)

func (r spelling) String() string { return r.kind + "\t" + strconv.Quote(r.text) }

func readSpellings(t *testing.T) []spelling {
	t.Helper()
	var out []spelling
	for _, line := range strings.Split(readText(t, "rows.txt"), "\n") {
		if more, ok := strings.CutPrefix(line, "\t"); ok {
			out[len(out)-1].text += "\n" + more
		} else if kind, text, ok := strings.Cut(line, "\t"); ok && line[0] != '#' {
			out = append(out, spelling{kind, text})
		}
	}
	return out
}

func readText(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(spellings, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// spellingConfig makes the configuration of some rows. A message names by its Call-ID the row that it is for. All rows of kind top
// have configurations of their own.
func spellingConfig(t *testing.T, listen string, rows map[int]spelling) string {
	var b strings.Builder
	b.WriteString("listen=" + listen + "\n" + readText(t, "head.cfg"))
	for _, r := range rows {
		if r.kind == "top" {
			// A row may have the main block itself.
			main := "request_route { exit; }\n"
			if strings.HasPrefix(r.text, "route {") {
				main = ""
			}
			return b.String() + r.text + "\n" + main
		}
	}
	b.WriteString("request_route {\n\troute(SETUP);\n\tif ($rm == \"OPTIONS\") { sl_send_reply(\"200\", \"ready\"); exit; }\n\t$var(row) = $ci;\n\troute($var(row));\n" +
		"\tappend_to_reply(\"X-Result: $(var(r){s.encode.hexa})\\r\\n\");\n\tsl_send_reply(\"200\", \"OK\");\n\texit;\n}\n")
	b.WriteString(readText(t, "routes.cfg"))
	for i := range len(rows) + 2000 {
		r, ok := rows[i]
		if !ok {
			continue
		}
		form := map[string]string{"if": `if (%s) { $var(r) = "yes"; } else { $var(r) = "no"; }`, "is": "$var(r) = %s;", "do": "%s"}[r.kind]
		fmt.Fprintf(&b, "route[ROW%d] {\n"+form+"\n}\n", i, r.text)
	}
	return b.String()
}

// spellingMessage is the request for a row.
func spellingMessage(method, id string) []byte {
	text := method + ` sip:bob@127.0.0.1:5060;transport=udp SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5090;branch=z9hG4bKone
Via: SIP/2.0/UDP 192.0.2.7:5099;branch=z9hG4bKtwo;received=192.0.2.8
Max-Forwards: 70
From: "Alice" <sip:alice@example.com>;tag=ft1
To: <sip:bob@example.org>
Call-ID: ` + id + `
CSeq: 102 ` + method + `
Contact: <sip:alice@192.0.2.7:5099;ob>;expires=60
User-Agent: TestUA/1.0
X-Two: first
X-Two: second
X-Par: <sip:x@y>;a=1
Content-Length: 0

`
	return []byte(strings.ReplaceAll(text, "\n", "\r\n"))
}

// spellingResult reads the answer to a request.
func spellingResult(reply string) string {
	head, rest, ok := strings.Cut(reply, "X-Result: ")
	if !ok {
		first, _, _ := strings.Cut(head, "\r\n")
		return first
	}
	value, _, _ := strings.Cut(rest, "\r\n")
	b, err := hex.DecodeString(value)
	if err != nil {
		return "bad result " + value
	}
	return strconv.Quote(rowNumber.ReplaceAllString(string(b), "ROW"))
}

// rowNumber is the Call-ID of a row, which changes when rows are added before it.
var rowNumber = regexp.MustCompile(`ROW\d+`)

func readRecord(t *testing.T, name string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, line := range strings.Split(strings.TrimSpace(readText(t, name)), "\n") {
		f := strings.Split(line, "\t")
		if len(f) < 3 || line[0] == '#' {
			continue
		}
		out[f[0]+"\t"+f[1]] = f[2:]
	}
	return out
}

// TestSpellings tries all rows in kahea and compares with the record.
func TestSpellings(t *testing.T) {
	rows := readSpellings(t)
	record, known := readRecord(t, "reference.tsv"), readRecord(t, "known.tsv")
	dir := t.TempDir()
	got := make([]string, len(rows))
	together := map[int]spelling{}
	for i, r := range rows {
		want := record[r.String()]
		if want == nil {
			t.Errorf("%s: not in the record: go test -run TestReferenceSpellings -update", r)
			continue
		}
		if k := known[r.String()]; k != nil {
			want = k
		}
		if want[0] != rowRefused && want[0] != rowStart && r.kind != "top" {
			together[i] = r
			continue
		}
		got[i] = rowTaken
		if loadSpelling(t, dir, map[int]spelling{i: r}).errs.Len() > 0 {
			got[i] = rowRefused
		}
	}
	// What is taken runs in one server.
	for {
		cfg := loadSpelling(t, dir, together)
		if cfg.errs.Len() == 0 {
			runSpellings(t, cfg, together, got)
			break
		}
		before := len(together)
		for i, r := range together {
			one := loadSpelling(t, dir, map[int]spelling{i: r})
			if one.errs.Len() > 0 {
				got[i] = rowRefused
				delete(together, i)
			}
		}
		if len(together) == before {
			t.Fatalf("mistakes of no row: %v", cfg.errs.Err())
		}
	}
	seen := map[string]bool{}
	for i, r := range rows {
		want := record[r.String()]
		if want == nil {
			continue
		}
		result := want[0]
		if result == rowStart {
			result = rowRefused // kahea checks what Kamailio finds when it starts
		}
		k := known[r.String()]
		seen[r.String()] = true
		switch {
		case k != nil && result == got[i]:
			t.Errorf("%s: no longer differs: take it out of known.tsv", r)
		case k != nil && k[0] != got[i]:
			t.Errorf("%s: got %s, want %s as known.tsv has it", r, got[i], k[0])
		case k == nil && got[i] != result:
			t.Errorf("%s: got %s, want %s", r, got[i], want[0])
		}
	}
	for name := range known {
		if !seen[name] {
			t.Errorf("%s: in known.tsv and no row", name)
		}
	}
}

// loadSpelling reads the configuration of some rows.
func loadSpelling(t *testing.T, dir string, rows map[int]spelling) *config {
	t.Helper()
	file := filepath.Join(dir, "spelling.cfg")
	if err := os.WriteFile(file, []byte(spellingConfig(t, "udp:127.0.0.1:5060", rows)), 0o600); err != nil {
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
	return cfg
}

// runSpellings sends the message of each row to a server apart from the world.
func runSpellings(t *testing.T, cfg *config, rows map[int]spelling, got []string) {
	var last string
	world := newMadeUp(newTraceView(new(strings.Builder), true))
	s, err := boot(cfg, surroundings{stdout: new(strings.Builder), stderr: new(strings.Builder), clock: timer.NewManual(start), resolver: world, seed: 1,
		portable: true, apart: true, network: overheard{transport.NewMemoryNetwork(), func(data []byte) { last = string(data) }}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.abandon()
	sock := s.transport.Sockets()[0]
	for i := range got {
		if _, ok := rows[i]; !ok {
			continue
		}
		last = ""
		text := spellingMessage("INVITE", fmt.Sprintf("ROW%d", i))
		buf := transport.NewBuffer(len(text))
		s.engine.Receive(transport.Packet{Data: buf.Data[:copy(buf.Data, text)], Buffer: buf, Socket: sock,
			Src: netip.MustParseAddrPort("127.0.0.1:5090"), Dst: sock.Addr, Time: s.clock.Now()})
		got[i] = rowSilent
		if strings.HasPrefix(last, "SIP/2.0 ") {
			got[i] = spellingResult(last)
		}
	}
}

// TestReferenceSpellings tries all rows in the installed Kamailio.
func TestReferenceSpellings(t *testing.T) {
	if os.Getenv("KAHEA_REQUIRE_SERVERS") != "1" && !*update {
		t.Skip("skipped: make test-servers compares with Kamailio")
	}
	if _, err := exec.LookPath("kamailio"); err != nil {
		t.Fatal("kamailio is missing: apt-get install kamailio")
	}
	rows := readSpellings(t)
	dir := t.TempDir()
	got := make([]string, len(rows))
	together := map[int]spelling{}
	file := filepath.Join(dir, "spelling.cfg")
	for i, r := range rows {
		writeSpelling(t, file, map[int]spelling{i: r})
		switch {
		case exec.Command("kamailio", "-c", "-f", file).Run() != nil:
			got[i] = rowRefused
		case r.kind == "top":
			got[i] = rowTaken
		default:
			together[i] = r
		}
	}
	for i := range startable(t, file, together, got) {
		together[i] = rows[i]
	}
	askReference(t, file, together, got)
	var b strings.Builder
	b.WriteString("# What Kamailio 5.6.3 makes of each row: kind, text, result. Taken anew by go test ./tools/kahea -run TestReferenceSpellings -update\n")
	for i, r := range rows {
		fmt.Fprintf(&b, "%s\t%s\n", r, got[i])
	}
	if *update {
		if err := os.WriteFile(filepath.Join(spellings, "reference.tsv"), []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := readText(t, "reference.tsv"); want != b.String() {
		for i, line := range strings.Split(b.String(), "\n") {
			if w := strings.Split(want, "\n"); i >= len(w) || w[i] != line {
				t.Errorf("Kamailio: %s", line)
			}
		}
	}
}

// spellingPort is where the reference listens: the rows know it as the port of the R-URI.
const spellingPort = "127.0.0.1:5060"

func writeSpelling(t *testing.T, file string, rows map[int]spelling) {
	t.Helper()
	if err := os.WriteFile(file, []byte("#!KAMAILIO\n"+spellingConfig(t, "udp:"+spellingPort, rows)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// startable takes out of rows those with which the reference does not start, halving what does not until one row is left.
func startable(t *testing.T, file string, rows map[int]spelling, got []string) map[int]spelling {
	if len(rows) == 0 {
		return nil
	}
	writeSpelling(t, file, rows)
	stop, err := startReference(file)
	if err == nil {
		stop()
		return rows
	}
	if len(rows) == 1 {
		for i := range rows {
			got[i] = rowStart
			delete(rows, i)
		}
		return rows
	}
	halves := [2]map[int]spelling{{}, {}}
	n := 0
	for i := range got {
		if r, ok := rows[i]; ok {
			halves[2*n/len(rows)][i] = r
			n++
		}
	}
	clear(rows)
	for _, half := range halves {
		for i, r := range startable(t, file, half, got) {
			rows[i] = r
		}
	}
	return rows
}

// startReference runs Kamailio until it answers.
func startReference(file string) (stop func(), err error) {
	dir := filepath.Dir(file)
	cmd := exec.Command("kamailio", "-f", file, "-DD", "-E", "-m", "64", "-Y", dir, "-w", dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	stop = func() {
		// A child that has only just begun may miss the signal, and then Kamailio
		// waits for it for a minute.
		cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(time.Second):
		}
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what is left of its children, too
		<-ended
		// They hold the port a moment longer.
		addr, _ := net.ResolveUDPAddr("udp", spellingPort)
		for range 500 {
			if c, err := net.ListenUDP("udp", addr); err == nil {
				c.Close()
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	conn, err := dialReference()
	if err != nil {
		stop()
		return nil, err
	}
	defer conn.Close()
	for until := time.Now().Add(2 * patience); time.Now().Before(until); {
		select {
		case <-ended:
			return nil, errors.New("kamailio has ended")
		default:
		}
		if ask(conn, 50*time.Millisecond, spellingMessage("OPTIONS", "ready")) != "" {
			return stop, nil
		}
	}
	stop()
	return nil, errors.New("kamailio does not answer")
}

func dialReference() (*net.UDPConn, error) {
	server, err := net.ResolveUDPAddr("udp", spellingPort)
	if err != nil {
		return nil, err
	}
	return net.DialUDP("udp", &net.UDPAddr{IP: server.IP, Port: 5090}, server)
}

// ask sends requests and gives the first reply to one of them, "" where none comes.
func ask(conn *net.UDPConn, wait time.Duration, texts ...[]byte) string {
	for _, text := range texts {
		if _, err := conn.Write(text); err != nil {
			time.Sleep(wait / 5)
			return ""
		}
	}
	conn.SetReadDeadline(time.Now().Add(wait))
	b := make([]byte, 65536)
	for {
		n, err := conn.Read(b)
		if err != nil {
			return ""
		}
		reply := string(b[:n])
		ours := func(text []byte) bool { return strings.Contains(reply, callIDOf(text)) }
		if strings.HasPrefix(reply, "SIP/2.0") && slices.ContainsFunc(texts, ours) {
			return reply
		}
	}
}

func callIDOf(text []byte) string {
	_, rest, _ := strings.Cut(string(text), "Call-ID: ")
	id, _, _ := strings.Cut(rest, "\r\n")
	return "Call-ID: " + id + "\r\n"
}

func askReference(t *testing.T, file string, rows map[int]spelling, got []string) {
	writeSpelling(t, file, rows)
	var (
		stop func()
		conn *net.UDPConn
	)
	begin := func() {
		running, err := startReference(file)
		if err != nil {
			t.Fatal(err)
		}
		stop = running
		if conn, err = dialReference(); err != nil {
			t.Fatal(err)
		}
	}
	end := func() {
		if stop != nil {
			conn.Close()
			stop()
		}
	}
	defer end()
	begin()
	for i := range got {
		if _, ok := rows[i]; !ok {
			continue
		}
		got[i] = rowSilent
		// Kamailio has one reader: what is answered behind the row comes when that is done.
		row, behind := spellingMessage("INVITE", fmt.Sprintf("ROW%d", i)), spellingMessage("OPTIONS", fmt.Sprintf("behind-%d", i))
		reply := ask(conn, patience/4, row, behind)
		if reply == "" { // once in many runs its reader stands still at some row, for good
			end()
			begin()
			reply = ask(conn, patience, row, behind)
		}
		switch {
		case reply == "":
			t.Fatalf("kamailio does not answer behind %v", rows[i])
		case strings.Contains(reply, callIDOf(row)):
			got[i] = spellingResult(reply)
		}
	}
}
