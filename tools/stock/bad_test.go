// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/db/schema"
	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// badRow is a module with a table, and a script that hands it what a caller may
// write as he likes.
type badRow struct {
	module string
	// cfg are its lines, with URL for the database.
	cfg, script string
	table       string
	// column is a parameter that names a column of the table.
	column string
	// late tells that the server starts nevertheless, for only a statement names
	// the table or only records go there; free that its version counts for nothing.
	late, free bool
	// writes are the tables that the script may fill.
	writes []string
}

var badRows = []badRow{
	{module: "auth_db", cfg: `loadmodule "auth.so"
loadmodule "auth_db.so"
modparam("auth_db", "db_url", "URL")`, script: `is_subscriber("$fu", "subscriber", "0"); auth_check("$fd", "subscriber", "0");`, table: "subscriber", column: "auth_db user_column"},
	{module: "group", cfg: `loadmodule "group.so"
modparam("group", "db_url", "URL")`, script: `is_user_in("From", "$fU"); is_user_in("Request-URI", "$tU");`, table: "grp", column: "group user_column"},
	{module: "uri_db", cfg: `loadmodule "uri_db.so"
modparam("uri_db", "db_url", "URL")`, script: `does_uri_exist();`, table: "subscriber", column: "uri_db user_column"},
	{module: "domain", cfg: `loadmodule "domain.so"
modparam("domain", "db_url", "URL")`, script: `is_from_local(); lookup_domain("$fd");`, table: "domain", column: "domain domain_col"},
	{module: "permissions", cfg: `loadmodule "permissions.so"
modparam("permissions", "db_url", "URL")`, script: `allow_source_address("1"); allow_address("1", "$fU", "5060");`, table: "address", column: "permissions ip_addr_col"},
	{module: "permissions trusted", cfg: `loadmodule "permissions.so"
modparam("permissions", "db_url", "URL")
modparam("permissions", "db_mode", 0)`, script: `allow_trusted("$fU", "any", "$fu");`, table: "trusted", column: "permissions source_col"},
	{module: "htable", cfg: `loadmodule "htable.so"
modparam("htable", "db_url", "URL")
modparam("htable", "htable", "t=>size=4;dbtable=htable;dbmode=1")`, script: `$sht(t=>$fU) = $tU; $sht(t=>$ci) = $ua;`, table: "htable", column: "htable key_name_column", writes: []string{"htable"}},
	{module: "dispatcher", cfg: `loadmodule "dispatcher.so"
modparam("dispatcher", "db_url", "URL")`, script: `ds_select_dst("1", "0"); ds_is_from_list("1", "3", "$fu");`, table: "dispatcher", column: "dispatcher destination_col"},
	{module: "dialog", cfg: `loadmodule "rr.so"
loadmodule "dialog.so"
modparam("dialog", "db_url", "URL")
modparam("dialog", "db_mode", 1)`, script: `if (is_method("INVITE")) { dlg_manage(); $dlg_var(x) = $ua; if (t_newtran()) { t_reply("200", "OK"); exit; } }`, table: "dialog", column: "dialog call_id_column", writes: []string{"dialog", "dialog_vars"}},
	{module: "acc", cfg: `loadmodule "acc.so"
modparam("acc", "db_url", "URL")
modparam("acc", "log_flag", 1)
modparam("acc", "db_flag", 2)`, script: `acc_db_request("200 $ua", "acc");`, table: "acc", column: "acc acc_callid_column", late: true, writes: []string{"acc"}},
	{module: "alias_db", cfg: `loadmodule "alias_db.so"
modparam("alias_db", "db_url", "URL")`, script: `alias_db_lookup("dbaliases"); alias_db_find("dbaliases", "$fu", "$avp(x)");`, table: "dbaliases", column: "alias_db alias_user_column"},
	{module: "speeddial", cfg: `loadmodule "speeddial.so"
modparam("speeddial", "db_url", "URL")`, script: `sd_lookup("speed_dial", "$fu");`, table: "speed_dial", column: "speeddial sd_user_column"},
	{module: "avpops", cfg: `loadmodule "avpops.so"
modparam("avpops", "db_url", "URL")
modparam("avpops", "avp_table", "usr_preferences")`, script: `$avp(s:x) = $ua; avp_db_store("$fu/username", "$avp(s:x)"); avp_db_load("$tu/username", "$avp(s:x)"); avp_db_delete("$tu/username", "$avp(s:y)");`,
		table: "usr_preferences", column: "avpops attribute_column", free: true, writes: []string{"usr_preferences"}},
	{module: "mtree", cfg: `loadmodule "mtree.so"
modparam("mtree", "db_url", "URL")
modparam("mtree", "mtree", "name=t;dbtable=mtree")`, script: `mt_match("t", "$fU", "0");`, table: "mtree", column: "mtree tprefix_column", free: true},
	{module: "pdt", cfg: `loadmodule "pdt.so"
modparam("pdt", "db_url", "URL")`, script: `pd_translate("$fd", "0");`, table: "pdt", column: "pdt prefix_column"},
	{module: "uac", cfg: `loadmodule "uac.so"
modparam("uac", "restore_mode", "none")
modparam("uac", "reg_contact_addr", "127.0.0.1")
modparam("uac", "reg_db_url", "URL")`, script: `uac_reg_lookup("$fU", "$var(x)"); uac_reg_lookup_uri("$fu", "$var(x)"); uac_reg_enable("l_uuid", "$fU"); uac_reg_refresh("$fU");`, table: "uacreg"},
	{module: "sqlops", cfg: `loadmodule "sqlops.so"
modparam("sqlops", "sqlcon", "a=>URL")`, script: `sql_xquery("a", "SELECT username FROM subscriber WHERE username = $(fU{sql.val}) OR username = $(ua{sql.val})", "r");
	sql_query("a", "INSERT INTO grp (username, domain, grp, last_modified) VALUES ($(fU{sql.val}), $(ci{sql.val}), 'x', '2030-01-01 00:00:00')");
	if ($xavp(r=>username) != $null) sl_send_reply("500", "injected");`, table: "subscriber", late: true, free: true, writes: []string{"grp"}},
	{module: "usrloc", cfg: `loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("usrloc", "db_url", "URL")
modparam("usrloc", "db_mode", 1)`, script: `if (is_method("REGISTER")) { save("location"); exit; } lookup("location");`, table: "location", column: "usrloc contact_column", writes: []string{"location"}},
}

