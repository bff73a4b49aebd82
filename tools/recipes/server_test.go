// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// patience is how long a condition may take to become true; the machine may be busy.
const patience = 90 * time.Second

// site is the server of a recipe with its gateways.
type site struct {
	*refserver.Server
	t        *testing.T
	gateways []*gateway
	database string
	cfg      string
	command  string
}

// newSite starts gateways and kahea; pairs are further words of the configuration to replace.
func newSite(t *testing.T, pairs ...string) *site {
	t.Helper()
	refserver.Needs(t, "sipp", "sqlite3", "kamcmd")
	return newSiteOf(t, refserver.KaheaCommand(t, "../kahea"), pairs...)
}

func newSiteOf(t *testing.T, command string, pairs ...string) *site {
	t.Helper()
	s := &site{t: t, command: command}
	s.command = strings.Replace(s.command, "-n 1 -N 1 -m 64 ", "", 1) // the workers that the file asks for
	run, r := t.TempDir(), readRecipe(t)
	s.database = filepath.Join(run, "carrier.db")
	list := filepath.Join(run, "dispatcher.list")
	s.cfg = filepath.Join(run, "kamailio.cfg")
	lists := r.list
	for i := 1; i <= 5; i++ {
		g := newGateway(t, fmt.Sprint("gw", i), fmt.Sprint("127.0.0.", 20+i))
		s.gateways = append(s.gateways, g)
		lists = replaced(t, lists, fmt.Sprintf("198.51.100.%d:5060", i), g.addr())
	}
	config := replaced(t, r.config, append(pairs, "listen=udp:198.51.100.10:5060\n", "", "/var/lib/kamailio/carrier.db", s.database, "/etc/kamailio/dispatcher.list", list, "log_stderror=no", "log_stderror=yes")...)
	customers := replaced(t, r.sql, "192.0.2.", "127.0.0.1") + "INSERT INTO htable (key_name, key_value) VALUES ('127.0.0.1', 'who asks whether the server answers');"
	for file, text := range map[string]string{s.cfg: config, list: lists} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.makeTables(customers)
	s.start(refserver.Start)
	t.Cleanup(func() { s.Stop() })
	return s
}

// makeTables does what the document says.
func (s *site) makeTables(customers string) {
	s.t.Helper()
	ctl := filepath.Join(s.t.TempDir(), "kaheactl")
	for _, words := range [][]string{
		{"go", "build", "-o", ctl, "../kaheactl"},
		{ctl, "db", "create", "--only=standard,extra", "-s", "sqlite:///" + s.database},
		{"sqlite3", s.database, customers},
	} {
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			s.t.Fatalf("%s: %v\n%s", words, err, out)
		}
	}
}

func (s *site) start(how func(command, cfg, run string) (*refserver.Server, error)) {
	s.t.Helper()
	server, err := how(s.command, s.cfg, filepath.Dir(s.cfg))
	if err != nil {
		s.t.Fatal(err)
	}
	s.Server = server
}

// rpc runs a command with kamcmd.
func (s *site) rpc(words ...string) string {
	s.t.Helper()
	out, err := exec.Command("kamcmd", append([]string{"-s", "unixs:" + filepath.Join(s.Run, "kamailio_ctl")}, words...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("kamcmd %s: %v\n%s\n%s", words, err, out, s.LogTail())
	}
	return string(out)
}

// counter reads a counter.
func (s *site) counter(name string) int {
	s.t.Helper()
	out := s.rpc("stats.get_statistics", name)
	m := regexp.MustCompile(`= (\d+)`).FindStringSubmatch(out)
	if m == nil {
		s.t.Fatalf("%s: %s", name, out)
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// sql asks the database.
func (s *site) sql(query string) []string {
	s.t.Helper()
	out, err := exec.Command("sqlite3", "-cmd", ".timeout 20000", s.database, query).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", query, err, out)
	}
	return strings.Fields(string(out))
}

// await waits until something is so, by asking; who asks runs a program, which takes its time.
func (s *site) await(what string, so func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !so(); {
		if time.Now().After(end) {
			s.t.Fatalf("%s: not within %v\n%s", what, patience, s.LogTail())
		}
	}
}

// flags are the state of a gateway in dispatcher.list.
func (s *site) flags(g *gateway) string {
	s.t.Helper()
	out := s.rpc("dispatcher.list")
	m := regexp.MustCompile(regexp.QuoteMeta("sip:"+g.addr()) + `\s+FLAGS: (\w+)`).FindStringSubmatch(out)
	if m == nil {
		s.t.Fatalf("%s is not in the list:\n%s", g.name, out)
	}
	return m[1]
}

// log is what the server has written.
func (s *site) log() string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.Run, "log"))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}
