// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// row is a choice of switches with what they are for.
type row struct {
	name     string
	switches []string
	drive    func(c *scene)
}

// rows are each switch alone, and all together.
var rows = []row{
	{"AUTH", []string{"AUTH"}, driveAuth},
	{"AUTH, nonces once", []string{"AUTH"}, driveOneTimeNonces},
	{"IPAUTH", []string{"AUTH", "IPAUTH"}, driveIPAuth},
	{"USRLOCDB", []string{"USRLOCDB"}, driveLocation},
	{"ALIASDB", []string{"ALIASDB"}, driveTarget("sales")},
	{"SPEEDDIAL", []string{"SPEEDDIAL"}, driveTarget("11")},
	{"MULTIDOMAIN", []string{"MULTIDOMAIN"}, driveDomains},
	{"ACCDB", []string{"ACCDB"}, driveAccounting},
	{"PSTN", []string{"PSTN"}, driveGateway},
	{"VOICEMAIL", []string{"VOICEMAIL"}, driveVoicemail},
	{"BLOCK3XX", []string{"BLOCK3XX"}, driveBlock("302 Moved Temporarily")},
	{"BLOCK401407", []string{"BLOCK401407"}, driveBlock("407 Proxy Authentication Required")},
	{"TLS", []string{"TLS"}, driveTLS},
	{"all", []string{"AUTH", "IPAUTH", "USRLOCDB", "ALIASDB", "SPEEDDIAL", "MULTIDOMAIN", "ACCDB", "PSTN", "VOICEMAIL", "BLOCK3XX", "BLOCK401407", "TLS"}, driveAll},
}

// peer is an address that needs no password.
const peer = "127.0.0.3"

// TestSwitches: with each kind of database, each switch of the stock file alone,
// and all of them, do what they are for. The rows of a kind have one database.
func TestSwitches(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "sipp", "kamcmd")
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, kind)
			s.readyForAll(t)
			s.run(t, "INSERT INTO domain (domain) VALUES ('one.example'), ('two.example')",
				"INSERT INTO dbaliases (alias_username, alias_domain, username, domain) VALUES ('sales', 'two.example', 'bob', 'two.example')",
				"INSERT INTO speed_dial (username, domain, sd_username, sd_domain, new_uri, fname, lname, description) VALUES ('alice', 'one.example', '11', 'two.example', 'sip:bob@two.example', '', '', '')",
				"INSERT INTO address (grp, ip_addr, mask, port) VALUES (1, '"+peer+"', 32, 0)")
			s.kaheactl(t, "user", "add", "alice@one.example", "secret")
			s.kaheactl(t, "user", "add", "bob@two.example", "bobs")
			for _, r := range rows {
				t.Run(r.name, func(t *testing.T) {
					s.run(t, "DELETE FROM location", "DELETE FROM acc", "DELETE FROM missed_calls")
					r.drive(&scene{T: t, s: s, command: command, switches: r.switches})
				})
			}
		})
	}
}

// TestBadDatabases: what is wrong with a database is told at start, by each
// module that opens one.
func TestBadDatabases(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t)
	for table, name := range map[string]string{"subscriber": "AUTH", "location": "USRLOCDB", "domain": "MULTIDOMAIN", "acc": "ACCDB",
		"dbaliases": "ALIASDB", "speed_dial": "SPEEDDIAL", "address": "IPAUTH -A WITH_AUTH"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, "sqlite")
			refuses := func(fault, want string) {
				t.Helper()
				server, err := refserver.Start(command+" "+s.flags+" -A WITH_"+name, refserver.StockCfg, t.TempDir())
				if err == nil {
					server.Stop()
					t.Errorf("%s: the server starts", fault)
				} else if !strings.Contains(err.Error(), want) {
					t.Errorf("%s: no %q in %v", fault, want, err)
				}
			}
			s.run(t, "UPDATE version SET table_version = 99 WHERE table_name = '"+table+"'")
			refuses("another version", "99")
			s.run(t, "DELETE FROM version WHERE table_name = '"+table+"'")
			refuses("no version", table)
			s.flags = "--loadmodule=db_sqlite.so -A DBURL=\"nothing\""
			refuses("no URL", "nothing")
		})
	}
}