const badHead = `#!KAMAILIO
debug=2
log_stderror=yes
auto_aliases=no
loadmodule "db_KIND.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
`

const badTail = `
request_route {
	if ($rU == $null && is_method("OPTIONS")) { sl_send_reply("200", "ready"); exit; }
	SCRIPT
	sl_send_reply("200", "OK");
	exit;
}
`

// config is the configuration of a row, with one more parameter.
func (r *badRow) config(t *testing.T, s *store, more string) string {
	t.Helper()
	text := strings.ReplaceAll(badHead, "KIND", s.kind) + strings.ReplaceAll(r.cfg, "URL", s.url) + "\n" + more + strings.ReplaceAll(badTail, "SCRIPT", r.script)
	file := filepath.Join(t.TempDir(), "bad.cfg")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// hostile are texts that a caller may write as his user name, and as all that is
// text: with the ends of quotes, of statements and of columns.
var hostile = []string{
	`x'%20OR%20'1'='1`, `x';DROP%20TABLE%20subscriber;--`, `'`, `''`, `\`, `x\';DELETE%20FROM%20version;--`, `x"`, "x`", `$1`, `?`, `%s%n`, `:name`,
	`x'%29;DELETE%20FROM%20version;--`, `%00x`, "\xff\xfe", `é漢`, strings.Repeat("a", 300), strings.Repeat("'", 300), strings.Repeat("z", 5000), `*`, `..%2f..%2f`, `x||(SELECT%20password)`,
}

// hostileRequest has such a text in every place.
func hostileRequest(p *phone, method, text string) string {
	p.n++
	plain := strings.NewReplacer("%20", " ", "%29", ")").Replace(text)
	uri := "sip:" + text + "@127.0.0.1"
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-bad%d;rport\r\nMax-Forwards: 70\r\nFrom: \"%s\" <%s>;tag=t%[4]d\r\nTo: <%[2]s>\r\n"+
		"Call-ID: %[7]d-%[5]s@h\r\nCSeq: %[4]d %[1]s\r\nContact: <sip:%[8]s@%[3]s>\r\nUser-Agent: %[5]s\r\nExpires: 600\r\nContent-Length: 0\r\n\r\n",
		method, uri, p.addr(), p.n, strings.ReplaceAll(plain, `"`, ""), uri, p.n, text)
}

