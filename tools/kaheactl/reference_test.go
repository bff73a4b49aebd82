// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/testserver"
)

// modulesDir is where Debian has Kamailio's modules.
const modulesDir = "/usr/lib/x86_64-linux-gnu/kamailio/modules"

// patience bounds the wait for a server.
const patience = 60 * time.Second

// engine is a database of one kind, with what kamdbctl must be told of it.
type engine struct {
	name     string
	settings []string // of kamctlrc
	url      string
	groups   []string // that kamdbctl makes
}

// needs skips the test where a file of Debian's packages is missing.
func needs(t *testing.T, path, packages string) {
	t.Helper()
	if _, err := os.Stat(path); err == nil {
		return
	}
	if os.Getenv("KAHEA_REQUIRE_SERVERS") == "1" {
		t.Fatalf("%s is missing: apt-get install %s", path, packages)
	}
	t.Skipf("skipped: %s is missing (apt-get install %s)", path, packages)
}

// engines starts a server for each kind of database. The databases do not exist
// yet, but for the file and the folder.
func engines(t *testing.T, run func(t *testing.T, e engine)) {
	needs(t, "/usr/sbin/kamdbctl", "kamailio")
	all := []string{"standard", "presence", "extra", "uid"}
	for _, row := range []struct {
		name, module, packages string
		start                  func(t *testing.T) engine
	}{
		{"mysql", "db_mysql", "kamailio-mysql-modules", func(t *testing.T) engine {
			s := testserver.MariaDB(t)
			return engine{"mysql", []string{"DBENGINE=MYSQL", "DBHOST=127.0.0.1", fmt.Sprintf("DBPORT=%d", s.Port), "DBNAME=calls",
				"DBROOTUSER=root", "DBROOTPW=" + testserver.AdminPassword}, s.Admin + "/calls", all}
		}},
		{"postgres", "db_postgres", "kamailio-postgres-modules", func(t *testing.T) engine {
			s := testserver.PostgreSQL(t)
			return engine{"postgres", []string{"DBENGINE=PGSQL", "DBHOST=127.0.0.1", fmt.Sprintf("DBPORT=%d", s.Port), "DBNAME=calls",
				"DBROOTUSER=postgres"}, s.Admin + "/calls", all[:3]}
		}},
		{"sqlite", "db_sqlite", "kamailio-sqlite-modules", func(t *testing.T) engine {
			path := filepath.Join(t.TempDir(), "calls.sqlite") // after three slashes Kamailio has a path of its working folder
			return engine{"sqlite", []string{"DBENGINE=SQLITE", "DB_PATH=" + path}, "sqlite:///" + path, all[:3]}
		}},
		{"text", "db_text", "kamailio", func(t *testing.T) engine {
			path := filepath.Join(t.TempDir(), "calls")
			return engine{"text", []string{"DBENGINE=DBTEXT", "DB_PATH=" + path}, "text://" + path, all[:3]}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			needs(t, filepath.Join(modulesDir, row.module+".so"), row.packages)
			run(t, row.start(t))
		})
	}
}

