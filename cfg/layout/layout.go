// SPDX-License-Identifier: Apache-2.0

// Package layout brings the text of a configuration into one layout without changing what it means.
//
// It works on the text as it was written, before the preprocessor: branches of #!ifdef may split statements and blocks, defines may
// stand for anything. Only space between tokens changes, and only where no reading of the text can see it; tokens, comments and
// preprocessor lines stay as they are, each at its place. Format reads its own result again and compares before it gives it away.
//
// The rules: blocks are indented by tabs; { stands behind what opens it, } on a line of its own, else behind }; a statement has its
// own line; a statement without braces stays on the line of its if when it was there; labels of switch are one step in, their
// statements two; preprocessor lines begin at the margin; lines that are broken within a statement stay broken and are indented; one
// empty line at most stands between lines. At the top of a file lines stay as they are, since lists of addresses end with their line.
package layout

import (
	"strings"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/source"
)

// Format gives a text in the one layout; name is for the error. The error is a *source.Error with the place that cannot be laid out
// safely; there is no text then.
func Format(name, text string) (string, error) {
	pieces, rest, bad := preproc.Pieces(name, text)
	if bad != nil {
		return "", bad
	}
	if strings.Trim(rest, " \t\r\n\f\v\x00") != "" && !isBlank(rest) {
		return "", &source.Error{Pos: source.Pos{Filename: name}, Message: "unreadable text at the end"}
	}
	w := &writer{pieces: pieces}
	if bad := w.run(); bad != nil {
		return "", bad
	}
	out := w.out.String()
	again, _, bad := preproc.Pieces(name, out)
	if bad != nil {
		return "", unsafe(bad.Pos)
	}
	if at := difference(pieces, again, w.labels); at >= 0 {
		pos := source.Pos{Filename: name}
		if at < len(pieces) {
			pos = pieces[at].Pos
		}
		return "", unsafe(pos)
	}
	return out, nil
}

func unsafe(pos source.Pos) *source.Error {
	return &source.Error{Pos: pos, Message: "this cannot be laid out without a change of meaning", Advice: "lay it out by hand"}
}

// isBlank tells that a space holds nothing but space of all kinds: also joined lines and no-break spaces.
func isBlank(space string) bool {
	return strings.Trim(strings.NewReplacer("\\\r\n", "", "\\\n", "", "\u00a0", "").Replace(space), " \t\r\n\f\v\x00") == ""
}

// difference gives the first piece that is not the same in both texts, -1 where all are. Space counts within what is read as one
// name when its parts touch: hosts, addresses, events. A colon in labels ends a label and joins nothing.
func difference(a, b []preproc.Piece, labels map[int]bool) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) {
			return i
		}
		x, y := &a[i], &b[i]
		if x.Kind != y.Kind || x.Word != y.Word || x.Token.Kind != y.Token.Kind || trimLine(x) != trimLine(y) {
			return i
		}
		if i > 0 && (x.Space == "") != (y.Space == "") && (joins(a, i, labels) || joins(b, i, labels)) {
			return i
		}
	}
	return -1
}

// joins tells that piece i may be read as one name with the piece before it, if they touch: behind a word, and the signs that touch it.
func joins(pieces []preproc.Piece, i int, labels map[int]bool) bool {
	x := &pieces[i]
	if labels[i] || !inName(x) || x.Token.Kind == preproc.Op && (i+1 == len(pieces) || !inName(&pieces[i+1]) || pieces[i+1].Space != "") {
		return false
	}
	for i--; i >= 0 && inName(&pieces[i]) && !labels[i]; i-- {
		if pieces[i].Token.Kind != preproc.Op {
			return true
		}
		if pieces[i].Space != "" {
			return false
		}
	}
	return false
}

// inName tells that a token may be part of a name that is written without spaces: sip-1.example.com:5060, tm:local-request.
func inName(p *preproc.Piece) bool {
	switch p.Token.Kind {
	case preproc.Ident, preproc.Number, preproc.Word, preproc.IPv4, preproc.IPv6:
		return true
	case preproc.Op:
		return p.Text == "." || p.Text == "-" || p.Text == ":"
	}
	return false
}

// trimLine gives a piece as it is printed: space at the end of comments and preprocessor lines goes, where it means nothing.
func trimLine(p *preproc.Piece) string {
	if p.Kind != preproc.LineComment && p.Kind != preproc.DirectivePiece {
		return p.Text
	}
	short := strings.TrimRight(p.Text, " \t\r")
	if strings.HasSuffix(short, "\\") {
		return p.Text // without the space it would take the next line with it
	}
	return short
}