// TestHostileCallers: whatever a caller writes, each message is answered, nothing
// but rows of his own comes into the tables, and the server goes on.
func TestHostileCallers(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t)
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newTables(t, kind)
			s.run(t, "INSERT INTO subscriber (username, domain, password) VALUES ('victim', '127.0.0.1', 'secret')")
			for i := range badRows {
				r := &badRows[i]
				t.Run(r.module, func(t *testing.T) {
					before := s.contents(t, r.writes)
					server, err := refserver.Start(command, r.config(t, s, ""), t.TempDir())
					if err != nil {
						t.Fatal(err)
					}
					defer server.Stop()
					p := newPhone(t, server.Addr())
					for _, text := range hostile {
						for _, method := range []string{"MESSAGE", "INVITE", "REGISTER"} {
							reply := p.ask(hostileRequest(p, method, text), patience)
							if reply == "" || strings.Contains(reply, "injected") || strings.Contains(reply, "SIP/2.0 500 Internal") {
								t.Errorf("%s with %.60q is answered %.200q\n%s", method, text, reply, server.LogTail())
							}
						}
					}
					if server.Stop(); s.contents(t, r.writes) != before {
						t.Errorf("tables have changed:\n%s\nbefore:\n%s", s.contents(t, r.writes), before)
					}
					for _, table := range r.writes {
						if rows := s.rows(t, "SELECT COUNT(*) FROM "+table); table != "dialog_vars" && rows[0] == "0" {
							t.Errorf("nothing was written into %s", table)
						}
					}
					if log, err := os.ReadFile(filepath.Join(server.Run, "log")); err != nil || strings.Contains(string(log), "panic") {
						t.Errorf("a panic: %v", err)
					}
				})
			}
		})
	}
}

// contents counts the rows of all tables but some.
func (s *store) contents(t *testing.T, but []string) string {
	t.Helper()
	var all strings.Builder
	for _, table := range schema.Tables() {
		if !slices.Contains(but, table.Name) {
			fmt.Fprintf(&all, "%s %s; ", table.Name, strings.Join(s.rows(t, "SELECT COUNT(*) FROM "+table.Name), " "))
		}
	}
	return all.String() + strings.Join(s.rows(t, "SELECT username, password FROM subscriber"), " ")
}

// TestBadTables: a column or a table that is not there, and a table of another
// version, are told at start with their names. Where only a statement names the
// table, or only records go there, they are told in the log, and the server goes on.
func TestBadTables(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t)
	for i := range badRows {
		r := &badRows[i]
		t.Run(r.module, func(t *testing.T) {
			t.Parallel()
			s := newTables(t, "sqlite")
			if r.column != "" {
				module, column, _ := strings.Cut(r.column, " ")
				r.tells(t, s, command, "a column that is not there", fmt.Sprintf("modparam(%q, %q, \"nosuch\")\n", module, column), "nosuch", r.late)
			}
			if !r.free {
				s.run(t, "UPDATE version SET table_version = 99 WHERE table_name = '"+r.table+"'")
				r.tells(t, s, command, "another version", "", "99", false)
				s.run(t, "DELETE FROM version WHERE table_name = '"+r.table+"'")
				r.tells(t, s, command, "no version", "", r.table, false)
			}
			s = newTables(t, "sqlite")
			s.run(t, "DROP TABLE "+r.table)
			r.tells(t, s, command, "no table", "", r.table, r.late)
		})
	}
}

// tells starts a server with a fault, which must name it.
func (r *badRow) tells(t *testing.T, s *store, command, fault, more, want string, late bool) {
	t.Helper()
	server, err := refserver.Start(command, r.config(t, s, more), t.TempDir())
	switch {
	case err != nil && strings.Contains(err.Error(), want) && strings.Contains(err.Error(), "ERROR"):
		return // also where it could have been told later
	case err != nil:
		t.Errorf("%s: no %q in %v", fault, want, err)
		return
	}
	defer server.Stop()
	if !late {
		t.Errorf("%s: the server starts", fault)
		return
	}
	p := newPhone(t, server.Addr())
	for _, method := range []string{"MESSAGE", "REGISTER"} {
		aor := "sip:alice@127.0.0.1"
		if reply := p.ask(p.request(method, aor, aor, aor, "Contact: <sip:alice@"+p.addr()+">\r\n"), patience); reply == "" {
			t.Errorf("%s: no answer to %s\n%s", fault, method, server.LogTail())
		}
	}
	log, err := os.ReadFile(filepath.Join(server.Run, "log"))
	if err != nil || !strings.Contains(string(log), want) {
		t.Errorf("%s: %q is not in the log: %v\n%s", fault, want, err, server.LogTail())
	}
	if err := server.Barrier(); err != nil {
		t.Errorf("%s: the server is gone: %v", fault, err)
	}
}
