// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

const recipeFile = "../../docs/recipes/carrier.md"

// recipe is a document, and the files in it.
type recipe struct {
	text, prose       string
	config, list, sql string
}

func readRecipe(t *testing.T) recipe {
	t.Helper()
	text, err := os.ReadFile(recipeFile)
	if err != nil {
		t.Fatal(err)
	}
	r := recipe{text: string(text), prose: string(text)}
	for kind, to := range map[string]*string{"kamailio": &r.config, "list": &r.list, "sql": &r.sql} {
		m := regexp.MustCompile("(?s)```" + kind + "\n(.*?)```\n").FindStringSubmatch(r.text)
		if m == nil {
			t.Fatalf("%s has no block of the kind %s", recipeFile, kind)
		}
		*to = m[1]
		r.prose = strings.Replace(r.prose, m[0], "", 1)
	}
	return r
}

// replaced puts words in; each of them must be there.
func replaced(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the recipe no longer has %q", pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// TestNumbersOfTheDocument: each number that the text speaks of stands in the files that are run, or is the rate of the test.
func TestNumbersOfTheDocument(t *testing.T) {
	r := readRecipe(t)
	files := r.config + r.list + r.sql
	known := map[string]bool{strconv.Itoa(callsPerSecond): true}
	for _, n := range regexp.MustCompile(`[0-9]+`).FindAllString(files, -1) {
		known[n] = true
	}
	// An address that is nobody's and the numbers of a call are examples.
	prose := strings.NewReplacer("203.0.113.9", "", "dlg.end_dlg 1234 5678", "").Replace(r.prose)
	for _, n := range regexp.MustCompile(`[0-9]+`).FindAllString(prose, -1) {
		if !known[n] {
			t.Errorf("the document speaks of %s, which stands in none of its files", n)
		}
	}
}

// TestReferenceTakesTheFile: Kamailio, too, takes the configuration.
func TestReferenceTakesTheFile(t *testing.T) {
	refserver.Needs(t, "kamailio")
	cfg := filepath.Join(t.TempDir(), "kamailio.cfg")
	if err := os.WriteFile(cfg, []byte(readRecipe(t).config), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("kamailio", "-c", "-f", cfg).CombinedOutput(); err != nil {
		t.Errorf("kamailio -c: %v\n%s", err, out)
	}
}
