// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/participle/v2"
)

// TestGrammarFile holds grammar.txt to the parser: the part that participle reads is generated, and every word and sign that the
// rest of the parser knows stands in it.
func TestGrammarFile(t *testing.T) {
	b, err := os.ReadFile("grammar.txt")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	at := strings.LastIndex(text, "----\n\n") + len("----\n\n")
	root := participle.MustBuild[construct](participle.Lexer(language{}), participle.ParseTypeWith(parseExpr), participle.ParseTypeWith(parseStmt))
	var generated strings.Builder
	for _, line := range strings.Split(root.String(), "\n") {
		if line != "" && !strings.HasPrefix(line, "Construct") {
			generated.WriteString("    " + line + "\n")
		}
	}
	if *update {
		if err := os.WriteFile("grammar.txt", []byte(text[:at]+generated.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text[at:] != generated.String() {
		t.Errorf("the generated part differs, run go test -update:\n%s", generated.String())
	}
	var words []string
	for _, m := range []map[string]bool{statementWords, topWords, bareCommands, listenWords} {
		for w := range m {
			words = append(words, w)
		}
	}
	for w := range keywords {
		words = append(words, w)
	}
	for w := range valueWords {
		words = append(words, w)
	}
	for w := range numberWords {
		words = append(words, w)
	}
	for w := range coreArguments {
		words = append(words, w)
	}
	for w := range protocolWords {
		words = append(words, strings.ToLower(w))
	}
	for op := OpOr; op < opCount; op++ {
		if s := op.String(); s != "" && op != OpNotMatch {
			words = append(words, s)
		}
	}
	for _, w := range words {
		if !strings.Contains(text, `"`+w+`"`) {
			t.Errorf("grammar.txt does not have %q", w)
		}
	}
}
