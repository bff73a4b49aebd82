// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// longText is the length from which %s without precision copies a text as it
// is; a shorter one ends at its first zero byte, as with C.
const longText = 100

// directive is what stands between % and the letter of a format.
type directive struct {
	left, plus, space, alternate, zero bool
	width                              int
	// precision is -1 where none is given.
	precision int
}

// stringFormat is string.format: sprintf of C with %q, without %p, %n, %a and
// *.
func stringFormat(l *glua.LState) int {
	format := argString(l, 1, "format")
	arg := 1
	out := make([]byte, 0, len(format)+32)
	for i := 0; i < len(format); {
		c := format[i]
		i++
		if c != '%' {
			out = append(out, c)
			continue
		}
		if i < len(format) && format[i] == '%' {
			out = append(out, '%')
			i++
			continue
		}
		if arg++; arg > l.GetTop() {
			badArgument(l, arg, "format", "no value")
		}
		d, n, why := parseDirective(format[i:])
		if why != "" {
			l.RaiseError("invalid format (%s)", why)
		}
		if i += n; i == len(format) {
			l.RaiseError("invalid option '%%' to 'format'")
		}
		out = d.convert(l, out, format[i], arg)
		i++
	}
	room(l, len(out))
	l.Push(glua.LString(out))
	return 1
}

// parseDirective reads flags, width and precision; n is their length, why the
// reason that Lua refuses them for.
func parseDirective(s string) (d directive, n int, why string) {
	const maxFlags = 5
	d.precision = -1
	for n < len(s) {
		switch s[n] {
		case '-':
			d.left = true
		case '+':
			d.plus = true
		case ' ':
			d.space = true
		case '#':
			d.alternate = true
		case '0':
			d.zero = true
		default:
			goto width
		}
		n++
	}
width:
	if n > maxFlags {
		return d, n, "repeated flags"
	}
	var digits int
	d.width, digits = twoDigits(s[n:])
	n += digits
	if n < len(s) && s[n] == '.' {
		n++
		d.precision, digits = twoDigits(s[n:])
		n += digits
	}
	if n < len(s) && isDigit(s[n]) {
		return d, n, "width or precision too long"
	}
	return d, n, ""
}

func twoDigits(s string) (value, n int) {
	for n < 2 && n < len(s) && isDigit(s[n]) {
		value = value*10 + int(s[n]-'0')
		n++
	}
	return value, n
}

// convert appends an argument as a letter says.
func (d *directive) convert(l *glua.LState, out []byte, letter byte, arg int) []byte {
	const fn = "format"
	switch letter {
	case 'c':
		c := string([]byte{byte(argInt(l, arg, fn))})
		d.zero = false
		return append(out, cString(d.pad("", c))...)
	case 'd', 'i':
		v := toInteger(argNumber(l, arg, fn))
		digits := strconv.FormatInt(v, 10)
		return append(out, d.integer(d.sign(v < 0), strings.TrimPrefix(digits, "-"))...)
	case 'u':
		return append(out, d.integer("", strconv.FormatUint(toUnsigned(argNumber(l, arg, fn)), 10))...)
	case 'o':
		digits := strconv.FormatUint(toUnsigned(argNumber(l, arg, fn)), 8)
		if d.alternate && digits != "0" && d.precision <= len(digits) {
			digits = "0" + digits
		}
		return append(out, d.integer("", digits)...)
	case 'x', 'X':
		digits, prefix := strconv.FormatUint(toUnsigned(argNumber(l, arg, fn)), 16), ""
		if d.alternate && digits != "0" {
			prefix = "0x"
		}
		if letter == 'X' {
			digits, prefix = strings.ToUpper(digits), strings.ToUpper(prefix)
		}
		return append(out, d.integer(prefix, digits)...)
	case 'e', 'E', 'f', 'g', 'G':
		return append(out, d.float(argNumber(l, arg, fn), letter)...)
	case 'q':
		return appendQuoted(out, argString(l, arg, fn))
	case 's':
		s := argString(l, arg, fn)
		if d.precision < 0 && len(s) >= longText {
			return append(out, s...)
		}
		if s = cString(s); d.precision >= 0 && d.precision < len(s) {
			s = s[:d.precision]
		}
		d.zero = false
		return append(out, d.pad("", s)...)
	}
	l.RaiseError("invalid option '%%%c' to 'format'", letter)
	return out
}

// cString is a text up to its first zero byte.
func cString(s string) string {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return s[:i]
	}
	return s
}

// toUnsigned makes 64 bits without sign of a number, as the processor does.
func toUnsigned(f float64) uint64 {
	switch {
	case f >= 1<<64:
		return 0
	case f >= 1<<63:
		return uint64(f)
	}
	return uint64(toInteger(f))
}

func (d *directive) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case d.plus:
		return "+"
	case d.space:
		return " "
	}
	return ""
}

// integer pads digits to the precision, which takes the flag 0 away.
func (d *directive) integer(prefix, digits string) string {
	if d.precision >= 0 {
		d.zero = false
		if d.precision == 0 && digits == "0" {
			digits = ""
		}
		if n := d.precision - len(digits); n > 0 {
			digits = strings.Repeat("0", n) + digits
		}
	}
	return d.pad(prefix, digits)
}

// pad fills up to the width; zeros come behind the prefix.
func (d *directive) pad(prefix, text string) string {
	n := d.width - len(prefix) - len(text)
	switch {
	case n <= 0:
		return prefix + text
	case d.left:
		return prefix + text + strings.Repeat(" ", n)
	case d.zero:
		return prefix + strings.Repeat("0", n) + text
	}
	return strings.Repeat(" ", n) + prefix + text
}

func (d *directive) float(f float64, letter byte) string {
	sign := d.sign(math.Signbit(f))
	f = math.Abs(f)
	var text string
	precision := d.precision
	if precision < 0 {
		precision = 6
	}
	switch {
	case math.IsInf(f, 0):
		text, d.zero = "inf", false
	case math.IsNaN(f):
		text, d.zero = "nan", false
	case letter == 'f':
		text = d.point(strconv.FormatFloat(f, 'f', precision, 64))
	case letter|0x20 == 'e':
		text = d.point(strconv.FormatFloat(f, 'e', precision, 64))
	default:
		text = d.general(f, max(precision, 1))
	}
	if letter == 'E' || letter == 'G' {
		text = strings.ToUpper(text)
	}
	return d.pad(sign, text)
}

// point puts the point in that the flag # demands.
func (d *directive) point(text string) string {
	if !d.alternate || strings.Contains(text, ".") {
		return text
	}
	mantissa, exponent, ok := strings.Cut(text, "e")
	if ok {
		return mantissa + ".e" + exponent
	}
	return text + "."
}

// general is %g: with an exponent when it is less than -4 or not less than the
// precision, and without zeros at the end.
func (d *directive) general(f float64, precision int) string {
	text := strconv.FormatFloat(f, 'e', precision-1, 64)
	mantissa, exponent, _ := strings.Cut(text, "e")
	x, err := strconv.Atoi(exponent)
	if err != nil {
		return text
	}
	if short := x >= -4 && x < precision; short {
		mantissa, exponent = strconv.FormatFloat(f, 'f', precision-1-x, 64), ""
	} else {
		exponent = "e" + exponent
	}
	if d.alternate {
		return d.point(mantissa + exponent)
	}
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	return mantissa + exponent
}

// appendQuoted appends a text as Lua reads it.
func appendQuoted(out []byte, s string) []byte {
	out = append(out, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			out = append(out, '\\', c)
		case '\r':
			out = append(out, `\r`...)
		case 0:
			out = append(out, `\000`...)
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
