// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	_ "github.com/kahea-sip/kahea/modules/standard"
	"github.com/kahea-sip/kahea/tools/difftest/refserver"
	"github.com/kahea-sip/kahea/tools/testport"
)

// releases is where the stock files of all releases lie, where they are at hand.
const releases = "../../../shared/data/stock"

// stockFiles are those, and the one that is installed.
func stockFiles(t *testing.T) []string {
	t.Helper()
	folder, err := filepath.Abs(releases) // servers run in other folders
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	return append(files, refserver.StockCfg)
}

var switchLine = regexp.MustCompile(`(?m)^#!ifn?def (WITH_\w+)`)

// switchesOf are all that a stock file knows, but for WITH_MYSQL, which a store
// turns on, and for WITH_SRCPATH, which says where modules lie.
func switchesOf(t *testing.T, file string) (names []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range switchLine.FindAllStringSubmatch(string(text), -1) {
		name := strings.TrimPrefix(m[1], "WITH_")
		if name != "MYSQL" && name != "SRCPATH" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) < 10 {
		t.Fatalf("%s has the switches %v only", file, names)
	}
	return names
}

// TestReleases: the stock file of each release line passes the check and starts
// without a switch, and with all of them. What replaced a module that is gone
// is told.
func TestReleases(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t)
	s := newStore(t, "mysql")
	s.readyForAll(t)
	for _, file := range stockFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			all := s.flagsOfAll(t, file)
			file := s.guarded(t, file)
			for name, flags := range map[string]string{"no switch": "", "all switches": all} {
				passes(t, command, file, flags)
				port, err := testport.Free()
				if err != nil {
					t.Fatal(err)
				}
				server, err := refserver.StartAt(command+flags, file, t.TempDir(), port)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				server.Stop()
				tellsOfShims(t, file, server)
			}
		})
	}
}

// flagsOfAll turn all switches of a file on.
func (s *store) flagsOfAll(t *testing.T, file string) string {
	t.Helper()
	flags := " " + s.flags + " " + newTLSSide(t).tlsFlag()
	for _, name := range switchesOf(t, file) {
		flags += " -A WITH_" + name
	}
	return flags
}

var databaseLine = regexp.MustCompile(`(?m)^#!define DBURL .*$`)

// guarded is a stock file that lets the command line name the database: the
// first one did not, its operators wrote theirs into it.
func (s *store) guarded(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "#!ifndef DBURL") || strings.Contains(string(text), "#!trydef DBURL") {
		return file
	}
	edited := filepath.Join(t.TempDir(), filepath.Base(file))
	if err := os.WriteFile(edited, databaseLine.ReplaceAllLiteral(text, []byte("#!trydef DBURL \""+s.url+"\"")), 0o600); err != nil {
		t.Fatal(err)
	}
	return edited
}

// passes runs kahea check with the flags of a command.
func passes(t *testing.T, command, file, flags string) {
	t.Helper()
	program, _, _ := strings.Cut(command, " ")
	cmd := exec.Command(program, append(append([]string{"check"}, strings.Fields(flags)...), file)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("kahea check%s: %v\n%s", flags, err, out)
	}
}

// tellsOfShims looks for the line of each module that Kamailio no longer has.
func tellsOfShims(t *testing.T, file string, server *refserver.Server) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(server.Run, "log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range module.Names() {
		if strings.HasPrefix(name, "mi_") && strings.Contains(string(text), `loadmodule "`+name) && !strings.Contains(string(log), name+" is a module of Kamailio 4") {
			t.Errorf("the log does not say what became of %s:\n%s", name, log)
		}
	}
}

// readyForAll adds the columns that the stock file asks for with WITH_ACCDB.
func (s *store) readyForAll(t *testing.T) {
	t.Helper()
	for _, table := range []string{"acc", "missed_calls"} {
		for _, column := range []string{"src_user", "src_domain", "src_ip", "dst_ouser", "dst_user", "dst_domain"} {
			s.run(t, "ALTER TABLE "+table+" ADD COLUMN "+column+" VARCHAR(128) NOT NULL DEFAULT ''")
		}
	}
}

// TestOldRelease: the file of 4.3 carries registrations and calls, and the
// control tools of today work on it: kamctl over the FIFO that mi_fifo stands
// for, the MI commands that mi_rpc stands for, and XML-RPC.
func TestOldRelease(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "sipp", "kamctl", "kamcmd", "curl")
	for _, file := range stockFiles(t) {
		if filepath.Base(file) == "kamailio-4.3.cfg" {
			oldReleaseCalls(t, command, file)
		}
	}
}

