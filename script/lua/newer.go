// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
)

// newerFindings are things of Lua 5.2 and later in a script: scripts that were
// written for a Kamailio that was built with such a Lua.
type newerFindings struct {
	// errors can never be compiled, warnings fail where they are reached.
	errors, warnings []*source.Error
}

// operators of Lua 5.3 and how to write them in 5.1. The longer ones stand
// first.
var newerOperators = []struct{ sign, what, advice string }{
	{"//", "integer division (//) is of Lua 5.3", "write math.floor(a / b)"},
	{"<<", "bit operators are of Lua 5.3", "write a * 2^b for a << b"},
	{">>", "bit operators are of Lua 5.3", "write math.floor(a / 2^b) for a >> b"},
	{"&", "bit operators are of Lua 5.3", "write math.floor(a / bit) % 2 == 1 to see whether a bit is set"},
	{"|", "bit operators are of Lua 5.3", "write a + bit where the bit is not set"},
	{"~", "bit operators are of Lua 5.3", "write it with math.floor and %"},
	{"!=", "!= is no operator of Lua", "write ~="},
}

// newerNames are functions and tables of later versions.
var newerNames = map[string]struct{ what, advice string }{
	"utf8":               {"the library utf8 is of Lua 5.3", "take a module in plain Lua, or string.gmatch(s, \"[%z\\1-\\127\\194-\\244][\\128-\\191]*\") for the characters"},
	"bit32":              {"the library bit32 is of Lua 5.2", "write it with math.floor and %"},
	"math.type":          {"math.type is of Lua 5.3", "all numbers are of one kind: write n == math.floor(n)"},
	"math.tointeger":     {"math.tointeger is of Lua 5.3", "write math.floor(n)"},
	"math.ult":           {"math.ult is of Lua 5.3", "write a < b"},
	"math.maxinteger":    {"math.maxinteger is of Lua 5.3", "integers are exact up to 2^53"},
	"math.mininteger":    {"math.mininteger is of Lua 5.3", "integers are exact down to -2^53"},
	"table.unpack":       {"table.unpack is of Lua 5.2", "write unpack(t)"},
	"table.pack":         {"table.pack is of Lua 5.2", "write {n = select(\"#\", ...), ...}"},
	"table.move":         {"table.move is of Lua 5.3", "write a loop"},
	"string.pack":        {"string.pack is of Lua 5.3", "write it with string.char and string.byte"},
	"string.unpack":      {"string.unpack is of Lua 5.3", "write it with string.byte"},
	"string.packsize":    {"string.packsize is of Lua 5.3", "count the bytes"},
	"coroutine.close":    {"coroutine.close is of Lua 5.4", "leave it out: one that nobody has is collected"},
	"package.searchers":  {"package.searchers is of Lua 5.2", "write package.loaders"},
	"package.searchpath": {"package.searchpath is of Lua 5.2", "go through package.path"},
	"debug.sethook":      {"debug.sethook is not there", "step_limit of app_lua ends loops without end; log_mode 1 logs each KSR function"},
}

// newerWords are global names of later versions.
var newerWords = map[string]struct{ what, advice string }{
	"_ENV":   {"_ENV is of Lua 5.2", "write _G, and setfenv(f, t) for the globals of a function"},
	"rawlen": {"rawlen is of Lua 5.2", "write #t"},
	"warn":   {"warn is of Lua 5.4", "write KSR.warn(text)"},
}

// newerWord finds what a global name is that later versions have, or have otherwise.
func newerWord(word, rest string) (what, advice string) {
	rest = strings.TrimLeft(rest, " \t")
	call := strings.HasPrefix(rest, "(")
	if argument := strings.TrimLeft(strings.TrimPrefix(rest, "("), " \t"); word == "load" && argument != "" && (argument[0] == '"' || argument[0] == '\'' || longBracket(argument) >= 0) {
		return "load of a text is of Lua 5.2", "write loadstring(text), and setfenv(f, t) for its globals"
	}
	if n, ok := newerWords[word]; ok && (call || word == "_ENV") {
		return n.what, n.advice
	}
	return "", ""
}

