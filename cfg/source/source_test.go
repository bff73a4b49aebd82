// SPDX-License-Identifier: Apache-2.0

package source

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

func TestErrorFormat(t *testing.T) {
	files := &Files{}
	files.Add("a.cfg", "one\n\tif (!t_relai()) {\r\nlast é $var(x) “q”\x1b\n")
	at := func(line, col int) Pos { return Pos{Filename: "a.cfg", Line: line, Column: col} }
	for _, c := range []struct {
		name string
		e    Error
		want string
	}{
		{"word under tabs, with advice", Error{Pos: at(2, 7), Message: `unknown function "t_relai"`, Advice: "did you mean t_relay (module tm)?"},
			"a.cfg:2:7: unknown function \"t_relai\"\n    2 | \tif (!t_relai()) {\n      | \t     ^^^^^^^\n   did you mean t_relay (module tm)?\n"},
		{"given end", Error{Pos: at(2, 2), End: at(2, 4), Message: "x", Advice: "a\nb"},
			"a.cfg:2:2: x\n    2 | \tif (!t_relai()) {\n      | \t^^\n   a\n   b\n"},
		{"end on a later line", Error{Pos: at(2, 5), End: at(3, 1), Message: "x"},
			"a.cfg:2:5: x\n    2 | \tif (!t_relai()) {\n      | \t   ^^^^^^^^^^^^^^\n"},
		{"letters of two bytes count once", Error{Pos: at(3, 9), Message: "x"},
			"a.cfg:3:9: x\n    3 | last é $var(x) “q”?\n      |        ^^^^\n"},
		{"behind the line", Error{Pos: at(1, 9), Message: "x"}, "a.cfg:1:9: x\n    1 | one\n      |    ^\n"},
		{"no such line", Error{Pos: at(9, 1), Message: "x"}, "a.cfg:9:1: x\n"},
		{"file only", Error{Pos: Pos{Filename: "a.cfg"}, Message: "x"}, "a.cfg: x\n"},
		{"nowhere", Error{Message: "x"}, "-: x\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			c.e.Format(&b, files)
			if b.String() != c.want {
				t.Errorf("got\n%s\nwant\n%s", b.String(), c.want)
			}
		})
	}
}

// TestLongLine: of a long line only what stands around the mark is shown, and the mark stands below its word.
func TestLongLine(t *testing.T) {
	words := strings.Repeat("ä\tword ", 400)
	for _, at := range []int{0, 700, len(words)} {
		files := &Files{}
		files.Add("a.cfg", words[:at]+"WRONG "+words[at:])
		var b strings.Builder
		e := Error{Pos: Pos{Filename: "a.cfg", Line: 1, Column: at + 1}, Message: "x"}
		e.Format(&b, files)
		lines := strings.Split(b.String(), "\n")
		text, mark := []rune(lines[1]), []rune(lines[2])
		start := strings.IndexByte(string(mark), '^')
		if n := len(text); n > 180 || start < 0 {
			t.Fatalf("at %d: %d signs\n%s", at, n, b.String())
		}
		start = len([]rune(string(mark)[:start]))
		if got := string(text[start : start+5]); got != "WRONG" {
			t.Errorf("at %d: the mark stands below %q", at, got)
		}
		for i, r := range mark[:start] {
			if (r == '\t') != (text[i] == '\t') {
				t.Errorf("at %d: sign %d is a tab in one line only", at, i)
			}
		}
		if cutLeft, cutRight := strings.HasPrefix(lines[1], "    1 | …"), strings.HasSuffix(lines[1], "…"); cutLeft != (at > 0) || cutRight != (at < len(words)) {
			t.Errorf("at %d: cut left %v, right %v", at, cutLeft, cutRight)
		}
	}
}

func TestErrorList(t *testing.T) {
	l := &ErrorList{Files: &Files{}, Limit: 3}
	l.Files.Add("z.cfg", "")
	l.Files.Add("a.cfg", "")
	if l.Err() != nil {
		t.Error("an empty list is an error")
	}
	at := func(file string, line int) Pos { return Pos{Filename: file, Line: line, Column: 1} }
	l.Addf(at("a.cfg", 1), "fourth")
	l.Addf(at("z.cfg", 9), "third")
	l.Addf(at("z.cfg", 2), "first of two at one place")
	l.Addf(at("z.cfg", 2), "second of two at one place")
	l.Addf(at("z.cfg", 3), "second")
	l.Warn(&Error{Pos: at("z.cfg", 1), Message: "warning"})
	want := "z.cfg:2:1: first of two at one place\nz.cfg:3:1: second\nz.cfg:9:1: third\nand 1 more"
	if got := l.Err().Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var b strings.Builder
	l.Format(&b)
	if !strings.HasSuffix(b.String(), "third\nand 1 more\n") {
		t.Errorf("got\n%s", b.String())
	}
	l.Limit = -1
	if got := l.Error(); !strings.HasSuffix(got, "a.cfg:1:1: fourth") {
		t.Errorf("without limit: got\n%s", got)
	}
	if len(l.Warnings()) != 1 || l.Len() != 5 {
		t.Error("warnings are counted as mistakes, or lost")
	}
}

func TestNearest(t *testing.T) {
	words := []string{"t_relay", "t_reply", "children", "debug", "log_prefix", "modparam"}
	for _, c := range []struct{ word, want string }{
		{"t_relai", "t_relay"}, {"T_RELAY", "t_relay"}, {"chidlren", "children"}, {"modparm", "modparam"}, {"debg", "debug"},
		{"lgo_prefix", "log_prefix"}, {"x", ""}, {"something_else", ""}, {"", ""}, {"debug", "debug"},
	} {
		if got := Nearest(c.word, words); got != c.want {
			t.Errorf("%q: got %q, want %q", c.word, got, c.want)
		}
	}
	if got := DidYouMean("debgu", words); got != "did you mean debug" {
		t.Errorf("got %q", got)
	}
}

func TestPos(t *testing.T) {
	p := Pos{Filename: "a", Offset: 5, Line: 2, Column: 3}
	if got := p.After("xy"); got != (Pos{"a", 7, 2, 5}) {
		t.Errorf("got %+v", got)
	}
	if got := p.After("x\ny\nzz"); got != (Pos{"a", 11, 4, 3}) {
		t.Errorf("got %+v", got)
	}
	if !p.Before(p.After("x")) || p.Before(p) || p.After("\n").Before(p) {
		t.Error("places are not in order")
	}
}

func TestMemory(t *testing.T) {
	m := Memory{"a.cfg": "1", "b.cfg": "2", "c.txt": "3"}
	if _, err := m.ReadFile("x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if got, err := m.Glob("*.cfg"); err != nil || strings.Join(got, " ") != "a.cfg b.cfg" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := m.Glob("["); err == nil {
		t.Error("a bad pattern is taken")
	}
}
