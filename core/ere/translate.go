// SPDX-License-Identifier: Apache-2.0

package ere

import (
	"strconv"
	"strings"
)

// translator turns the POSIX syntax into Go's.
type translator struct {
	src    string
	flags  Flags
	at     int
	groups int
	depth  int
	closed uint16 // the groups that a back-reference may name here
	back   bool   // there is a back-reference
	out    strings.Builder
}

func (t *translator) fail(at int, message string) error { return &Error{at, message} }

func (t *translator) translate() (string, error) {
	if t.flags&IgnoreCase != 0 {
		t.out.WriteString("(?i)")
	}
	if t.flags&Newline != 0 {
		t.out.WriteString("(?m)")
	} else {
		t.out.WriteString("(?s)")
	}
	if err := t.alternatives(); err != nil {
		return "", err
	}
	return t.out.String(), nil
}

// alternatives reads up to the end or to the parenthesis that closes a group.
func (t *translator) alternatives() error {
	open := t.at - 1
	fresh := true // at the begin of an alternative: nothing to repeat
	before, others := t.closed, uint16(0)
	defer func() { t.closed |= others }()
	for t.at < len(t.src) {
		c := t.src[t.at]
		switch {
		case c == '|':
			t.at++
			t.out.WriteByte('|')
			fresh = true
			others |= t.closed
			t.closed = before
			continue
		case c == ')' && t.depth > 0:
			return nil
		case (c == '*' || c == '+' || c == '?' || c == '{') && fresh:
			return t.fail(t.at, "nothing to repeat before "+string(c))
		}
		if err := t.repeated(&fresh); err != nil {
			return err
		}
	}
	if t.depth > 0 {
		return t.fail(open, "unmatched (")
	}
	return nil
}

// repeated reads one atom with what repeats it.
func (t *translator) repeated(fresh *bool) error {
	anchor := t.src[t.at] == '^'
	atom, err := t.atom()
	if err != nil {
		return err
	}
	for t.at < len(t.src) {
		op, ok, err := t.repetition()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if anchor {
			return t.fail(t.at-1, "nothing to repeat before "+op[:1])
		}
		atom = "(?:" + atom + ")" + op
	}
	*fresh = anchor
	t.out.WriteString(atom)
	return nil
}

// repetition reads *, +, ? or an interval.
func (t *translator) repetition() (op string, ok bool, err error) {
	switch c := t.src[t.at]; c {
	case '*', '+', '?':
		t.at++
		return string(c), true, nil
	case '{':
		return t.interval()
	}
	return "", false, nil
}

func (t *translator) interval() (string, bool, error) {
	open := t.at
	end := strings.IndexByte(t.src[open:], '}')
	if end < 0 {
		return "", false, t.fail(open, "unmatched {")
	}
	low, high, comma := strings.Cut(t.src[open+1:open+end], ",")
	if low == "" && comma {
		low = "0"
	}
	n, err := strconv.ParseUint(low, 10, 16)
	m := n
	if err == nil && comma && high != "" {
		m, err = strconv.ParseUint(high, 10, 16)
	}
	if err != nil {
		return "", false, t.fail(open, "expected a number in {}")
	}
	if m < n {
		return "", false, t.fail(open, "interval in {} runs backwards")
	}
	if n > 1000 || m > 1000 {
		return "", false, t.fail(open, "more than 1000 repetitions")
	}
	t.at = open + end + 1
	op := "{" + strconv.Itoa(int(n))
	if comma {
		op += ","
		if high != "" {
			op += strconv.Itoa(int(m))
		}
	}
	return op + "}", true, nil
}

func (t *translator) atom() (string, error) {
	c := t.src[t.at]
	t.at++
	switch c {
	case '(':
		return t.group()
	case '[':
		return t.bracket()
	case '\\':
		return t.escape()
	case '.':
		if t.flags&Newline != 0 {
			return `[^\n]`, nil
		}
		return ".", nil
	case '^':
		return "^", nil
	case '$':
		if t.flags&Newline == 0 {
			return `\z`, nil
		}
		return "$", nil
	}
	return quote(c), nil
}

func (t *translator) group() (string, error) {
	inner := translator{src: t.src, flags: t.flags, at: t.at, groups: t.groups + 1, depth: t.depth + 1, closed: t.closed}
	if err := inner.alternatives(); err != nil {
		return "", err
	}
	if t.groups < 9 {
		inner.closed |= 1 << (t.groups + 1)
	}
	t.at, t.groups, t.closed, t.back = inner.at+1, inner.groups, inner.closed, t.back || inner.back
	return "(" + inner.out.String() + ")", nil
}

