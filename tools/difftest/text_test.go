// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// textTable has what a text table can hold; the last row is taken out, so that the file is written anew.
const textTable = `id(int,auto) name(str) alias(string,null) flag(double) note(str,null) t(time,null) data(blob,null)
1:ni\nck\r\t:\0\\\::-0.34::1600000000:x\:y
-2:cole; drop:ü €:100.00:'"%_::
9:last::0.00:::
`

// TestTextTables: what kahea writes into text tables Kamailio reads, and the reverse: the same file.
func TestTextTables(t *testing.T) {
	kahea := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamailio", "kamcmd")
	reference := refserver.ReferenceCommand
	want := strings.Replace(textTable, "9:last::0.00:::\n", "", 1)
	for _, row := range []struct{ name, writer, reader string }{
		{"written by kahea", kahea, reference}, {"written by the reference", reference, kahea},
	} {
		t.Run(row.name, func(t *testing.T) {
			tables := t.TempDir()
			file := filepath.Join(tables, "people")
			if err := os.WriteFile(file, []byte(textTable), 0o600); err != nil {
				t.Fatal(err)
			}
			askText(t, row.writer, tables, []string{"db_text.query", "delete from people where id=9"}, []string{"db_text.dump"})
			if text, _ := os.ReadFile(file); string(text) != want {
				t.Errorf("got file\n%swant\n%s", text, want)
			}
			listed := askText(t, row.reader, tables, []string{"db_text.query", "select * from people"})
			head, rows, _ := strings.Cut(want, "\n")
			if wantList := head + "\n\n" + rows + "\ntotal rows 2 / 2\n"; listed != wantList {
				t.Errorf("got\n%swant\n%s", listed, wantList)
			}
		})
	}
}

// askText starts a server with a folder of tables, and returns what commands reply.
func askText(t *testing.T, command, tables string, commands ...[]string) (replies string) {
	t.Helper()
	run := t.TempDir()
	cfg := filepath.Join(run, "text.cfg")
	text := `loadmodule "ctl.so"
loadmodule "sl.so"
loadmodule "db_text.so"
modparam("db_text", "default_connection", "text://` + tables + `")
request_route { sl_send_reply("200", "Here"); }
`
	if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := refserver.Start(command, cfg, run)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	for _, c := range commands {
		out, err := exec.Command("kamcmd", append([]string{"-s", "unixs:" + filepath.Join(run, "kamailio_ctl")}, c...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v: %s", c, err, out)
		}
		replies += string(out)
	}
	return replies
}