// What Kamailio's own tool has made is right.
func TestReferenceTables(t *testing.T) {
	engines(t, func(t *testing.T, e engine) {
		home := t.TempDir()
		settings := append(e.settings, "DBRWUSER=rw", "DBRWPW=rwpw", "DBROUSER=ro", "DBROPW=ropw", "DBINITASK=no", "CHARSET=latin1",
			"INSTALL_EXTRA_TABLES=yes", "INSTALL_PRESENCE_TABLES=yes", "INSTALL_DBUID_TABLES=yes")
		if err := os.WriteFile(filepath.Join(home, ".kamctlrc"), []byte(strings.Join(settings, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("kamdbctl", "create")
		cmd.Env = append(os.Environ(), "HOME="+home)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("kamdbctl: %v\n%s", err, out)
		}
		out := control(t, e.url, "", 0, "db", "status")
		for _, g := range e.groups {
			if !strings.Contains(out, " tables of the group "+g+", 0 differences\n") {
				t.Errorf("no word of the group %s in:\n%s", g, out)
			}
		}
		// What it has left out is made beside.
		control(t, e.url, "", 0, "db", "create")
		if out = control(t, e.url, "", 0, "db", "status"); strings.Contains(out, "no tables") {
			t.Errorf("after create:\n%s", out)
		}
	})
}

// Kamailio starts on the tables that kaheactl has made.
func TestReferenceStartsOnTheTables(t *testing.T) {
	engines(t, func(t *testing.T, e engine) {
		control(t, e.url, "", 0, "db", "create")
		control(t, e.url, "", 0, "user", "add", "alice@example.com", "secret")
		dir := t.TempDir()
		config := filepath.Join(dir, "kamailio.cfg")
		text := strings.NewReplacer("{SCHEME}", e.name, "{URL}", e.url, "{MODULES}", modulesDir).Replace(referenceConfig)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := startReference(t, dir, config); err != nil {
			t.Errorf("%v:\n%s", err, out)
		}
	})
}

// referenceConfig has modules which look for their tables and versions when
// they start.
const referenceConfig = `debug=0
log_stderror=yes
fork=yes
children=1
listen=udp:127.0.0.1:{PORT}
mpath="{MODULES}/"
loadmodule "db_{SCHEME}.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "ctl.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "auth_db.so"
loadmodule "acc.so"
loadmodule "alias_db.so"
loadmodule "speeddial.so"
loadmodule "domain.so"
loadmodule "permissions.so"
loadmodule "dispatcher.so"
loadmodule "dialog.so"
loadmodule "htable.so"
loadmodule "uac.so"
modparam("ctl", "binrpc", "unix:{DIR}/ctl")
modparam("usrloc|auth_db|acc|alias_db|speeddial|domain|permissions|dispatcher|dialog|htable", "db_url", "{URL}")
modparam("usrloc", "db_mode", 2)
modparam("acc", "db_flag", 1)
modparam("acc", "db_missed_flag", 2)
modparam("domain", "register_myself", 1)
modparam("permissions", "db_mode", 1)
modparam("dialog", "db_mode", 1)
modparam("htable", "htable", "a=>size=4;dbtable=htable;")
modparam("uac", "reg_db_url", "{URL}")
modparam("uac", "reg_contact_addr", "127.0.0.1:5060")
request_route { exit; }
`

// startReference starts Kamailio until it answers, and ends it.
func startReference(t *testing.T, dir, config string) (string, error) {
	t.Helper()
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprint(l.LocalAddr().(*net.UDPAddr).Port)
	l.Close()
	text = []byte(strings.NewReplacer("{PORT}", port, "{DIR}", dir).Replace(string(text)))
	if err := os.WriteFile(config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "kamailio", "-f", config, "-DD", "-E", "-w", dir, "-Y", dir, "-P", filepath.Join(dir, "pid"), "-m", "32", "-M", "8")
	// A Kamailio that is asked to end while it starts may never do so: all of
	// its processes are killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = patience
	var out output
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		if run([]string{"--url", "unixs:" + filepath.Join(dir, "ctl"), "core.uptime"}, strings.NewReader(""), io.Discard, io.Discard) == statusOK {
			break
		}
		select {
		case err := <-ended:
			return out.String(), fmt.Errorf("Kamailio ended at once: %w", err)
		case <-ctx.Done():
			return out.String(), ctx.Err()
		default:
		}
	}
	said := out.String()
	cancel()
	<-ended
	if strings.Contains(said, "ERROR") || strings.Contains(said, "CRITICAL") {
		return said, errors.New("Kamailio has complained")
	}
	return said, nil
}

// output keeps what a program writes.
type output struct {
	mu   sync.Mutex
	text strings.Builder // guarded by mu
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
