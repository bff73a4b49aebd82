// SPDX-License-Identifier: Apache-2.0

package preproc

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kahea-sip/kahea/cfg/source"
)

// FuzzProcess feeds any text: no panic, an end, and tokens that stand in the text in order.
func FuzzProcess(f *testing.F) {
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
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		Process("main.cfg", Options{Reader: source.Memory{"main.cfg": text}, Env: environment}) // may include itself
		res := Process("main.cfg", Options{Reader: once{source.Memory{"main.cfg": text}}, Env: environment})
		if n := len(res.Tokens); n == 0 || res.Tokens[n-1].Kind != EOF {
			t.Fatal("the tokens do not end with EOF")
		}
		last := 0
		for i := range res.Tokens {
			tok := &res.Tokens[i]
			if tok.Pos.Filename != "main.cfg" {
				continue
			}
			if tok.Pos.Offset < last || tok.Pos.Offset > len(text) {
				t.Fatalf("token %q at offset %d after %d of %d", tok.Text, tok.Pos.Offset, last, len(text))
			}
			last = tok.Pos.Offset
		}
	})
}

// once gives a text the first time only, so that places never begin anew.
type once struct{ source.Memory }

func (o once) ReadFile(name string) ([]byte, error) {
	defer delete(o.Memory, name)
	return o.Memory.ReadFile(name)
}
