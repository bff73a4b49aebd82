// SPDX-License-Identifier: Apache-2.0

package sippflows

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	_ "github.com/kahea-sip/kahea/modules/standard"
	"github.com/kahea-sip/kahea/tools/difftest/refserver"
	"github.com/kahea-sip/kahea/tools/testport"
)

// flowLimit is how long one sipp may run. Flows take a second or two; the machine may be busy.
const flowLimit = 90 * time.Second

// sipp is one run of the program.
type sipp struct {
	scenario string
	user     string            // whom it calls or registers
	tcp      bool              // else UDP
	port     int               // its own port, 0 for any free one
	words    map[string]string // @@word@@ of the scenario
	keys     map[string]string // [key] of the scenario
	calls    int               // 1 when 0
	args     []string
}

// start starts sipp towards a server and returns a channel that tells at its end whether the flow went as written. A cancelled context
// ends it.
func (s sipp) start(ctx context.Context, t *testing.T, server *refserver.Server) chan error {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", s.scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	for word, value := range s.words {
		text = []byte(strings.ReplaceAll(string(text), "@@"+word+"@@", value))
	}
	folder := t.TempDir()
	file := filepath.Join(folder, s.scenario+".xml")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if s.port == 0 {
		s.port = freePort(t)
	}
	mode, calls := "u1", max(s.calls, 1)
	if s.tcp {
		mode = "t1"
	}
	args := []string{server.Addr(), "-sf", file, "-s", s.user, "-t", mode, "-i", "127.0.0.1", "-p", strconv.Itoa(s.port), "-m", strconv.Itoa(calls), "-r", "20",
		"-nostdin", "-buff_size", "4000000", "-timeout", "80s", "-timeout_error", "-trace_err", "-error_file", filepath.Join(folder, "errors")}
	for key, value := range s.keys {
		args = append(args, "-key", key, value)
	}
	args = append(args, s.args...)
	cmd := exec.CommandContext(ctx, "sipp", args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "TERM=dumb")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		if err != nil {
			errors, _ := os.ReadFile(filepath.Join(folder, "errors"))
			err = fmt.Errorf("sipp %s of %s: %w\n%s", s.scenario, s.user, err, errors)
		}
		ended <- err
	}()
	return ended
}

// run runs sipp to its end.
func (s sipp) run(t *testing.T, server *refserver.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), flowLimit)
	defer cancel()
	if err := <-s.start(ctx, t, server); err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	port, err := testport.Free()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// callee is a registered user agent that waits for a call.
type callee struct {
	scenario string
	tcp      bool
	words    map[string]string
	args     []string
}

// flow is one scene: callees register as user, then the caller calls.
type flow struct {
	name    string
	rfc     string // section of RFC 3665
	short   bool   // with the stock file's timers shortened
	callees []callee
	unheard bool // the user is registered at a port where nobody answers
	caller  string
	tcp     bool
	words   map[string]string
	calls   int
}

var flows = []flow{
	{name: "call", rfc: "3.2, 3.7", callees: []callee{{scenario: "uas_call"}}, caller: "uac_call"},
	{name: "call-tcp", rfc: "3.2, 3.7", callees: []callee{{scenario: "uas_call", tcp: true}}, caller: "uac_call", tcp: true},
	{name: "call-udp-to-tcp", rfc: "3.2, 3.7", callees: []callee{{scenario: "uas_call", tcp: true}}, caller: "uac_call"},
	{name: "call-tcp-to-udp", rfc: "3.2, 3.7", callees: []callee{{scenario: "uas_call"}}, caller: "uac_call", tcp: true},
	{name: "many-calls", rfc: "3.2", callees: []callee{{scenario: "uas_short"}}, caller: "uac_short", calls: 20},
	{name: "sdp-in-ack", rfc: "3.6", callees: []callee{{scenario: "uas_short"}}, caller: "uac_sdp_in_ack"},
	{name: "cancel", rfc: "3.8", callees: []callee{{scenario: "uas_cancel"}}, caller: "uac_cancel"},
	{name: "cancel-tcp", rfc: "3.8", callees: []callee{{scenario: "uas_cancel", tcp: true}}, caller: "uac_cancel", tcp: true},
	{name: "cancel-udp-to-tcp", rfc: "3.8", callees: []callee{{scenario: "uas_cancel", tcp: true}}, caller: "uac_cancel"},
	{name: "no-answer", rfc: "3.8", short: true, callees: []callee{{scenario: "uas_cancel"}}, caller: "uac_refused", words: word("408")},
	{name: "busy", rfc: "3.9", callees: []callee{{scenario: "uas_refused", words: word("486")}}, caller: "uac_refused", words: word("486")},
	{name: "busy-tcp", rfc: "3.9", callees: []callee{{scenario: "uas_refused", tcp: true, words: word("486")}}, caller: "uac_refused", tcp: true, words: word("486")},
	{name: "no-response", rfc: "3.10", short: true, unheard: true, caller: "uac_refused", words: word("408")},
	{name: "unavailable", rfc: "3.11", callees: []callee{{scenario: "uas_refused", words: word("480")}}, caller: "uac_refused", words: word("480")},
	{name: "unknown-user", rfc: "3.11", caller: "uac_refused", words: word("404")},
	{name: "two-ring-one-answers", callees: []callee{{scenario: "uas_cancel"}, {scenario: "uas_slow"}}, caller: "uac_short"},
	{name: "two-ring-one-answers-tcp", callees: []callee{{scenario: "uas_cancel", tcp: true}, {scenario: "uas_slow"}}, caller: "uac_short", tcp: true},
	{name: "two-ring-caller-gives-up", callees: []callee{{scenario: "uas_cancel"}, {scenario: "uas_cancel"}}, caller: "uac_cancel"},
	{name: "invite-retransmitted", callees: []callee{{scenario: "uas_slow"}}, caller: "uac_retransmits"},
	{name: "lost-200", callees: []callee{{scenario: "uas_lost_200"}}, caller: "uac_short", calls: 6},
}

