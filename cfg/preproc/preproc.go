// SPDX-License-Identifier: Apache-2.0

package preproc

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
)

// Limits that end a configuration which would never end by itself.
const (
	// MaxIncludeDepth is how deep files may include files.
	MaxIncludeDepth = 20
	// MaxDefineDepth is how deep defines may stand in the values of defines.
	MaxDefineDepth = 64
	// MaxTokens is how many tokens a configuration may have.
	MaxTokens = 1 << 20
	// MaxExpansions is how often defines may be used, and MaxIncludes how many files may be read.
	MaxExpansions = 1 << 20
	MaxIncludes   = 10000
	// MaxString is how many bytes a string may have after substitutions.
	MaxString = 1 << 16
	// MaxRule is how many bytes a rule of #!subst may have.
	MaxRule = 2048
)

// Options tell how a configuration is read.
type Options struct {
	// Reader gives the files; nil reads the disk.
	Reader source.Reader
	// Defines are NAME or NAME=VALUE, as given with -A on the command line.
	Defines []string
	// Env gives variables of the environment for defenv; nil asks the operating system.
	Env func(name string) (string, bool)
	// Errors takes mistakes and warnings, and the texts that were read; nil makes a new list.
	Errors *source.ErrorList
}

// Result is a configuration after preprocessing.
type Result struct {
	// Tokens end with one of kind EOF.
	Tokens []Token
	// Defines are the names that are defined at the end, in the order of their definition.
	Defines []*Define
	// Errors are the mistakes and warnings of this stage, with the texts read.
	Errors *source.ErrorList
	// Files are the names of the files read, the main file first.
	Files []string
}

// condition is an open #!ifdef.
type condition struct {
	word    string
	pos     source.Pos
	active  bool // its own answer
	outer   bool // what stands around it is read
	elsePos source.Pos
}

type processor struct {
	opt        Options
	errs       *source.ErrorList
	out        []Token
	stack      []*scanner
	defines    map[string]*Define
	order      []*Define
	substs     []*subst
	conditions []condition
	expansions int // uses of defines so far
	includes   int // files read so far
	stopped    bool
	lost       bool // a directive was passed over because text follows it
}

// Process reads a file and all that it includes. It always gives a result; whether it may be used the list of errors tells.
func Process(name string, opt Options) *Result {
	if opt.Reader == nil {
		opt.Reader = source.Disk{}
	}
	if opt.Env == nil {
		opt.Env = os.LookupEnv
	}
	if opt.Errors == nil {
		opt.Errors = &source.ErrorList{}
	}
	if opt.Errors.Files == nil {
		opt.Errors.Files = &source.Files{}
	}
	opt.Errors.Rule = source.Preprocessing
	p := &processor{opt: opt, errs: opt.Errors, defines: map[string]*Define{}}
	p.predefine()
	text, err := opt.Reader.ReadFile(name)
	if err != nil {
		p.errs.Add(&source.Error{Pos: source.Pos{Filename: name}, Message: "cannot read the configuration: " + cause(err)})
	}
	main := p.open(name, string(text))
	p.run()
	p.finish(main)
	res := &Result{Tokens: p.out, Errors: p.errs, Files: p.errs.Files.Names()}
	for _, d := range p.order {
		if p.defines[d.Name] == d {
			res.Defines = append(res.Defines, d)
		}
	}
	return res
}

// predefine defines what is known before the first line: the release of the reference, and the command line.
func (p *processor) predefine() {
	for _, name := range []string{"KAMAILIO_5", "KAMAILIO_5_6", "KAMAILIO_5_6_3"} {
		p.set(&Define{Name: name})
	}
	for _, a := range p.opt.Defines {
		name, value, _ := strings.Cut(a, "=")
		pos := source.Pos{Filename: "-A " + a}
		switch {
		case !validName(name):
			p.errs.Add(&source.Error{Pos: pos, Message: "not a name that can be defined: " + strconv.Quote(name)})
		case p.defines[name] != nil:
			p.errs.Add(&source.Error{Pos: pos, Message: name + " is already defined"})
		default:
			p.set(&Define{Name: name, Value: value})
		}
	}
}

