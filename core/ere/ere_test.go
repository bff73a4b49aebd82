// SPDX-License-Identifier: Apache-2.0

package ere

import (
	"fmt"
	"os"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
)

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
		if got := outcome(pattern, flags, text); got != want {
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
		{`ab\`, 2, "backslash at the end"}, {`(a)\2`, 3, "back-reference"}, {`(b)|\1`, 4, "back-reference"},
		{`(a\1)`, 2, "back-reference"}, {"a{1,2000}", 1, "more than 1000"},
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

// engined are expressions that need the general engine, and what it is not asked
// without: the words after each.
var engined = []struct {
	pattern string
	words   []string
}{
	{`sip:(.*)@evil\.example`, []string{"@evil.example"}},
	{`^sip:[0-9]+.*@(a|b)\.net`, []string{"@a.net", "@b.net"}},
	{`(.*)(friendly|scanner)x?$`, []string{"friendly", "friendlyx", "scanner", "scannerx"}},
	{`a.*[bc]d+.*ef`, []string{"ef"}},
	{`(x.*x)+z?`, []string{"x"}},
	{`(foo.*){2}`, []string{"foo"}},
	{`.*x?.*`, nil},
	{`(a.*b)*`, nil},
	{`a.*|.*b|[^a]`, nil},
	{`\<kiss.*me\>`, []string{"kiss"}},
	{`é.*x`, []string{"x"}},
}

func TestRequiredWords(t *testing.T) {
	for _, row := range engined {
		re := MustCompile(row.pattern, IgnoreCase)
		if re.fast != nil {
			t.Errorf("%s does not need the engine", row.pattern)
			continue
		}
		tree, err := syntax.Parse(re.re.String(), syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		got := know(tree, true).best()
		slices.Sort(got)
		if !slices.Equal(got, row.words) {
			t.Errorf("%s: got %q, want %q", row.pattern, got, row.words)
		}
	}
	for pattern, want := range map[string][]string{`^(sip|tel):.*@(.*)$`: {"sip:", "tel:"}, `^[ab]c.*d+x`: {"ac", "bc"}, `a^b.*`: nil, `^.*b.*c`: {""}} {
		tree, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		if got := prefix(tree, false); !slices.Equal(got, want) {
			t.Errorf("%s begins with %q, want %q", pattern, got, want)
		}
	}
}

// FuzzMatch holds what is done without the general engine to it.
func FuzzMatch(f *testing.F) {
	for _, p := range simple {
		f.Add(p, "Friendly-Scanner +49170 sip:x@example.com foobarbaz", true)
		f.Add(p, "1 22 333 friendly, scanner", false)
	}
	for _, row := range engined {
		f.Add(row.pattern, "sip:1@a.net sip:2@evil.example KISS me scannerx x.x ef", true)
	}
	f.Add("a.*b|c+", "aab", false)
	f.Add("a*", "baab", false)
	f.Fuzz(func(t *testing.T, pattern, text string, fold bool) {
		flags := Flags(0)
		if fold {
			flags = IgnoreCase
		}
		for _, flags := range []Flags{flags, flags | Newline} {
			re, err := Compile(pattern, flags)
			if err != nil || !ascii(text) || !ascii(pattern) {
				return
			}
			if got, want := re.MatchString(text), re.re.MatchString(text); got != want {
				t.Errorf("%q (flags %d) on %q: %v, engine %v", pattern, flags, text, got, want)
			}
			if got, want := re.Find(text), re.re.FindStringSubmatchIndex(text); !slices.Equal(got, want) {
				t.Errorf("%q (flags %d) on %q: %v, engine %v", pattern, flags, text, got, want)
			}
			var got [][]int
			re.FindAll(text, func(loc []int) bool {
				got = append(got, slices.Clone(loc))
				return true
			})
			if want := re.re.FindAllStringSubmatchIndex(text, -1); !slices.EqualFunc(got, want, slices.Equal) {
				t.Errorf("%q (flags %d) on %q: all %v, engine %v", pattern, flags, text, got, want)
			}
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

// request is what search() looks through.
const request = "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK776asdhds;rport\r\nMax-Forwards: 70\r\n" +
	"From: \"Alice\" <sip:alice@example.com>;tag=1928301774\r\nTo: <sip:bob@example.com>\r\nCall-ID: a84b4c76e66710@192.0.2.7\r\nCSeq: 314159 INVITE\r\n" +
	"Contact: <sip:alice@192.0.2.7:5060;transport=udp>\r\nUser-Agent: " + agent + "\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO, UPDATE\r\n" +
	"Supported: replaces, outbound, gruu\r\nContent-Type: application/sdp\r\nContent-Length: 0\r\n\r\n"

func BenchmarkRequired(b *testing.B) {
	re := MustCompile(engined[0].pattern, IgnoreCase|Newline)
	b.ReportAllocs()
	for b.Loop() {
		if re.MatchString(request) {
			b.Fatal("matched")
		}
	}
}

func BenchmarkRequiredPlain(b *testing.B) {
	re := MustCompile(engined[0].pattern, IgnoreCase|Newline)
	b.ReportAllocs()
	for b.Loop() {
		if re.re.MatchString(request) {
			b.Fatal("matched")
		}
	}
}

func BenchmarkFindAll(b *testing.B) {
	re := MustCompile("[0-9]+", IgnoreCase|Newline)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		re.FindAll(request, func([]int) bool { n++; return true })
		if n < 20 {
			b.Fatal(n)
		}
	}
}

func BenchmarkAnchored(b *testing.B) {
	re := MustCompile("^(tel|sips):.*@(.*)$", IgnoreCase)
	b.ReportAllocs()
	for b.Loop() {
		if re.MatchString("sip:bob@example.com;transport=udp") {
			b.Fatal("matched")
		}
	}
}

func BenchmarkAnchoredPlain(b *testing.B) {
	re := MustCompile("^(tel|sips):.*@(.*)$", IgnoreCase)
	b.ReportAllocs()
	for b.Loop() {
		if re.re.MatchString("sip:bob@example.com;transport=udp") {
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
