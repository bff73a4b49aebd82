// SPDX-License-Identifier: Apache-2.0

package preproc

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/cfg/source"
)

var pieceWords = [...]string{TokenPiece: "", LineComment: "line", BlockComment: "block", DirectivePiece: "directive"}

// TestPieces has the places where the next piece begins, and that nothing is lost.
func TestPieces(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a=1;# b\n", "a|=|1|;|line # b"},
		{"x /* y /* z */ */ w", "x|block /* y /* z */ */|w"},
		{"#!KAMAILIO\n#!define A 1 \\\n 2\nA", "line #!KAMAILIO|directive #!define A 1 \\\n 2|A"},
		{"exit; #!endif\n!!else\n", "exit|;|directive #!endif|directive !!else"},
		{"#!else x\n#!ifdef\n#!endif # y\n", "line #!else x|line #!ifdef|line #!endif # y"},
		{"if (!!x) y", "if|(|!|!|x|)|y"},
		{"#!subst \"/a/b/\" # why\nc", "directive #!subst \"/a/b/\"|line # why|c"},
		{"#!include_file \"x\" a", "directive #!include_file \"x\"|a"},
		{"include_file \"x\"\n", "include_file|\"x\""},
		{"'a # b' \"c\\\" // d\" // e", "'a # b'|\"c\\\" // d\"|line // e"},
		{"$(hdr(a)[0]) 10.0.0.1:5", "$(hdr(a)[0])|10.0.0.1|:|5"},
	} {
		pieces, rest, err := Pieces("a.cfg", c.in)
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		var got []string
		var whole strings.Builder
		for i := range pieces {
			p := &pieces[i]
			got = append(got, strings.TrimSpace(pieceWords[p.Kind]+" "+p.Text))
			whole.WriteString(p.Space + p.Text)
		}
		if g := strings.Join(got, "|"); g != c.want {
			t.Errorf("%q: got %s, want %s", c.in, g, c.want)
		}
		if whole.WriteString(rest); whole.String() != c.in {
			t.Errorf("%q: the pieces are %q", c.in, whole.String())
		}
	}
	for _, in := range []string{`"a`, "/* a", "$(a", "“a”", "#!subst \"a"} {
		if _, _, err := Pieces("a.cfg", in); err == nil {
			t.Errorf("%q: no mistake", in)
		}
	}
}

// TestPiecesAreTokens holds Pieces to what Process reads: where there are no defines, conditions or substitutions, the tokens are the
// same.
func TestPiecesAreTokens(t *testing.T) {
	const text = "# a\nlisten=udp:[::1]:5060 /* b */\nroute[a:b-c] { if ($(ru{s.len})>1&&!x(\"y\" 'z')) %a.b=@c[1].d; // e\n}\n"
	pieces, _, err := Pieces("a.cfg", text)
	if err != nil {
		t.Fatal(err)
	}
	tokens := Process("a.cfg", Options{Reader: source.Memory{"a.cfg": text}}).Tokens
	n := 0
	for i := range pieces {
		if pieces[i].Kind != TokenPiece {
			continue
		}
		p, w := &pieces[i].Token, &tokens[n]
		if p.Kind != w.Kind || p.Text != w.Text || p.Pos != w.Pos {
			t.Errorf("piece %d is %v %q at %s, the token %v %q at %s", i, p.Kind, p.Text, p.Pos, w.Kind, w.Text, w.Pos)
		}
		n++
	}
	if n != len(tokens)-1 {
		t.Errorf("%d pieces, %d tokens", n, len(tokens)-1)
	}
}
