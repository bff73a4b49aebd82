// SPDX-License-Identifier: Apache-2.0

package source

import (
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// DefaultLimit is how many errors a list prints before it says how many more there are.
const DefaultLimit = 20

// Error is a mistake in a configuration.
type Error struct {
	// Pos is where it begins.
	Pos Pos
	// End is the place behind it; where it is not known the word at Pos is marked.
	End Pos
	// Message says what was found and what was expected, in lower case without a full stop.
	Message string
	// Advice says how to mend it; empty where nothing is known. It may have several lines.
	Advice string
	// Rule is the kind of the mistake, for programs; empty means that of the stage that found it.
	Rule Rule
	// Warning tells that it is accepted and likely not meant; ErrorList.Warn sets it.
	Warning bool
}

// Error gives the first line: file:line:col: message.
func (e *Error) Error() string { return e.Pos.String() + ": " + e.Message }

// Format writes the error with the line that it is about, a mark below the place, and the advice.
func (e *Error) Format(w io.Writer, files *Files) {
	message := e.Message
	if e.Warning {
		message = "warning: " + message
	}
	fmt.Fprintln(w, e.Pos.String()+": "+message)
	if line, ok := files.Line(e.Pos.Filename, e.Pos.Line); ok {
		number := fmt.Sprintf("%5d", e.Pos.Line)
		text, mark := excerpt(clean(line), e.mark(line))
		fmt.Fprintf(w, "%s | %s\n", number, text)
		fmt.Fprintf(w, "%s | %s\n", strings.Repeat(" ", len(number)), mark)
	}
	if e.Advice != "" {
		for _, l := range strings.Split(e.Advice, "\n") {
			fmt.Fprintf(w, "   %s\n", l)
		}
	}
}

// mark gives spaces (tabs stay tabs, so that it stands below its word) and carets.
func (e *Error) mark(line string) string {
	start := min(max(e.Pos.Column-1, 0), len(line))
	end := start
	switch {
	case e.End.Line == e.Pos.Line && e.End.Filename == e.Pos.Filename:
		end = min(e.End.Column-1, len(line))
	case e.End.Line > e.Pos.Line && e.End.Filename == e.Pos.Filename:
		end = len(strings.TrimRight(line, " \t"))
	default:
		end = min(start+wordLength(line[start:]), len(line))
	}
	var b strings.Builder
	for _, r := range line[:start] {
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
	}
	n := 1
	if end > start {
		n = utf8.RuneCountInString(line[start:end])
	}
	b.WriteString(strings.Repeat("^", n))
	return b.String()
}

// Of a line that is longer than excerptWidth only what stands around the mark is shown.
const (
	excerptWidth = 160
	excerptLead  = 60
	cut          = "…"
)

// excerpt cuts a long line and its mark; both have a sign for each sign of the other.
func excerpt(line, mark string) (string, string) {
	text, below := []rune(line), []rune(mark)
	if len(text) <= excerptWidth {
		return line, mark
	}
	start := len(below) - len(strings.TrimLeft(mark, " \t"))
	from := max(min(start-excerptLead, len(text)-excerptWidth), 0)
	to := min(from+excerptWidth, len(text))
	line, mark = string(text[from:to]), string(below[from:min(to, len(below))])
	if from > 0 {
		line, mark = cut+line, " "+mark
	}
	if to < len(text) {
		line += cut
	}
	return line, mark
}

// clean takes out bytes that would disturb a terminal.
func clean(line string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f || r == utf8.RuneError {
			return '?'
		}
		return r
	}, line)
}

// wordLength gives the length of the word, variable or sign at the start of s.
func wordLength(s string) int {
	n := 0
	if n < len(s) && (s[n] == '$' || s[n] == '@' || s[n] == '#' || s[n] == '!') {
		n++
		if n < len(s) && s[n] == '!' {
			n++
		}
	}
	for n < len(s) && (s[n] == '_' || s[n] >= '0' && s[n] <= '9' || s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z') {
		n++
	}
	return max(n, 1)
}

// ErrorList collects mistakes and warnings of one configuration.
type ErrorList struct {
	// Files are the texts that messages quote; nil where lines are not to be shown.
	Files *Files
	// Limit is how many errors are printed; 0 means DefaultLimit, a negative number all.
	Limit int
	// Rule is what mistakes without a rule of their own get: each stage sets its own.
	Rule Rule

	errors   []*Error
	warnings []*Error
}