func oldReleaseCalls(t *testing.T, command, file string) {
	s := newStore(t, "mysql")
	s.readyForAll(t)
	s.kaheactl(t, "user", "add", "alice@one.example", "secret")
	s.kaheactl(t, "user", "add", "bob@one.example", "bobs")
	s.run(t, "INSERT INTO domain (domain) VALUES ('one.example')")
	server := s.start(t, command, file, "AUTH", "USRLOCDB", "ACCDB", "MULTIDOMAIN")
	callee := newPhone(t, server.Addr())
	_, port, _ := strings.Cut(callee.addr(), ":")
	sipp(t, server, "register", "bob", "@@domain@@", "one.example", "@@password@@", "bobs", "@@code@@", "200", "@@contact@@", port)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for _, method := range []string{"INVITE", "BYE"} {
			callee.answer(callee.hears(method))
		}
	}()
	sipp(t, server, "call", "alice", "@@domain@@", "one.example", "@@password@@", "secret", "@@to@@", "bob@one.example")
	<-heard
	s.await(t, "SELECT method, sip_code, src_user, dst_ouser FROM acc ORDER BY id", "INVITE|200|alice|bob", "BYE|200|alice|bob")
	control := func(want, program string, args ...string) {
		t.Helper()
		cmd := exec.Command(program, args...)
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "RPCFIFOPATH="+filepath.Join(server.Run, "kamailio_rpc.fifo"))
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s %v: %v, no %q in\n%s", program, args, err, want, out)
		}
	}
	socket := "unix:" + filepath.Join(server.Run, "kamailio_ctl")
	control("sip:"+"bob@"+callee.addr(), "kamctl", "ul", "show", "bob@one.example")
	control("sip:"+"bob@"+callee.addr(), "kamcmd", "-s", socket, "mi", "ul_show_contact", "location", "bob@one.example")
	control("accepted_regs = 1", "kamcmd", "-s", socket, "mi", "get_statistics", "registrar:")
	control("up_since", "kamctl", "uptime")
	again := s.start(t, command, file, "XMLRPC")
	control("<value><string>kahea", "curl", "--silent", "--data", "<methodCall><methodName>core.version</methodName></methodCall>", "http://"+again.Addr()+"/RPC")
}

// TestNewestRelease: the file of 6.1 follows its calls with dlgs.
func TestNewestRelease(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamcmd")
	for _, file := range stockFiles(t) {
		if filepath.Base(file) == "kamailio-6.1.cfg" {
			newestReleaseCalls(t, command, file)
		}
	}
}

func newestReleaseCalls(t *testing.T, command, file string) {
	server, err := refserver.Start(command, file, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	callee := registered(t, server, "callee")
	caller := newPhone(t, server.Addr())
	state := func(want string) {
		t.Helper()
		for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
			out, err := exec.Command("kamcmd", "-s", "unix:"+filepath.Join(server.Run, "kamailio_ctl"), "dlgs.briefing").CombinedOutput()
			if err == nil && strings.Contains(string(out), "state: "+want) && strings.Contains(string(out), "data: srcip=127.0.0.1") {
				return
			}
			if time.Now().After(end) {
				t.Errorf("not %s: %v\n%s", want, err, out)
				return
			}
		}
	}
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		request := callee.hears("INVITE")
		state("init")
		callee.answer(request)
	}()
	to := "sip:callee@" + server.Addr()
	invite := caller.request("INVITE", to, "sip:caller@"+server.Addr(), to, "Contact: <sip:caller@"+caller.addr()+">\r\n")
	reply := caller.ask(invite, patience)
	<-heard
	if !strings.HasPrefix(reply, "SIP/2.0 200 ") {
		t.Fatalf("the call is answered %q\n%s", reply, server.LogTail())
	}
	state("answered")
	within := func(method string) string {
		route := between(reply, "Record-Route: ", "\r\n")
		text := strings.Replace(invite, "To: <"+to+">", "To: <"+to+">;tag="+between(reply[strings.Index(reply, "To: "):], "tag=", "\r\n"), 1)
		text = strings.Replace(text, "INVITE "+to, method+" "+between(reply, "Contact: <", ">"), 1)
		text = strings.Replace(text, " INVITE\r\n", " "+method+"\r\nRoute: "+route+"\r\n", 1)
		return strings.Replace(text, "branch=", "branch=z9hG4bK"+method, 1)
	}
	caller.send(within("ACK"))
	callee.hears("ACK")
	state("active")
	go func() { callee.answer(callee.hears("BYE")) }()
	if reply := caller.ask(strings.Replace(within("BYE"), "CSeq: 1", "CSeq: 2", 1), patience); !strings.HasPrefix(reply, "SIP/2.0 200 ") {
		t.Errorf("BYE is answered %q", reply)
	}
	state("terminated")
}
