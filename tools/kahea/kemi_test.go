// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// TestKEMICalls makes the calls of testdata/calls through Debian's example of a
// server in Lua, in each of the ways of TestCalls. The condition [kemi] is true
// there. Its flags are those whose modules are here; what it does for clients behind
// NAT tells a contact over TCP with where it came from.
func TestKEMICalls(t *testing.T) {
	proxy := refserver.KEMIOf(t, func(m string) bool { return module.Lookup(m) != nil })
	for _, v := range variants {
		if v.proxy == stock {
			continue // the same way as the first one
		}
		t.Run(v.name, func(t *testing.T) {
			v.proxy = proxy
			testscript.Run(t, v.parameters())
		})
	}
}

// luaBook has the examples of scripts, bookScript is the path of the script in
// its configurations.
const (
	luaBook    = "../../docs/lua.md"
	bookScript = `"/etc/kamailio/routes.lua"`
)

// cancelled is a call that rings and is given up.
const cancelled = `reply bob 180
expect alice 180
cancel alice
expect alice 200
expect bob CANCEL
reply bob CANCEL 200
reply bob INVITE 487
expect bob ACK
expect alice 487
ack alice
`

// bookScenes are what the example of each section of luaBook does.
var bookScenes = map[string]string{
	"Hello": `
new alice OPTIONS sip:{SERVER}
expect alice '200 Hello'
log 'hello, sip:alice@'
`,
	"Results": `
new alice OPTIONS sip:{SERVER}
expect alice '200 Keepalive'
new alice OPTIONS sip:{SERVER} Max-Forwards:0
expect alice '483 Too Many Hops'
new alice OPTIONS sip:bob@{bob}
expect alice '404 Not Here'
new alice MESSAGE sip:bob@{SERVER}
expect alice '404 Not Here'
`,
	"Variables": `
new alice MESSAGE sip:carol@{SERVER}
expect alice '404 Not Here'
log 'carol has 5 characters'
`,
	"Routes by name": `
new alice INVITE sip:carol@{bob}
expect bob INVITE uri=^sip:carol@ X-Branch=^0$
reply bob 183 X-Early:1
expect alice 183 !X-Early
reply bob 180 X-Early:1
expect alice 180 X-Early=^1$
reply bob 486
expect bob ACK
expect bob INVITE uri=^sip:voicemail@
reply bob 200
expect alice 200
new alice INVITE sip:carol@{bob}
expect bob INVITE
reply bob 403
expect bob ACK
expect alice 403
ack alice
new alice INVITE sip:carol@{bob}
expect bob INVITE
` + cancelled + `# A reply that is not sane goes nowhere.
new alice MESSAGE sip:carol@{bob}
expect bob MESSAGE
reply bob 200 CSeq:x
quiet
reply bob 200
expect alice 200
`,
	"A registrar": `
new alice MESSAGE sip:bob@{SERVER}
expect alice '404 Not Found'
new bob REGISTER sip:{SERVER} Expires:60
expect bob '200 OK' Contact=^<sip:bob@{bob}.*>;expires=60$
new alice INVITE sip:bob@{SERVER}
expect bob INVITE uri=^sip:bob@{bob} Record-Route=;lr
reply bob 200
expect alice 200
ack alice
expect bob ACK
request alice BYE
expect bob BYE !Record-Route
reply bob 200
expect alice 200
new alice MESSAGE sip:bob@{SERVER}
expect bob MESSAGE uri=^sip:bob@{bob} !Record-Route
again alice
reply bob 200
expect alice 200
quiet
new alice INVITE sip:bob@{SERVER}
expect bob INVITE
` + cancelled + `new alice MESSAGE sip:bob@{SERVER} Max-Forwards:0
expect alice '483 Too Many Hops'
new alice BYE sip:bob@{SERVER} To:<sip:bob@{SERVER}>;tag=1
expect alice '404 Not Here'
new bob REGISTER sip:{SERVER} Expires:0
expect bob '200 OK' !Contact
new alice MESSAGE sip:bob@{SERVER}
expect alice '404 Not Found'
`,
	"In a native configuration": `
new alice MESSAGE sip:9001@{bob}
expect alice '403 Not This Number'
new alice INVITE sip:carol@{bob}
expect bob INVITE uri=^sip:carol@
reply bob 486
expect bob ACK
expect bob INVITE uri=^sip:voicemail@ X-Reason=^busy$
reply bob 200
expect alice 200
ack alice
expect bob ACK
new alice MESSAGE sip:carol@{bob}
expect bob MESSAGE
reply bob 404
expect alice 404
`,
}

// TestExamplesInLua runs the script of each section of docs/lua.md that has one,
// under its own configuration or else the first one: each does what is written here
// for it, and has no error.
func TestExamplesInLua(t *testing.T) {
	text, err := os.ReadFile(luaBook)
	if err != nil {
		t.Fatal(err)
	}
	p := parameters()
	dir := t.TempDir()
	cfg, seen := "", 0
	for _, section := range strings.Split(string(text), "\n## ")[1:] {
		title, section, _ := strings.Cut(section, "\n")
		scripts, own := fenced(section, "lua"), fenced(section, "kamailio")
		if len(own) > 0 && cfg == "" {
			cfg = own[0]
		}
		if len(scripts) == 0 {
			continue
		}
		scene := bookScenes[title]
		if len(scripts) > 1 || len(own) > 1 || scene == "" {
			t.Fatalf("section %q: %d scripts, %d configurations; what they do is to stand in bookScenes", title, len(scripts), len(own))
		}
		seen++
		name := filepath.Join(dir, strings.ReplaceAll(strings.ToLower(title), " ", "-")+".txtar")
		body := "daemon -f book.cfg -dd -A 'SCRIPT=\"'$WORK'/book.lua\"'\npeer alice\npeer bob" + scene + "quiet\n! log 'error in a Lua script'\n! log failed\nend\n"
		files := "-- book.cfg --\n" + strings.Replace(append(own, cfg)[0], bookScript, "SCRIPT", 1) + "-- book.lua --\n" + scripts[0]
		if err := os.WriteFile(name, []byte(body+files), 0o600); err != nil {
			t.Fatal(err)
		}
		p.Files = append(p.Files, name)
	}
	if seen != len(bookScenes) {
		t.Errorf("%d of %d scenes have an example", seen, len(bookScenes))
	}
	testscript.Run(t, p)
}

// fenced are the blocks of a language in a text.
func fenced(text, language string) (all []string) {
	for _, part := range strings.Split(text, "\n```"+language+"\n")[1:] {
		block, _, _ := strings.Cut(part, "\n```")
		all = append(all, block+"\n")
	}
	return all
}
