// SPDX-License-Identifier: Apache-2.0

package compile_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/compile"
	"github.com/kahea-sip/kahea/script/scripttest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var probe = map[string]module.New{
	"probe": func() module.Module { return scripttest.Probe{} },
	// Known and loadable, but not loaded.
	"sl": func() module.Module { return scripttest.Probe{} },
}

// golden compares with the second file of an archive, or rewrites it.
func golden(t *testing.T, file string, make func(source string) string) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := make(string(a.Files[0].Data))
	if *update {
		a.Files[1].Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := string(a.Files[1].Data); got != want {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}

func TestListing(t *testing.T) {
	golden(t, "../testdata/statements.txtar", func(source string) string {
		env := scripttest.MustLoad(t, source, scripttest.Options{Modules: probe})
		var b strings.Builder
		env.Program.Listing(&b)
		return b.String()
	})
}

func TestErrors(t *testing.T) {
	golden(t, "../testdata/errors.txtar", func(source string) string {
		env := scripttest.Load(source, scripttest.Options{Modules: probe})
		var b strings.Builder
		for _, e := range env.Errors.Errors() {
			fmt.Fprintln(&b, e)
			if e.Advice != "" {
				fmt.Fprintf(&b, "   %s\n", e.Advice)
			}
		}
		for _, w := range env.Errors.Warnings() {
			fmt.Fprintln(&b, "warning:", w)
		}
		return b.String()
	})
}

// TestEveryOperationHasAName keeps the listing complete.
func TestEveryOperationHasAName(t *testing.T) {
	for op := compile.OpEnd; op <= compile.OpDrop; op++ {
		if s := op.String(); s == "" || strings.HasPrefix(s, "op") {
			t.Errorf("operation %d has no name", op)
		}
	}
	a, err := txtar.ParseFile("../testdata/statements.txtar")
	if err != nil {
		t.Fatal(err)
	}
	listing := string(a.Files[1].Data)
	for op := compile.OpEnd; op <= compile.OpDrop; op++ {
		if !strings.Contains(listing, "  "+op.String()) {
			t.Errorf("the golden listing has no operation %s", op)
		}
	}
	if strings.Contains(listing, "?") {
		t.Error("an operation prints no operands")
	}
}
