// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
)

// flagsFileName is the name of the text that the flags stand for: mistakes in
// them have their places there.
const flagsFileName = "command line"

// flagsFile is that text: the directives of --subst and its kin, when there
// are any an include of the configuration, then each other flag on a line.
type flagsFile struct {
	source.Disk
	text string
	// prefix hides the flags from the preprocessor where it reads the text.
	prefix string
	lines  int
	errs   *source.ErrorList
	// input is the configuration where that is the standard input, else nil.
	input []byte
}

func newFlagsFile(o *options, errs *source.ErrorList) (*flagsFile, error) {
	f := &flagsFile{errs: errs, input: o.input}
	if len(o.substs) == 0 {
		return f, nil
	}
	file := o.file
	if f.input == nil {
		var err error
		if file, err = filepath.Abs(file); err != nil {
			return nil, err
		}
	}
	for _, d := range o.substs {
		word, exp, _ := strings.Cut(d, ":")
		f.line(fmt.Sprintf("#!%s %s", word, strconv.Quote(exp)))
	}
	f.line("include_file " + strconv.Quote(file))
	f.prefix = "# "
	return f, nil
}

// ReadFile implements source.Reader.
func (f *flagsFile) ReadFile(name string) ([]byte, error) {
	switch {
	case name == flagsFileName:
		return []byte(f.text), nil
	case name == stdinMark && f.input != nil:
		return f.input, nil
	}
	return f.Disk.ReadFile(name)
}

func (f *flagsFile) line(text string) {
	f.text += text + "\n"
	f.lines++
}

// flag adds a flag, and gives the place of its value.
func (f *flagsFile) flag(name, value string) source.Span {
	start := source.Pos{Filename: flagsFileName, Offset: len(f.text), Line: f.lines + 1, Column: 1}
	f.line(f.prefix + name + value)
	at := start.After(f.prefix + name)
	return source.Span{Pos: at, Fin: at.After(value)}
}

// refuse notes a mistake in a flag.
func (f *flagsFile) refuse(at source.Span, message, advice string) {
	f.errs.Add(&source.Error{Pos: at.Pos, End: at.Fin, Rule: source.CommandLine, Message: message, Advice: advice})
}

// done makes the text known to those who print mistakes.
func (f *flagsFile) done() {
	if f.text != "" {
		f.errs.Files.Set(flagsFileName, f.text)
	}
}

// addTo puts --loadmodule above what the file says, so that all of it may use
// these modules, and --modparam behind it.
func (f *flagsFile) addTo(tree *syntax.File, o *options) {
	var first []syntax.Item
	for _, name := range o.loadModules {
		at := f.flag("--loadmodule=", name)
		first = append(first, &syntax.LoadModule{Span: at, Name: &syntax.String{Span: at, Value: name}})
	}
	tree.Items = append(first, tree.Items...)
	for _, p := range o.modParams {
		at := f.flag("--modparam=", p)
		if mp := f.modParam(at, p); mp != nil {
			tree.Items = append(tree.Items, mp)
		}
	}
}

// modParam reads module:param:s:text or module:param:i:number; nil where it is
// neither, which is then told.
func (f *flagsFile) modParam(at source.Span, text string) *syntax.ModParam {
	w := strings.SplitN(text, ":", 4)
	if len(w) != 4 || w[2] != "s" && w[2] != "i" {
		f.refuse(at, "bad --modparam="+text, "it is module:param:s:text or module:param:i:number")
		return nil
	}
	part := func(i int) source.Span {
		from := at.Pos.After(strings.Join(w[:i], ":"))
		if i > 0 {
			from = from.After(":")
		}
		return source.Span{Pos: from, Fin: from.After(w[i])}
	}
	mp := &syntax.ModParam{Span: at, Module: &syntax.String{Span: part(0), Value: w[0]}, Name: &syntax.String{Span: part(1), Value: w[1]},
		Value: &syntax.String{Span: part(3), Value: w[3]}}
	if w[2] == "i" {
		n, err := strconv.ParseInt(w[3], 0, 64)
		if err != nil {
			f.refuse(part(3), "bad number "+strconv.Quote(w[3])+" in --modparam", "the type i wants a number; s is for texts")
			return nil
		}
		mp.Value = &syntax.Number{Span: part(3), Raw: w[3], Value: n}
	}
	return mp
}

// readAddresses reads the flags -l and --alias.
func (c *config) readAddresses(f *flagsFile) {
	for _, text := range c.opt.listen {
		at := f.flag("-l ", text)
		list, err := parseListen(text)
		if err != nil {
			f.refuse(at, "-l "+text+": "+err.Error(), "it is [proto:]address[:port][/advertised[:port]]")
		}
		for _, l := range list {
			if message, advice := l.Problem(); message != "" {
				f.refuse(at, "-l "+text+": "+message, advice)
			}
		}
		c.listen = append(c.listen, list...)
	}
	for _, text := range c.opt.aliases {
		at := f.flag("--alias=", text)
		a, err := parseAlias(text)
		if err != nil {
			f.refuse(at, "--alias="+text+": "+err.Error(), "it is [proto:]host[:port]")
		}
		c.aliases = append(c.aliases, a)
	}
}