func (p *processor) set(d *Define) {
	p.defines[d.Name] = d
	p.order = append(p.order, d)
}

// open puts a file on the stack of what is being read.
func (p *processor) open(name, text string) *scanner {
	p.errs.Files.Add(name, text)
	s := newScanner(name, text)
	s.dir = filepath.Dir(name)
	p.stack = append(p.stack, s)
	return s
}

// run reads tokens until all texts are at their end.
func (p *processor) run() {
	for len(p.stack) > 0 && !p.stopped {
		s := p.stack[len(p.stack)-1]
		if !p.skip(s) {
			p.stack = p.stack[:len(p.stack)-1]
			continue
		}
		if p.stack[len(p.stack)-1] != s {
			continue
		}
		t := s.token(p.errs.Add)
		if t.Kind == Ident && p.word(s, &t) {
			continue
		}
		p.emit(t)
	}
}

// emit adds a token; strings and variables are substituted first.
func (p *processor) emit(t Token) {
	if (t.Kind == String || t.Kind == PV) && len(p.substs) > 0 {
		p.substitute(&t)
	}
	if t.Kind == String {
		p.noteModule(t)
	}
	if len(p.out) >= MaxTokens {
		p.stopped = true
		p.errs.Addf(t.Pos, "the configuration has more than %d words", MaxTokens)
		return
	}
	p.out = append(p.out, t)
}

// noteModule defines MOD_name when loadmodule "name.so" has been read.
func (p *processor) noteModule(t Token) {
	if len(p.out) == 0 {
		return
	}
	before := p.out[len(p.out)-1]
	if before.Kind != Ident || before.Text != "loadmodule" && before.Text != "loadmodulex" || len(t.Text) < 3 {
		return
	}
	name := "MOD_" + strings.TrimSuffix(filepath.Base(t.Text[1:len(t.Text)-1]), ".so")
	if p.defines[name] == nil {
		p.set(&Define{Name: name})
	}
}

// word handles a word that is more than a token: a define's name, or an include. It tells whether it has taken it.
func (p *processor) word(s *scanner, t *Token) bool {
	if kind, ok := includeWords[t.Text]; ok {
		return p.include(s, kind, t)
	}
	d := p.defines[t.Text]
	if d == nil || reserved[t.Text] {
		return false
	}
	for _, open := range p.stack {
		if open.def == d {
			p.errs.Add(&source.Error{Pos: t.Pos, Message: "define " + d.Name + " stands in its own value", Advice: definedAt(d)})
			return true
		}
	}
	if p.expansions++; len(p.stack) > MaxDefineDepth+MaxIncludeDepth || p.expansions > MaxExpansions {
		p.errs.Addf(t.Pos, "defines stand in each other more than %d deep, or are used more than %d times", MaxDefineDepth, MaxExpansions)
		p.stopped = true
		return true
	}
	use := newScanner("", d.Value)
	use.def, use.pos, use.dir, use.joined = d, t.Pos, s.dir, t.Joined
	if use.origin = d; s.def != nil {
		use.origin = s.origin
	}
	p.stack = append(p.stack, use)
	return true
}

func definedAt(d *Define) string {
	if d.Pos.IsValid() {
		return d.Name + " is defined at " + d.Pos.String()
	}
	return ""
}

// finish closes the tokens and reports conditions that are still open.
func (p *processor) finish(main *scanner) {
	for i := len(p.conditions) - 1; i >= 0; i-- {
		c := p.conditions[i]
		advice := "add #!endif where it ends"
		if p.lost {
			advice += "; note that #!else and #!endif count only when nothing else follows them on their line"
		}
		p.errs.Add(&source.Error{Pos: c.pos, End: c.pos.After("#!" + c.word), Message: "#!" + c.word + " is not closed", Advice: advice})
	}
	main.move(len(main.text))
	p.out = append(p.out, Token{Kind: EOF, Pos: main.here()})
}

// cause gives the system's words for a failure to read, without the path, which the place shows.
func cause(err error) string {
	s := err.Error()
	if i := strings.LastIndex(s, ": "); i >= 0 {
		s = s[i+2:]
	}
	return s
}
