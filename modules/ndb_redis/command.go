// SPDX-License-Identifier: Apache-2.0

package ndb_redis

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// command is the text of a command, taken apart at start: its words are
// arguments of the command, whatever the variables in them will have. A text
// that is nothing but one variable is a command that the script has made: it is
// taken apart when it is sent.
type command struct {
	text  string
	words [][]part
	whole module.Template
}

// part is a piece of a word: a text, a text with variables, or the next of the
// arguments.
type part struct {
	text string
	tmpl module.Template
	arg  bool
}

var (
	errCommand = errors.New("the command is empty")
	errArgs    = errors.New("there are more %s than arguments")
	// errWaits refuses commands with more than one reply.
	errWaits = errors.New("its replies come later or not at all: it cannot be sent by a script")
)

func compileCommand(text string) (any, error) { return &command{text: text}, nil }

// prepareCommand compiles the variables of a constant command.
func prepareCommand(b module.Binder, a module.Args) error {
	cmd, ok := a[1].Data.(*command)
	if !ok {
		return nil
	}
	if !strings.Contains(cmd.text, "$") {
		cmd.words = words(cmd.text)
		return nil
	}
	split := words(cmd.text)
	for _, w := range split {
		for i := range w {
			if w[i].arg || !strings.Contains(w[i].text, "$") {
				continue
			}
			tmpl, err := b.Template(w[i].text)
			if err != nil {
				return err
			}
			w[i].tmpl = tmpl
		}
	}
	if len(split) == 1 && len(split[0]) == 1 {
		if _, err := b.Var(split[0][0].text); err == nil {
			cmd.whole = split[0][0].tmpl
		}
	}
	cmd.words = split
	return nil
}

// words takes a text apart at blanks that stand outside of parentheses, which
// those of variables have, and each word at %s. %% is a percent sign.
func words(text string) (all [][]part) {
	var word []part
	var piece strings.Builder
	depth := 0
	flush := func() {
		if piece.Len() > 0 {
			word = append(word, part{text: piece.String()})
			piece.Reset()
		}
	}
	for i := 0; i < len(text); i++ {
		ch := text[i]
		switch {
		case ch == '(' && (depth > 0 || i > 0 && strings.Contains(text[:i], "$")):
			depth++
		case ch == ')' && depth > 0:
			depth--
		case ch == ' ' && depth == 0:
			if flush(); word != nil {
				all = append(all, word)
			}
			word = nil
			continue
		case ch == '%' && depth == 0 && i+1 < len(text) && text[i+1] == 's':
			flush()
			word = append(word, part{arg: true})
			i++
			continue
		case ch == '%' && depth == 0 && i+1 < len(text) && text[i+1] == '%':
			i++
		}
		piece.WriteByte(ch)
	}
	if flush(); word != nil {
		all = append(all, word)
	}
	return all
}

// plain takes the text of a command apart that has no variables.
func plain(text string) [][]part {
	var all [][]part
	for _, w := range strings.Fields(text) {
		var word []part
		for i, piece := range strings.Split(w, "%s") {
			if i > 0 {
				word = append(word, part{arg: true})
			}
			if piece != "" {
				word = append(word, part{text: strings.ReplaceAll(piece, "%%", "%")})
			}
		}
		all = append(all, word)
	}
	return all
}

// build makes the words to send.
func (cmd *command) build(c *module.Call, args []string) ([]string, error) {
	split := cmd.words
	switch {
	case cmd.whole != nil:
		split = plain(cmd.whole.Eval(c))
	case split == nil:
		split = plain(cmd.text)
	}
	if len(split) == 0 {
		return nil, errCommand
	}
	out := make([]string, len(split))
	for i, word := range split {
		for _, p := range word {
			text := p.text
			switch {
			case p.arg && len(args) == 0:
				return nil, errArgs
			case p.arg:
				text, args = args[0], args[1:]
			case p.tmpl != nil:
				text = p.tmpl.Eval(c)
			}
			if len(word) == 1 {
				out[i] = text
			} else {
				out[i] += text
			}
		}
	}
	switch strings.ToUpper(out[0]) {
	case "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR", "SYNC", "PSYNC", "HELLO":
		return nil, errWaits
	}
	return out, nil
}
