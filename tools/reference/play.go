// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"

	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// head is the configuration in front of the routes of the rows.
const head = `debug=-1
log_stderror=yes
children=1
auto_aliases=no
server_id=7
alias="my.example.com"
listen=udp:127.0.0.1:%d name "sock1"
loadmodule "pv.so"
loadmodule "kex.so"
loadmodule "xlog.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "tmx.so"
loadmodule "corex.so"
loadmodule "textops.so"
loadmodule "textopsx.so"
loadmodule "siputils.so"
loadmodule "rr.so"
loadmodule "sqlops.so"
loadmodule "xhttp.so"
loadmodule "msrp.so"
modparam("xlog", "buf_size", 16384)
modparam("xlog", "long_format", 0)
modparam("xlog", "prefix", "")
pv_buffer_size=8192
%s
`

// play runs Kamailio over all rows, a server for each table, and returns what
// each printed.
func play(bin, dir string, tables []*table) (map[*row]string, error) {
	path, err := exec.LookPath(bin)
	if err != nil {
		return nil, fmt.Errorf("the reference is not installed: %w", err)
	}
	got := map[*row]string{}
	for _, t := range tables {
		if err := playTable(path, dir, t, got); err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return got, nil
}

func playTable(bin, dir string, t *table, got map[*row]string) error {
	run, err := os.MkdirTemp("", "reference")
	if err != nil {
		return err
	}
	defer os.RemoveAll(run)
	p := &player{bin: bin, dir: dir, run: run, got: got, groups: t.groups}
	for range 200 {
		again, err := p.start()
		if err != nil {
			return err
		}
		if again {
			continue
		}
		if again, err = p.send(); err != nil || !again {
			return err
		}
	}
	return errors.New("too many rows are refused")
}

// player is one Kamailio that runs rows.
type player struct {
	bin, dir, run string
	groups        []*group
	got           map[*row]string
	rows          []*row // those that were not refused
	lines         map[int]*row
}

// turn runs the rows that a packet is for.
const turn = `if ($rm == "READY") { xlog("L_ERR", "@@ready@@\n"); exit; } $shv(turn) = $shv(turn) + 1; route(SETUP); ` +
	`$var(turn) = "G" + $shv(turn); route($var(turn)); xlog("L_ERR", "@@done $shv(turn)@@\n"); drop;`

// config writes the configuration: each packet takes the next group.
func (p *player) config() (string, error) {
	setup, err := os.ReadFile(filepath.Join(p.dir, "setup.cfg"))
	if err != nil {
		return "", err
	}
	globals, err := os.ReadFile(filepath.Join(p.dir, "globals.cfg"))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, head, serverPort, globals)
	p.rows, p.lines = nil, map[int]*row{}
	var bodies strings.Builder
	for i, g := range p.groups {
		fmt.Fprintf(&bodies, "route[G%d] {", i+1)
		for _, r := range g.rows {
			if p.got[r] != refused {
				fmt.Fprintf(&bodies, " route(R%d);", len(p.rows))
				p.rows = append(p.rows, r)
			}
		}
		bodies.WriteString(" return 1; }\n")
	}
	fmt.Fprintf(&b, "event_route[xhttp:request] { exit; }\nrequest_route { %s }\nreply_route { %s }\nroute[SETUP] {\n%s\nreturn 1;\n}\n%s", turn, turn, setup, bodies.String())
	line := strings.Count(b.String(), "\n")
	for i, r := range p.rows {
		line++
		p.lines[line] = r
		fmt.Fprintf(&b, "route[R%d] { %s }\n", i, r.statements(theirs, i))
	}
	return b.String(), nil
}

// notFatal is said of a line that is taken all the same.
var notFatal = regexp.MustCompile(`.*Unable to resolve select in cfg at line.*`)

// badLine is how a line is named that is refused, by -c and at start.
var badLine = regexp.MustCompile(`line (\d+), column|cfg at line: (\d+)|reference\.cfg:(\d+)`)