// newer looks through a script, without comments and strings.
func newer(file, text string) (found newerFindings) {
	at := func(i int) source.Pos {
		return source.Pos{Filename: file, Line: 1 + strings.Count(text[:i], "\n"), Column: i - strings.LastIndexByte(text[:i], '\n')}
	}
	own := believed(text)
	previous := "" // the last word or sign, and whether a dot stood before it
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case strings.HasPrefix(text[i:], "--"):
			i += skipComment(text[i:])
			continue
		case c == '"' || c == '\'':
			n := quotedLength(text[i:])
			if e := silentEscape(text[i : i+n]); e != "" {
				found.warnings = append(found.warnings, &source.Error{Pos: at(i), Message: "the escape " + e + " is of Lua 5.2: Lua here is 5.1, and takes the letter", Advice: "write the decimal form, \\ddd"})
			}
			if e := newerEscape(text[i : i+n]); e != "" {
				found.errors = append(found.errors, &source.Error{Pos: at(i), Message: "the escape " + e + " is of Lua 5.3: Lua here is 5.1", Advice: "write the decimal form, \\ddd"})
			}
			i += n
			previous = "string"
			continue
		case c == '[' && longBracket(text[i:]) >= 0:
			i += longLength(text[i:])
			previous = "string"
			continue
		case isWordStart(c):
			n := 1
			for i+n < len(text) && (isWordStart(text[i+n]) || '0' <= text[i+n] && text[i+n] <= '9') {
				n++
			}
			word := text[i : i+n]
			name, rest := word, text[i+n:]
			if dotted := strings.TrimLeft(rest, " \t"); previous != "." && strings.HasPrefix(dotted, ".") && !strings.HasPrefix(dotted, "..") {
				name += "." + leadingWord(strings.TrimLeft(dotted[1:], " \t"))
			}
			if what, advice := newerWord(word, rest); what != "" && previous != "." && previous != ":" && previous != "function" && !own[word] {
				found.warnings = append(found.warnings, &source.Error{Pos: at(i), Message: what + ": Lua here is 5.1", Advice: advice})
			}
			for _, key := range []string{word, name} {
				if n, ok := newerNames[key]; ok && !alternative(previous, text[i:], name) && previous != "." && !own[word] && !own[name] && !(key == word && name == word) {
					found.warnings = append(found.warnings, &source.Error{Pos: at(i), Message: n.what + ": Lua here is 5.1", Advice: n.advice})
					break
				}
			}
			i += n
			previous = word
			continue
		case '0' <= c && c <= '9':
			for i < len(text) && (isWordStart(text[i]) || '0' <= text[i] && text[i] <= '9' || text[i] == '.') {
				i++
			}
			previous = "number"
			continue
		case c == '<' && previous != "" && (strings.HasPrefix(text[i:], "<const>") || strings.HasPrefix(text[i:], "<close>")):
			found.errors = append(found.errors, &source.Error{Pos: at(i), Message: "attributes of local variables are of Lua 5.4: Lua here is 5.1", Advice: "leave it out"})
			i += len("<const>")
			continue
		case strings.HasPrefix(text[i:], "~="):
			i += 2
			previous = "~="
			continue
		}
		if op := newerOperator(text[i:]); op >= 0 {
			o := newerOperators[op]
			found.errors = append(found.errors, &source.Error{Pos: at(i), Message: o.what + ": Lua here is 5.1", Advice: o.advice})
			i += len(o.sign)
			continue
		}
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			previous = string(c)
		}
		i++
	}
	return found
}

// alternative tells whether a name is one of those that a script takes as they are
// there: table.unpack or unpack.
func alternative(previous, text, name string) bool {
	return previous == "or" || strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(text, name), " \t"), "or ")
}

func newerOperator(text string) int {
	for i := range newerOperators {
		if strings.HasPrefix(text, newerOperators[i].sign) {
			return i
		}
	}
	return -1
}

func isWordStart(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func leadingWord(text string) string {
	n := 0
	for n < len(text) && (isWordStart(text[n]) || n > 0 && '0' <= text[n] && text[n] <= '9') {
		n++
	}
	return text[:n]
}

// longBracket returns the level of [[, [=[ … at the beginning, or -1.
func longBracket(text string) int {
	n := 1
	for n < len(text) && text[n] == '=' {
		n++
	}
	if n < len(text) && text[n] == '[' {
		return n - 1
	}
	return -1
}

func longLength(text string) int {
	end := "]" + strings.Repeat("=", longBracket(text)) + "]"
	if i := strings.Index(text, end); i >= 0 {
		return i + len(end)
	}
	return len(text)
}

func skipComment(text string) int {
	if len(text) > 2 && text[2] == '[' && longBracket(text[2:]) >= 0 {
		return 2 + longLength(text[2:])
	}
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		return i
	}
	return len(text)
}

// quotedLength is the length of a string in quotes, to the end of the line
// where it has no end.
func quotedLength(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '\n':
			return i
		case text[0]:
			return i + 1
		}
	}
	return len(text)
}

// silentEscape returns an escape of Lua 5.2 in a string that 5.1 takes for its
// letter, or "".
func silentEscape(quoted string) string {
	isHex := func(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
	for i := 0; i+1 < len(quoted); i++ {
		if quoted[i] != '\\' {
			continue
		}
		switch quoted[i+1] {
		case 'x':
			if i+3 < len(quoted) && isHex(quoted[i+2]) && isHex(quoted[i+3]) {
				return quoted[i : i+4]
			}
		case 'z':
			return `\z`
		}
		i++
	}
	return ""
}

// newerEscape returns an escape of Lua 5.3 in a string that cannot be meant
// otherwise, or "".
func newerEscape(quoted string) string {
	for i := 0; i+1 < len(quoted); i++ {
		if quoted[i] != '\\' {
			continue
		}
		switch quoted[i+1] {
		case 'u':
			if i+2 < len(quoted) && quoted[i+2] == '{' {
				return `\u{…}`
			}
		}
		i++
	}
	return ""
}
