// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/script/scripttest"
)

var updateInternals = flag.Bool("update", false, "put the example module and the listing into docs/internals.md")

const internals = "../../docs/internals.md"

// shown replaces what stands in text between the first line that is start
// behind a mark and the next fence.
func shown(t *testing.T, text, mark, start, want string) string {
	t.Helper()
	at := strings.Index(text, mark)
	if at < 0 {
		t.Fatalf("%s has no %q", internals, mark)
	}
	i := at + strings.Index(text[at:], start) + len(start)
	j := i + strings.Index(text[i:], "```\n")
	if got := text[i:j]; got != want && !*updateInternals {
		t.Errorf("behind %q %s is out of date: go test ./tools/docgen -update", mark, internals)
	}
	return text[:i] + want + text[j:]
}

// The example module and the listing in the maintainer's book are real.
func TestInternalsShowWhatIs(t *testing.T) {
	doc, err := os.ReadFile(internals)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("greet_test.go")
	if err != nil {
		t.Fatal(err)
	}
	text := string(doc)
	text = shown(t, text, "<!-- module -->", "```go\n", string(source[strings.Index(string(source), "import ("):]))

	at := strings.Index(text, "<!-- listing -->")
	env := scripttest.Load(examples(text[at:], "kamailio")[0].text, scripttest.Options{})
	if err := env.Errors.Err(); err != nil {
		t.Fatal(err)
	}
	var listing strings.Builder
	env.Program.Listing(&listing)
	text = shown(t, text, "<!-- listing -->", "```text\n", listing.String())
	if *updateInternals {
		if err := os.WriteFile(internals, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExampleModule(t *testing.T) {
	env := scripttest.MustLoad(t, `
loadmodule "greet.so"
modparam("greet", "word", "aloha")
request_route { greet("$greeted strangers"); }
`, scripttest.Options{Modules: map[string]module.New{"greet": func() module.Module { return New() }}})
	g := env.Modules[0].Module.(*Greet)
	if err := counter.New().Declare("greet", env.Modules[0].Exports.Counters...); err != nil {
		t.Fatal(err)
	}
	c := env.Call(t, scripttest.Invite)
	if out := env.Run(t, c, module.RequestRoute, ""); out.Result != module.True {
		t.Errorf("greet returned %d", out.Result)
	}
	if got := string(sip.AppendRequest(nil, c.Msg, &sip.Outgoing{NoVia: true})); !strings.Contains(got, "X-Greeting: aloha 0 strangers\r\n") {
		t.Errorf("no greeting in\n%s", got)
	}
	r := &module.Request{}
	if err := g.rpcCount(r); err != nil || r.Reply[0].(*module.Struct).Fields[0].Value != int64(1) {
		t.Errorf("greet.count replied %v, %v", r.Reply, err)
	}
}
