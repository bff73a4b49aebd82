// SPDX-License-Identifier: Apache-2.0

package preproc

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
)

// includeKind tells what a word that brings in other files asks for.
type includeKind struct {
	must bool // a missing file is a mistake
	many bool // the name is a pattern
}

var includeWords = map[string]includeKind{
	"include_file":  {must: true},
	"import_file":   {},
	"include_files": {must: true, many: true},
	"import_files":  {many: true},
}

// include handles include_file "name" and its kin, the word having been read.
func (p *processor) include(s *scanner, kind includeKind, t *Token) bool {
	span := source.Span{Pos: t.Pos, Fin: t.End()}
	name, ok := p.fileName(s, &span)
	if !ok && s.startsCurly() {
		s.token(p.errs.Add) // tells of the quotes
		s.off = s.endOfLine()
		return true
	}
	if !ok {
		p.errs.AddSpan(span, `write `+t.Text+` "name.cfg"`, "%s needs a file name in double quotes", t.Text)
		s.off = s.endOfLine()
		return true
	}
	names := []string{name}
	if kind.many {
		names = p.matches(s, name, span)
		if len(names) == 0 && kind.must {
			p.errs.AddSpan(span, "use import_files where there may be none", "no file matches %s", name)
		}
	}
	depth := 0
	for _, open := range p.stack {
		if open.def == nil {
			depth++
		}
	}
	if depth > MaxIncludeDepth {
		p.errs.AddSpan(span, "does "+s.name+" include itself?", "files include each other more than %d deep", MaxIncludeDepth)
		p.stopped = true
		return true
	}
	// The last one opened is read first.
	for i := len(names) - 1; i >= 0; i-- {
		p.openIncluded(s, names[i], kind.must, span)
	}
	return true
}

// fileName reads the quoted name that must follow.
func (p *processor) fileName(s *scanner, span *source.Span) (string, bool) {
	off := s.off
	for off < len(s.text) && spaceLength(s.text[off:]) > 0 {
		off += spaceLength(s.text[off:])
	}
	if off >= len(s.text) || s.text[off] != '"' {
		return "", false
	}
	end := strings.IndexAny(s.text[off+1:], "\"\n")
	if end < 0 || s.text[off+1+end] != '"' {
		return "", false
	}
	s.move(off)
	t := Token{Kind: String, Text: s.text[off : off+end+2], Pos: s.here()}
	p.substitute(&t)
	*span = source.Span{Pos: t.Pos, Fin: t.End()}
	s.move(off + end + 2)
	return t.Text[1 : len(t.Text)-1], len(t.Text) > 2
}

// candidates are the places where a name is looked for: as it is, then beside the including file.
func (p *processor) candidates(dir, name string) []string {
	if filepath.IsAbs(name) || dir == "." || dir == "" {
		return []string{name}
	}
	return []string{name, filepath.Join(dir, name)}
}

func (p *processor) matches(s *scanner, pattern string, span source.Span) []string {
	for _, c := range p.candidates(s.dir, pattern) {
		names, err := p.opt.Reader.Glob(c)
		if err != nil {
			p.errs.AddSpan(span, "", "not a pattern of file names: %s", pattern)
			return nil
		}
		if len(names) > 0 {
			return names
		}
	}
	return nil
}

// openIncluded finds a file and begins to read it.
func (p *processor) openIncluded(s *scanner, name string, must bool, span source.Span) {
	tried := p.candidates(s.dir, name)
	for _, c := range tried {
		text, err := p.opt.Reader.ReadFile(c)
		if err == nil {
			if p.includes++; p.includes > MaxIncludes {
				p.errs.AddSpan(span, "", "more than %d files are included", MaxIncludes)
				p.stopped = true
				return
			}
			p.open(c, string(text))
			return
		}
		if !errors.Is(err, fs.ErrNotExist) {
			p.errs.AddSpan(span, "", "cannot read %s: %s", c, cause(err))
			return
		}
	}
	if must {
		p.errs.AddSpan(span, "looked for "+strings.Join(tried, ", then ")+"; use import_file where it may be absent", "cannot read %s: no such file or directory", name)
	}
}
