// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

func seeds(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range ar.Files {
			if filepath.Ext(part.Name) == ".cfg" {
				f.Add(string(part.Data))
			}
		}
	}
}

// FuzzParse feeds any text: no panic, an end; what is in order prints, and what is printed is read to the same.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 {
			return
		}
		tree, res := parseText(text)
		if res.Errors.Err() != nil {
			return
		}
		printed := formatted(t, tree)
		again, res := parseText(printed)
		if err := res.Errors.Err(); err != nil {
			t.Fatalf("printed: %v\n%s", err, printed)
		}
		if g := formatted(t, again); g != printed {
			t.Fatalf("printed twice it differs:\n%s\n%s", printed, g)
		}
	})
}

// FuzzLexer feeds any text through participle's door to the lexer.
func FuzzLexer(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 {
			return
		}
		lex, err := language{}.Lex("main.cfg", bytes.NewReader([]byte(text)))
		if err != nil {
			return
		}
		for range len(text) + 2 {
			tok, err := lex.Next()
			if err != nil {
				t.Fatal(err)
			}
			if tok.EOF() {
				return
			}
		}
	})
}
