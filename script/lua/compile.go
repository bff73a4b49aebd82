// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/kahea-sip/kahea/cfg/source"
	glua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// Script is a compiled script. It never changes: all states share it.
type Script struct {
	// File is the path as it was given.
	File  string
	proto *glua.FunctionProto
	ksr   *ksrCalls
	// Warnings are things that Lua 5.1 does not have and that fail only
	// where they are reached.
	Warnings []*source.Error
}

// Mistakes are the places of a script where it is written for a later version
// of Lua.
type Mistakes []*source.Error

// Error implements error: a line for each, with how it is written here.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, e := range m {
		if lines[i] = e.Error(); e.Advice != "" {
			lines[i] += ": " + e.Advice
		}
	}
	return strings.Join(lines, "\n")
}

// Compile reads a script. The error is a *source.Error with the place of what
// Lua 5.1 does not understand, or Mistakes.
func Compile(file string) (*Script, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		var number syscall.Errno
		if errors.As(err, &number) {
			err = number
		}
		return nil, fmt.Errorf("cannot read the Lua script %q: %w", file, err)
	}
	return compileText(file, string(text))
}

func compileText(file, text string) (*Script, error) {
	if strings.HasPrefix(text, "\x1bLua") {
		return nil, &source.Error{Pos: source.Pos{Filename: file}, Message: "the script is compiled (luac): only its source can be loaded"}
	}
	found := newer(file, text)
	if len(found.errors) > 0 {
		return nil, Mistakes(found.errors)
	}
	// A byte order mark is what editors put in front, a first line that begins with #
	// is for a shell.
	text = strings.TrimPrefix(text, "\ufeff")
	if strings.HasPrefix(text, "#") {
		text = "--" + text[1:]
	}
	tree, err := parse.Parse(strings.NewReader(text), file)
	if err != nil {
		return nil, syntaxError(file, text, err)
	}
	ksr := listCalls(file, text, tree)
	proto, err := compileTree(file, tree)
	if err != nil {
		return nil, err
	}
	return &Script{File: file, proto: proto, ksr: ksr, Warnings: found.warnings}, nil
}

// compileProto compiles a text.
func compileProto(name, text string) (*glua.FunctionProto, error) {
	tree, err := parse.Parse(strings.NewReader(text), name)
	if err != nil {
		return nil, syntaxError(name, text, err)
	}
	return compileTree(name, tree)
}

func compileTree(name string, tree []ast.Stmt) (*glua.FunctionProto, error) {
	orderAssigns(tree)
	boundConcats(tree)
	splitConstructors(tree)
	proto, err := glua.Compile(tree, name)
	if err != nil {
		return nil, syntaxError(name, "", err)
	}
	return proto, nil
}

// syntaxError says where a script cannot be understood.
func syntaxError(name, text string, err error) error {
	if e, ok := errors.AsType[*parse.Error](err); ok {
		message := e.Message
		if e.Pos.Line == parse.EOF {
			return endError(name, text)
		}
		if e.Token != "" {
			message = fmt.Sprintf("%s near %q", strings.TrimSuffix(message, ": unexpected $end"), e.Token)
		}
		return &source.Error{Pos: source.Pos{Filename: name, Line: e.Pos.Line, Column: max(e.Pos.Column, 1)}, Message: message}
	}
	if e, ok := errors.AsType[*glua.CompileError](err); ok {
		return &source.Error{Pos: source.Pos{Filename: name, Line: e.Line, Column: 1}, Message: e.Message}
	}
	return &source.Error{Pos: source.Pos{Filename: name}, Message: err.Error()}
}