func word(code string) map[string]string { return map[string]string{"code": code} }

// play plays a flow.
func (f flow) play(t *testing.T, server *refserver.Server) {
	user := f.name
	ctx, cancel := context.WithTimeout(context.Background(), flowLimit)
	defer cancel()
	register := func(port int, tcp bool) {
		transport := "udp"
		if tcp {
			transport = "tcp"
		}
		sipp{scenario: "register", user: user, keys: map[string]string{"contact_port": strconv.Itoa(port), "contact_transport": transport, "expires": "300"}}.run(t, server)
	}
	var all []<-chan error
	for _, c := range f.callees {
		port := freePort(t)
		all = append(all, sipp{scenario: c.scenario, user: user, tcp: c.tcp, port: port, words: c.words, calls: f.calls, args: c.args}.start(ctx, t, server))
		awaitListening(t, port, c.tcp)
		register(port, c.tcp)
	}
	if f.unheard {
		register(freePort(t), false)
	}
	all = append(all, sipp{scenario: f.caller, user: user, tcp: f.tcp, words: f.words, calls: f.calls}.start(ctx, t, server))
	results := make(chan error)
	for _, one := range all {
		go func() { results <- <-one }()
	}
	failed := false
	for range all {
		if err := <-results; err != nil && !failed { // what fails after it was ended by the first failure
			failed = true
			t.Error(err)
			cancel()
		}
	}
}

// awaitListening waits until a program has opened a port; asking the port itself would look like a call to sipp.
func awaitListening(t *testing.T, port int, tcp bool) {
	t.Helper()
	table, state := "/proc/net/udp", " 07 "
	if tcp {
		table, state = "/proc/net/tcp", " 0A "
	}
	local := fmt.Sprintf("0100007F:%04X ", port)
	for end := time.Now().Add(flowLimit); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			if strings.Contains(line, local) && strings.Contains(line, state) {
				return
			}
		}
	}
	t.Fatalf("sipp did not open port %d", port)
}

// servers starts the server twice: with a configuration, and with its timers shortened.
func servers(t *testing.T, command, cfg string) (whole, short *refserver.Server) {
	t.Helper()
	text, err := os.ReadFile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	derived := strings.NewReplacer(`"fr_timer", 30000`, `"fr_timer", 1500`, `"fr_inv_timer", 120000`, `"fr_inv_timer", 1500`).Replace(string(text))
	if strings.Count(derived, "1500)") != 2 {
		t.Fatalf("%s no longer sets fr_timer and fr_inv_timer as expected", cfg)
	}
	file := filepath.Join(t.TempDir(), "short.cfg")
	if cfg != refserver.StockCfg {
		file = filepath.Join(filepath.Dir(cfg), "short.cfg") // beside what it includes
	}
	if err := os.WriteFile(file, []byte(derived), 0o644); err != nil {
		t.Fatal(err)
	}
	start := func(cfg string) *refserver.Server {
		s, err := refserver.Start(command, cfg, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Stop)
		return s
	}
	return start(cfg), start(file)
}

func playAll(t *testing.T, command, cfg string) {
	stock, short := servers(t, command, cfg)
	t.Run("registrations", func(t *testing.T) {
		registrations(t, stock)
		if cfg == refserver.StockCfg { // without accounts the example in Lua relays to other domains
			sipp{scenario: "register_refused", user: "holder"}.run(t, stock) // in place of 2.5
		}
	})
	t.Run("flows", func(t *testing.T) {
		for _, f := range flows {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				server := stock
				if f.short {
					server = short
				}
				f.play(t, server)
			})
		}
	})
}

// registrations are RFC 3665 section 2, as far as a registrar without passwords can show it.
func registrations(t *testing.T, server *refserver.Server) {
	keys := func(port, expires string) map[string]string {
		return map[string]string{"contact_port": port, "contact_transport": "udp", "expires": expires}
	}
	query := func(contact, check string) {
		t.Helper()
		sipp{scenario: "query", user: "holder", words: map[string]string{"contact": contact, "check": check}}.run(t, server)
	}
	query("Contact:", "check_it_inverse")                                                 // nothing yet
	sipp{scenario: "register", user: "holder", keys: keys("40001", "300")}.run(t, server) // 2.1
	query("holder@127.0.0.1:40001", "check_it")                                           // 2.3
	sipp{scenario: "register", user: "holder", keys: keys("40002", "300")}.run(t, server) // 2.2
	query("holder@127.0.0.1:40002", "check_it")
	query("holder@127.0.0.1:40001", "check_it")
	sipp{scenario: "register", user: "holder", tcp: true, keys: keys("40001", "0")}.run(t, server) // 2.4
	query("holder@127.0.0.1:40001", "check_it_inverse")
}

func TestReference(t *testing.T) {
	refserver.Needs(t, "kamailio", "sipp")
	playAll(t, refserver.ReferenceCommand, refserver.StockCfg)
}

func TestReferenceKEMI(t *testing.T) {
	refserver.Needs(t, "kamailio", "sipp")
	playAll(t, refserver.ReferenceCommand, refserver.KEMIOf(t, ships))
}

func TestKahea(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "sipp")
	playAll(t, command, refserver.StockCfg)
}

// TestKaheaKEMI plays the flows through Debian's example of a server in Lua.
func TestKaheaKEMI(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "sipp")
	playAll(t, command, refserver.KEMIOf(t, ships))
}

// ships tells whether kahea has a module.
func ships(name string) bool { return module.Lookup(name) != nil }
