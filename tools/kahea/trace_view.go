// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// traceView prints what a traced configuration does, as it does it. It is the program's tracer, stands before each function and
// variable, and takes the log.
type traceView struct {
	files *source.Files
	brief bool
	began bool // the server has started: what is told belongs to a message

	mu     sync.Mutex
	w      *bufio.Writer   // guarded by mu
	depth  int             // of routes in each other; guarded by mu
	frames []frame         // the routes that run, outermost first; guarded by mu
	told   map[string]bool // what was told of this operation; guarded by mu
	muted  int             // values are read for the view itself; guarded by mu
	fault  error           // why the server takes no message; guarded by mu
	left   int             // messages that have left since the heading; guarded by mu
	blocks int             // headings so far; guarded by mu
}

// frame is a route that runs.
type frame struct {
	title string
	line  module.Position // told last
	index int
	jump  int  // where the operation before goes when its condition is false
	asks  bool // the operation before is a condition
}

var _ module.Tracer = (*traceView)(nil)

func newTraceView(w io.Writer, brief bool) *traceView {
	return &traceView{w: bufio.NewWriter(w), brief: brief, told: map[string]bool{}}
}

func (v *traceView) flush() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.w.Flush()
}

// heading begins what one message does.
func (v *traceView) heading(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.blocks++; v.blocks > 1 {
		v.w.WriteByte('\n')
	}
	v.w.WriteString(visible(fmt.Sprintf(format, args...)) + "\n")
	v.left = 0
}

// nothing says that no message has left since the heading.
func (v *traceView) nothing() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.fault != nil {
		v.print(0, "no route runs, the message is refused: %v", v.fault)
		v.fault = nil
	}
	if v.left == 0 {
		v.w.WriteString("  nothing leaves\n")
	}
}

// print writes an indented line; mu is held.
func (v *traceView) print(indent int, format string, args ...any) {
	line := strings.Repeat("  ", indent+1) + fmt.Sprintf(format, args...)
	v.w.WriteString(visible(strings.TrimRight(line, " ")) + "\n")
}

// visible escapes what would disturb a terminal: messages hold what peers have sent.
func visible(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case unicode.IsControl(r) && r != '\t' && r != '\n':
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		default:
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

// detail is the indentation of what belongs to a line of the script; mu is held.
func (v *traceView) detail() int { return max(2*v.depth, 1) }

// note tells something of the line that runs.
func (v *traceView) note(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.began {
		v.print(v.detail(), format, args...)
	}
}

// once tells something of the operation that runs, unless it was told of it already.
func (v *traceView) once(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	if v.muted > 0 || !v.began || v.told[text] {
		return
	}
	v.told[text] = true
	v.print(v.detail(), "%s", text)
}

// Enter implements module.Tracer.
func (v *traceView) Enter(_ *module.Call, title string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.print(v.depth*2, "%s", title)
	v.depth++
	v.frames = append(v.frames, frame{title: title, index: -1, jump: -1})
	clear(v.told)
}

// Step implements module.Tracer.
func (v *traceView) Step(_ *module.Call, at *module.Position, index int, op module.Operation) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f := &v.frames[len(v.frames)-1]
	v.outcome(f, index)
	clear(v.told)
	name := op.Name()
	f.asks, f.jump = name == "unless" || name == "while", op.Jump()
	switch name {
	case "end", "jump", "loop", "tell":
		f.index = index
		return
	}
	again := f.line.File == at.File && f.line.Line == at.Line && index > f.index
	f.line, f.index = *at, index
	if again {
		// Another operation of the same line.
		v.print(v.detail()-1, "%s:%d: … %s", filepath.Base(at.File), at.Line, strings.TrimSpace(word(name)+operands(op)))
		return
	}
	text, _ := v.files.Line(at.File, at.Line)
	v.print(v.detail()-1, "%s:%d: %s", filepath.Base(at.File), at.Line, strings.TrimSpace(text))
}

// word is the word of the language for an operation.
func word(name string) string {
	switch name {
	case "unless":
		return "if"
	case "call", "set":
		return ""
	}
	return name
}

// operands are those of the operation without its target, a space before them.
func operands(op module.Operation) string {
	text, _, _ := strings.Cut(" "+op.Operands(), " -> ")
	return text
}

// outcome tells which way the condition before went; mu is held.
func (v *traceView) outcome(f *frame, index int) {
	if !f.asks {
		return
	}
	f.asks = false
	v.print(v.detail(), "the condition is %v", index != f.jump)
}

// Leave implements module.Tracer.
func (v *traceView) Leave(_ *module.Call, title string, result module.Result) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.frames = v.frames[:len(v.frames)-1]
	v.depth--
	v.print(v.depth*2, "%s ends with %d", title, result)
	if n := len(v.frames); n > 0 {
		v.frames[n-1].line.Line = 0 // the line is told again
	}
}

// sends tells a message that would leave.
func (v *traceView) sends(s *sent) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.left++
	first, rest, _ := strings.Cut(s.text, "\r\n")
	v.print(v.detail(), "sends %d to %s:%s: %s", s.number, s.proto, s.to, first)
	if v.brief {
		return
	}
	for _, line := range strings.Split(strings.TrimRight(rest, "\r\n"), "\r\n") {
		v.print(v.detail()+1, "%s", line)
	}
}

// refused takes what is wrong with a message that no route sees.
func (v *traceView) refused(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fault = err
}

// writeLine implements lineWriter: a line of the log.
func (v *traceView) writeLine(_ slog.Level, _ string, line []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.print(v.detail(), "log %s", strings.TrimRight(string(line), "\n"))
}

// valueText is a value as a script would write it.
func valueText(val module.Value) string {
	switch val.Kind {
	case avp.Null:
		return "null"
	case avp.Int:
		return strconv.FormatInt(val.Int, 10)
	}
	return strconv.Quote(val.Str)
}
