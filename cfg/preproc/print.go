// SPDX-License-Identifier: Apache-2.0

package preproc

import (
	"bufio"
	"io"
)

// Print writes tokens as text: what a configuration is after preprocessing. Lines begin where they begin in the files; space
// within a line is reduced to one blank, and comments are gone.
func Print(w io.Writer, tokens []Token) error {
	b := bufio.NewWriter(w)
	for i := range tokens {
		t := &tokens[i]
		if t.Kind == EOF {
			break
		}
		if i > 0 {
			before := &tokens[i-1]
			end := before.End()
			switch {
			case end.Filename != t.Pos.Filename || end.Line != t.Pos.Line:
				b.WriteByte('\n')
			case !t.Joined:
				b.WriteByte(' ')
			}
		}
		b.WriteString(t.Text)
	}
	b.WriteByte('\n')
	return b.Flush()
}
