// SPDX-License-Identifier: Apache-2.0

package ere

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// differ are patterns that are meant to behave otherwise than in glibc.
var differ = map[string]string{
	`(a)\1`: "back-references are refused",
}

var unescape = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\t`, "\t")

// TestRegcomp compares with what glibc's regcomp and regexec gave: pattern,
// flag (i ignores case, n is REG_NEWLINE), text, offsets of match and groups.
func TestRegcomp(t *testing.T) {
	data, err := os.ReadFile("testdata/regcomp.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		pattern, text, want := f[0], unescape.Replace(f[2]), f[3]
		flags := map[string]Flags{"-": 0, "i": IgnoreCase, "n": Newline}[f[1]]
		if got := outcome(pattern, flags, text); got != want && differ[pattern] == "" {
			t.Errorf("%s (%s) on %q: got %s, want %s", pattern, f[1], text, got, want)
		}
	}
}

func outcome(pattern string, flags Flags, text string) string {
	re, err := Compile(pattern, flags)
	if err != nil {
		return "error"
	}
	loc := re.Find(text)
	if (loc != nil) != re.MatchString(text) {
		return "Find and MatchString disagree"
	}
	if loc == nil {
		return "no"
	}
	var parts []string
	for i := 0; i < len(loc); i += 2 {
		parts = append(parts, fmt.Sprintf("%d,%d", loc[i], loc[i+1]))
	}
	return strings.Join(parts, " ")
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		offset  int
		message string
	}{
		{"a(b", 1, "unmatched ("}, {"a[b", 1, "unmatched ["}, {"x*|*a", 3, "nothing to repeat"}, {"a{2,1}", 1, "backwards"},
		{"a{x}", 1, "expected a number"}, {"a{2", 1, "unmatched {"}, {"[z-a]", 1, "backwards"}, {"[[:foo:]]", 1, "unknown character class foo"},
		{`ab\`, 2, "backslash at the end"}, {`(a)\1`, 3, "back-reference"}, {"a{1,2000}", 1, "more than 1000"},
	} {
		_, err := Compile(tt.pattern, 0)
		e, ok := err.(*Error)
		if !ok || e.Offset != tt.offset || !strings.Contains(e.Message, tt.message) {
			t.Errorf("%s: got %v, want %q at %d", tt.pattern, err, tt.message, tt.offset)
		}
	}
}

// simple are expressions that must not need the general engine.
var simple = []string{"friendly|scanner|sipcli|sipvicious|VaxSIPUserAgent|pplsip", "^[0-9]+$", "[12][0-9][0-9]", "^\\+[1-9][0-9]{3,14}$",
	"^(sip|tel):\\+?[0-9]+", "^127\\.", "x$", "^$", "foo(bar)?baz", "@(example\\.com|test\\.org)$"}

func TestSimpleFormsAreFast(t *testing.T) {
	for _, p := range simple {
		re := MustCompile(p, IgnoreCase)
		if re.fast == nil {
			t.Errorf("%s needs the general engine", p)
		}
		n := testing.AllocsPerRun(100, func() { re.MatchString("Linphone/3.6.1 (eXosip2/4.1.0) 49170") })
		if n > 0 {
			t.Errorf("%s: %v allocations per match", p, n)
		}
	}
}

// FuzzMatch holds the fast matcher to the general engine.
func FuzzMatch(f *testing.F) {
	for _, p := range simple {
		f.Add(p, "Friendly-Scanner +49170 sip:x@example.com foobarbaz", true)
	}
	f.Add("a.*b|c+", "aab", false)
	f.Fuzz(func(t *testing.T, pattern, text string, fold bool) {
		flags := Flags(0)
		if fold {
			flags = IgnoreCase
		}
		re, err := Compile(pattern, flags)
		if err != nil || re.fast == nil || !ascii(text) || !ascii(pattern) {
			return
		}
		if got, want := re.fast.match(text), re.re.MatchString(text); got != want {
			t.Errorf("%q (fold %v) on %q: fast %v, engine %v", pattern, fold, text, got, want)
		}
	})
}

// ascii tells that there are only ASCII characters: beyond them the engine
// counts characters and the fast matcher, as glibc in the C locale, bytes.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

const agent = "Linphone/3.6.1 (eXosip2/4.1.0) belle-sip/5.2.23 desktop"

func BenchmarkWords(b *testing.B) {
	re := MustCompile(simple[0], IgnoreCase)
	b.ReportAllocs()
	for b.Loop() {
		if re.MatchString(agent) {
			b.Fatal("matched")
		}
	}
}

func BenchmarkWordsPlain(b *testing.B) {
	re := MustCompile(simple[0], IgnoreCase)
	b.ReportAllocs()
	for b.Loop() {
		if re.re.MatchString(agent) {
			b.Fatal("matched")
		}
	}
}

func BenchmarkDigits(b *testing.B) {
	re := MustCompile(simple[1], IgnoreCase)
	b.ReportAllocs()
	for b.Loop() {
		if !re.MatchString("4917012345678") {
			b.Fatal("did not match")
		}
	}
}