// refuse marks the rows that the server refused, but not one that follows such
// a row: what is said of it may come of that one, and is said again if not.
func (p *player) refuse(out []byte) (some bool) {
	last := -2
	for _, m := range badLine.FindAllSubmatch(notFatal.ReplaceAll(out, nil), -1) {
		n, _ := strconv.Atoi(string(m[1]) + string(m[2]) + string(m[3]))
		if r := p.lines[n]; r != nil && p.got[r] != refused && n != last+1 {
			p.got[r] = refused
			some, last = true, n
		}
	}
	return some
}

// start checks the configuration; rows that are refused are marked, and then
// it says that it must be written again.
func (p *player) start() (again bool, err error) {
	text, err := p.config()
	if err != nil {
		return false, err
	}
	if err := os.WriteFile(p.file(), []byte(text), 0o644); err != nil {
		return false, err
	}
	out, err := exec.Command(p.bin, "-c", "-f", p.file(), "-M", "64", "-Y", p.run, "-w", p.run).CombinedOutput()
	if err == nil {
		return false, nil
	}
	if !p.refuse(out) {
		return false, fmt.Errorf("kamailio -c: %w\n%s", err, out)
	}
	return true, nil
}

func (p *player) file() string { return filepath.Join(p.run, "reference.cfg") }

// output collects what the server prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// wait waits until the output has a text; between asks.
func (o *output) wait(what string, between func()) error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if strings.Contains(o.String(), "error -1 while trying to fix configuration") {
			break
		}
		if strings.Contains(o.String(), what) {
			return nil
		}
		between()
	}
	text := o.String()
	return fmt.Errorf("the server never printed %s:\n%s", what, text[max(0, len(text)-3000):])
}

// take takes the client's port. The record names it, so that no other one will do: who plays a record at this moment, in another
// folder, is waited for. Whoever has it has that of the server too.
func take(client, server *net.UDPAddr) (conn *net.UDPConn, err error) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if conn, err = net.DialUDP("udp", client, server); !errors.Is(err, syscall.EADDRINUSE) {
			return conn, err
		}
	}
	return nil, err
}

// send runs the server, sends the message of each group and collects the
// answers. Rows that it refused only now are marked, and then it says that the
// configuration must be written again.
func (p *player) send() (again bool, err error) {
	local := net.IPv4(127, 0, 0, 1)
	conn, err := take(&net.UDPAddr{IP: local, Port: clientPort}, &net.UDPAddr{IP: local, Port: serverPort})
	if err != nil {
		return false, err
	}
	defer conn.Close()
	out := new(output)
	cmd := exec.Command(p.bin, "-f", p.file(), "-DD", "-E", "-m", "128", "-M", "64", "-Y", p.run, "-w", p.run)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return false, err
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(os.Interrupt)
	ready := fmt.Sprintf("READY sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bKr\r\nFrom: <sip:a@b>;tag=1\r\n"+
		"To: <sip:a@b>\r\nCall-ID: r\r\nCSeq: 1 READY\r\nContent-Length: 0\r\n\r\n", clientPort)
	if err := out.wait("@@ready@@", func() { conn.Write([]byte(ready)) }); err != nil {
		if p.refuse([]byte(out.String())) {
			return true, nil
		}
		return false, err
	}
	for i, g := range p.groups {
		message, err := readMessage(p.dir, g.message)
		if err != nil {
			return false, err
		}
		if _, err := conn.Write([]byte(message)); err != nil {
			return false, err
		}
		if err := out.wait(fmt.Sprintf("@@done %d@@", i+1), func() {}); err != nil {
			return false, fmt.Errorf("%s: %w", g.rows[0].script, err)
		}
	}
	for i, text := range answers(out.String(), len(p.rows)) {
		p.got[p.rows[i]] = text
	}
	return false, nil
}
