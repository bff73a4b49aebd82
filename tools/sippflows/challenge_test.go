// SPDX-License-Identifier: Apache-2.0

package sippflows

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// challengedCfg answers the challenges of who takes the calls, and registers at it an
// account of a text table.
const challengedCfg = `
debug=2
log_stderror=yes
auto_aliases=no
loadmodule "db_text.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "ctl.so"
loadmodule "uac.so"
modparam("uac", "auth_realm_avp", "$avp(realm)")
modparam("uac", "auth_username_avp", "$avp(user)")
modparam("uac", "auth_password_avp", "$avp(password)")
modparam("uac", "reg_db_url", "text://RUN/tables")
modparam("uac", "reg_contact_addr", "127.0.0.1:1")
modparam("uac", "reg_timer_interval", 1)
request_route {
	if (is_method("OPTIONS")) { sl_send_reply("200", "Here"); exit; }
	if (has_totag()) {
		if (loose_route()) { t_relay(); exit; }
		if (is_method("ACK")) t_check_trans();
		exit;
	}
	record_route();
	t_on_failure("CHALLENGE");
	$ru = "sip:callee@127.0.0.1:PORT";
	t_relay();
}
failure_route[CHALLENGE] {
	$avp(user) = "account"; $avp(password) = "secret"; $avp(realm) = "carrier.example.com";
	if (t_check_status("401|407") && uac_auth()) t_relay();
}
`

// challengerCfg is that of a Kamailio which lets nobody pass without credentials.
const challengerCfg = `
debug=2
log_stderror=yes
auto_aliases=no
children=2
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "auth.so"
modparam("auth", "nonce_count", NONCE_COUNT)
modparam("auth", "qop", "auth")
request_route {
	if (is_method("OPTIONS")) { sl_send_reply("200", "Here"); exit; }
	if (has_totag()) {
		if (loose_route()) { t_relay(); exit; }
		if (is_method("ACK")) t_check_trans();
		exit;
	}
	if (is_method("REGISTER")) {
		if (!pv_www_authenticate("carrier.example.com", "secret", "0") || $au != "account") {
			www_challenge("carrier.example.com", "1");
			exit;
		}
		append_to_reply("Contact: $ct;expires=77\r\n");
		sl_send_reply("200", "Registered");
		exit;
	}
	if (!pv_proxy_authenticate("carrier.example.com", "secret", "0") || $au != "account") {
		proxy_challenge("carrier.example.com", "1");
		exit;
	}
	consume_credentials();
	if ($hdr(Proxy-Authorization) != $null) append_hf("X-Seen: 1\r\n");
	record_route();
	$ru = "sip:callee@127.0.0.1:PORT";
	t_relay();
}
`

// startWith starts a server with a configuration in which words are filled in.
func startWith(t *testing.T, command, cfg string, words ...string) (*refserver.Server, string) {
	t.Helper()
	run := t.TempDir()
	file := filepath.Join(run, "test.cfg")
	text := strings.NewReplacer(append(words, "RUN", run)...).Replace(cfg)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	server, err := refserver.Start(command, file, run)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return server, run
}

// accounts writes the tables for a server that is about to start in a folder.
func accounts(t *testing.T, folder, registrar string) {
	t.Helper()
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	escaped := strings.ReplaceAll(registrar, ":", `\:`)
	for name, text := range map[string]string{
		"version": "table_name(string) table_version(int)\nuacreg:5\n",
		"uacreg": "id(int,auto) l_uuid(string) l_username(string) l_domain(string) r_username(string) r_domain(string) realm(string) auth_username(string) " +
			"auth_password(string) auth_ha1(string) auth_proxy(string) expires(int) flags(int) reg_delay(int) contact_addr(string) socket(string)\n" +
			"1:uuid:local:here:account:" + escaped + ":carrier.example.com:account:secret:::60:0:0::\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestChallengedByGateway: sipp challenges each call and checks the answer; the
// calls go on, and their callers see nothing of it.
func TestChallengedByGateway(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "sipp")
	port := freePort(t)
	folder := filepath.Join(t.TempDir(), "tables")
	accounts(t, folder, "127.0.0.1:1")
	server, _ := startWith(t, command, challengedCfg, "PORT", fmt.Sprint(port), "RUN/tables", folder)
	challengedCalls(t, server, server, "uas_challenge", port)
}

// TestChallengedByKamailio: calls and a registration at a Kamailio whose module auth
// checks the answers, without and with counted nonces.
func TestChallengedByKamailio(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "sipp", "kamailio", "kamcmd")
	for _, count := range []string{"0", "1"} {
		t.Run("nonce_count "+count, func(t *testing.T) {
			port := freePort(t)
			carrier, _ := startWith(t, refserver.ReferenceCommand, challengerCfg, "PORT", fmt.Sprint(port), "NONCE_COUNT", count)
			folder := filepath.Join(t.TempDir(), "tables")
			accounts(t, folder, carrier.Addr())
			server, run := startWith(t, command, challengedCfg, "PORT", fmt.Sprint(carrier.Port), "RUN/tables", folder)
			challengedCalls(t, server, carrier, "uas_short", port)
			awaitRegistered(t, server, run)
		})
	}
}

// challengedCalls makes calls through a server to a callee.
func challengedCalls(t *testing.T, server, behind *refserver.Server, scenario string, port int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), flowLimit)
	defer cancel()
	callee := sipp{scenario: scenario, user: "callee", port: port, calls: 10}.start(ctx, t, behind)
	awaitListening(t, port, false)
	caller := sipp{scenario: "uac_short", user: "callee", calls: 10}.start(ctx, t, server)
	for _, end := range []<-chan error{caller, callee} {
		if err := <-end; err != nil {
			t.Errorf("%v\n%s", err, server.LogTail())
		}
	}
}

// awaitRegistered asks until the account is registered with the lifetime that
// the other server gave.
func awaitRegistered(t *testing.T, server *refserver.Server, run string) {
	t.Helper()
	var out []byte
	for end := time.Now().Add(flowLimit); time.Now().Before(end); {
		out, _ = exec.Command("kamcmd", "-s", "unixs:"+filepath.Join(run, "kamailio_ctl"), "uac.reg_info", "l_uuid", "uuid").CombinedOutput()
		if strings.Contains(string(out), "flags: 20\n") && strings.Contains(string(out), "diff_expires: 7") {
			return
		}
		if err := server.Barrier(); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("the account is not registered: %s\n%s", out, server.LogTail())
}