// Add notes a mistake.
func (l *ErrorList) Add(e *Error) {
	if e.Rule == "" {
		e.Rule = l.Rule
	}
	l.errors = append(l.errors, e)
}

// Addf notes a mistake at the word that starts at pos.
func (l *ErrorList) Addf(pos Pos, format string, args ...any) *Error {
	e := &Error{Pos: pos, Message: fmt.Sprintf(format, args...)}
	l.Add(e)
	return e
}

// AddSpan notes a mistake about a stretch of text, with advice.
func (l *ErrorList) AddSpan(s Span, advice, format string, args ...any) *Error {
	e := &Error{Pos: s.Pos, End: s.Fin, Advice: advice, Message: fmt.Sprintf(format, args...)}
	l.Add(e)
	return e
}

// Warn notes what is accepted but is likely not meant.
func (l *ErrorList) Warn(e *Error) {
	if e.Rule == "" {
		e.Rule = l.Rule
	}
	e.Warning = true
	l.warnings = append(l.warnings, e)
}

// Forget takes out the mistakes within a stretch of text, of which one further mistake says all.
func (l *ErrorList) Forget(s Span) {
	within := func(e *Error) bool {
		return e.Pos.Filename == s.Pos.Filename && e.Pos.IsValid() && !e.Pos.Before(s.Pos) && e.Pos.Before(s.Fin)
	}
	l.errors = slices.DeleteFunc(l.errors, within)
	l.warnings = slices.DeleteFunc(l.warnings, within)
}

// Len gives the number of mistakes, warnings not counted.
func (l *ErrorList) Len() int { return len(l.errors) }

// Errors gives the mistakes sorted by file and place, at most one for each place.
func (l *ErrorList) Errors() []*Error { return l.sorted(l.errors) }

// Warnings gives the warnings, sorted likewise.
func (l *ErrorList) Warnings() []*Error { return l.sorted(l.warnings) }

// All gives mistakes and warnings sorted likewise; of a mistake and a warning at one place, the mistake.
func (l *ErrorList) All() []*Error { return l.sorted(slices.Concat(l.errors, l.warnings)) }

// sorted orders by the order in which files were read, then by place. Of two at one place the first one noted stays: what follows
// is most often its consequence.
func (l *ErrorList) sorted(in []*Error) []*Error {
	rank := map[string]int{}
	if l.Files != nil {
		for i, name := range l.Files.order {
			rank[name] = i
		}
	}
	out := append([]*Error(nil), in...)
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i].Pos, out[j].Pos
		if a.Filename != b.Filename && rank[a.Filename] != rank[b.Filename] {
			return rank[a.Filename] < rank[b.Filename]
		}
		return a.Before(b)
	})
	kept := out[:0]
	for _, e := range out {
		if len(kept) > 0 && e.Pos.IsValid() {
			if p := kept[len(kept)-1].Pos; p == e.Pos {
				continue
			}
		}
		kept = append(kept, e)
	}
	return kept
}

// Err gives the list as an error, nil where there is no mistake.
func (l *ErrorList) Err() error {
	if len(l.errors) == 0 {
		return nil
	}
	return l
}

// Error gives the first lines of the mistakes, one per line.
func (l *ErrorList) Error() string {
	var b strings.Builder
	for i, e := range l.limited(l.Errors()) {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Error())
	}
	if more := len(l.Errors()) - l.limit(); more > 0 && l.Limit >= 0 {
		fmt.Fprintf(&b, "\nand %d more", more)
	}
	return b.String()
}

// Format writes mistakes and warnings with their lines and advice in the order of their places, at most Limit of either, then how
// many more there are.
func (l *ErrorList) Format(w io.Writer) {
	more := map[bool]int{}
	for _, e := range l.All() {
		if more[e.Warning]++; l.Limit >= 0 && more[e.Warning] > l.limit() {
			continue
		}
		e.Format(w, l.Files)
	}
	if l.Limit < 0 {
		return
	}
	if n := more[false] - l.limit(); n > 0 {
		fmt.Fprintf(w, "and %d more\n", n)
	}
	if n := more[true] - l.limit(); n > 0 {
		fmt.Fprintf(w, "and %d more warnings\n", n)
	}
}

func (l *ErrorList) limit() int {
	if l.Limit == 0 {
		return DefaultLimit
	}
	return l.Limit
}

func (l *ErrorList) limited(all []*Error) []*Error {
	if n := l.limit(); n >= 0 && len(all) > n {
		return all[:n]
	}
	return all
}