func (t *translator) escape() (string, error) {
	if t.at >= len(t.src) {
		return "", t.fail(t.at-1, "backslash at the end")
	}
	c := t.src[t.at]
	t.at++
	switch c {
	case '<', '>', 'b':
		return `\b`, nil
	case 'B':
		return `\B`, nil
	case 'w':
		return `[0-9A-Za-z_]`, nil
	case 'W':
		return `[^0-9A-Za-z_]`, nil
	case 's':
		return `[ \t\n\v\f\r]`, nil
	case 'S':
		return `[^ \t\n\v\f\r]`, nil
	case '`':
		return `\A`, nil
	case '\'':
		return `\z`, nil
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if t.closed&(1<<(c-'0')) == 0 {
			return "", t.fail(t.at-2, `back-reference \`+string(c)+" names no group that ends before it")
		}
		t.back = true
		return `(?:\` + string(c) + ")", nil
	}
	return quote(c), nil
}

var classes = map[string]string{
	"alnum": "0-9A-Za-z", "alpha": "A-Za-z", "blank": `\t `, "cntrl": `\x00-\x1f\x7f`, "digit": "0-9", "graph": "!-~",
	"lower": "a-z", "print": " -~", "punct": `!-/:-@\[-` + "`" + `\{-~`, "space": `\t\n\v\f\r `, "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}

// bracket reads what follows [. A backslash stands for itself.
func (t *translator) bracket() (string, error) {
	open := t.at - 1
	var b strings.Builder
	b.WriteByte('[')
	if t.at < len(t.src) && t.src[t.at] == '^' {
		t.at++
		b.WriteByte('^')
		if t.flags&Newline != 0 {
			b.WriteString(`\n`)
		}
	}
	for first := true; ; first = false {
		if t.at >= len(t.src) {
			return "", t.fail(open, "unmatched [")
		}
		if t.src[t.at] == ']' && !first {
			t.at++
			b.WriteByte(']')
			return b.String(), nil
		}
		if t.src[t.at] == '[' && t.at+1 < len(t.src) && t.src[t.at+1] == ':' {
			class, err := t.class()
			if err != nil {
				return "", err
			}
			b.WriteString(class)
			continue
		}
		if err := t.span(&b, open); err != nil {
			return "", err
		}
	}
}

// class reads [:name:].
func (t *translator) class() (string, error) {
	end := strings.Index(t.src[t.at:], ":]")
	if end < 0 {
		return "", t.fail(t.at, "unmatched [:")
	}
	name := t.src[t.at+2 : t.at+end]
	set, ok := classes[name]
	if !ok {
		return "", t.fail(t.at, "unknown character class "+name)
	}
	t.at += end + 2
	return set, nil
}

// span reads one character or a range of them.
func (t *translator) span(b *strings.Builder, open int) error {
	from := t.at
	low, err := t.element(open)
	if err != nil {
		return err
	}
	high := low
	if t.at+1 < len(t.src) && t.src[t.at] == '-' && t.src[t.at+1] != ']' {
		t.at++
		if high, err = t.element(open); err != nil {
			return err
		}
		if high < low {
			return t.fail(from, "range in [] runs backwards")
		}
		if t.at+1 < len(t.src) && t.src[t.at] == '-' && t.src[t.at+1] != ']' {
			return t.fail(t.at, "a range in [] begins where another one ends")
		}
	}
	b.WriteString(quote(low))
	if high != low {
		b.WriteByte('-')
		b.WriteString(quote(high))
	}
	return nil
}

// element reads a character, [.x.] or [=x=].
func (t *translator) element(open int) (byte, error) {
	if t.at >= len(t.src) {
		return 0, t.fail(open, "unmatched [")
	}
	c := t.src[t.at]
	if c == '[' && t.at+4 < len(t.src) {
		if k := t.src[t.at+1]; (k == '.' || k == '=') && t.src[t.at+3] == k && t.src[t.at+4] == ']' {
			c = t.src[t.at+2]
			t.at += 5
			return c, nil
		}
	}
	t.at++
	return c, nil
}

// quote writes one byte so that it stands for itself.
func quote(c byte) string {
	switch {
	case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c >= 0x80:
		return string([]byte{c})
	case c < ' ' || c == 0x7f:
		const hex = "0123456789abcdef"
		return `\x` + string([]byte{hex[c>>4], hex[c&15]})
	}
	return `\` + string([]byte{c})
}
