// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"
)

// osDate is os.date: strftime in the locale C, or a table for *t. A leading !
// is UTC.
func osDate(now glua.LGFunction) glua.LGFunction {
	return func(l *glua.LState) int {
		const fn = "date"
		format := cString(optString(l, 1, fn, "%c"))
		var seconds float64
		if l.Get(2) != glua.LNil {
			seconds = argNumber(l, 2, fn)
		} else {
			l.SetTop(0)
			now(l)
			seconds = float64(l.Get(-1).(glua.LNumber))
		}
		t, zone := time.Unix(toInteger(seconds), 0), ""
		if rest, ok := strings.CutPrefix(format, "!"); ok {
			format, t, zone = rest, t.UTC(), "GMT"
		} else {
			zone, _ = t.Zone()
		}
		if format == "*t" {
			l.Push(dateTable(l, t))
		} else {
			l.Push(glua.LString(appendDate(nil, format, t, zone)))
		}
		return 1
	}
}

func dateTable(l *glua.LState, t time.Time) *glua.LTable {
	fields := l.NewTable()
	for _, f := range []struct {
		name  string
		value int
	}{
		{"sec", t.Second()}, {"min", t.Minute()}, {"hour", t.Hour()}, {"day", t.Day()}, {"month", int(t.Month())},
		{"year", t.Year()}, {"wday", int(t.Weekday()) + 1}, {"yday", t.YearDay()},
	} {
		fields.RawSetString(f.name, glua.LNumber(f.value))
	}
	fields.RawSetString("isdst", glua.LBool(t.IsDST()))
	return fields
}

// dateLayouts are the conversions that consist of others.
var dateLayouts = map[byte]string{
	'c': "%a %b %e %H:%M:%S %Y", 'x': "%m/%d/%y", 'D': "%m/%d/%y", 'X': "%H:%M:%S", 'T': "%H:%M:%S", 'R': "%H:%M",
	'F': "%Y-%m-%d", 'r': "%I:%M:%S %p", 'h': "%b",
}

// appendDate appends a time as strftime does. What it does not know stays as
// it is.
func appendDate(out []byte, format string, t time.Time, zone string) []byte {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out = append(out, format[i])
			continue
		}
		i++
		if layout, ok := dateLayouts[format[i]]; ok {
			out = appendDate(out, layout, t, zone)
			continue
		}
		out = appendDateField(out, format[i], t, zone)
	}
	return out
}

func appendDateField(out []byte, letter byte, t time.Time, zone string) []byte {
	hour12 := (t.Hour()+11)%12 + 1
	isoYear, isoWeek := t.ISOWeek()
	weekday := int(t.Weekday())
	switch letter {
	case 'a':
		return append(out, t.Weekday().String()[:3]...)
	case 'A':
		return append(out, t.Weekday().String()...)
	case 'b':
		return append(out, t.Month().String()[:3]...)
	case 'B':
		return append(out, t.Month().String()...)
	case 'C':
		return fmt.Appendf(out, "%02d", t.Year()/100)
	case 'd':
		return fmt.Appendf(out, "%02d", t.Day())
	case 'e':
		return fmt.Appendf(out, "%2d", t.Day())
	case 'g':
		return fmt.Appendf(out, "%02d", isoYear%100)
	case 'G':
		return strconv.AppendInt(out, int64(isoYear), 10)
	case 'H':
		return fmt.Appendf(out, "%02d", t.Hour())
	case 'I':
		return fmt.Appendf(out, "%02d", hour12)
	case 'j':
		return fmt.Appendf(out, "%03d", t.YearDay())
	case 'k':
		return fmt.Appendf(out, "%2d", t.Hour())
	case 'l':
		return fmt.Appendf(out, "%2d", hour12)
	case 'm':
		return fmt.Appendf(out, "%02d", int(t.Month()))
	case 'M':
		return fmt.Appendf(out, "%02d", t.Minute())
	case 'n':
		return append(out, '\n')
	case 'p':
		return t.AppendFormat(out, "PM")
	case 'P':
		return t.AppendFormat(out, "pm")
	case 's':
		return strconv.AppendInt(out, t.Unix(), 10)
	case 'S':
		return fmt.Appendf(out, "%02d", t.Second())
	case 't':
		return append(out, '\t')
	case 'u':
		return strconv.AppendInt(out, int64((weekday+6)%7+1), 10)
	case 'U': // weeks since the first Sunday
		return fmt.Appendf(out, "%02d", (t.YearDay()+6-weekday)/7)
	case 'V':
		return fmt.Appendf(out, "%02d", isoWeek)
	case 'w':
		return strconv.AppendInt(out, int64(weekday), 10)
	case 'W': // weeks since the first Monday
		return fmt.Appendf(out, "%02d", (t.YearDay()+6-(weekday+6)%7)/7)
	case 'y':
		return fmt.Appendf(out, "%02d", t.Year()%100)
	case 'Y':
		return strconv.AppendInt(out, int64(t.Year()), 10)
	case 'z':
		return t.AppendFormat(out, "-0700")
	case 'Z':
		return append(out, zone...)
	case '%':
		return append(out, '%')
	}
	return append(out, '%', letter)
}

// osTime is os.time: now, or the local time that a table says.
func osTime(now glua.LGFunction) glua.LGFunction {
	return func(l *glua.LState) int {
		if l.Get(1) == glua.LNil {
			l.SetTop(0)
			return now(l)
		}
		t := argTable(l, 1, "time")
		field := func(name string, missing int) int {
			v := l.GetField(t, name)
			if n, ok := v.(glua.LNumber); ok {
				return int(toInteger(float64(n)))
			}
			if s, ok := v.(glua.LString); ok {
				if f, ok := parseNumber(string(s)); ok {
					return int(toInteger(f))
				}
			}
			if missing < 0 {
				l.RaiseError("field '%s' missing in date table", name)
			}
			return missing
		}
		sec, minute, hour := field("sec", 0), field("min", 0), field("hour", 12)
		day, month, year := field("day", -1), field("month", -1), field("year", -1)
		at := time.Date(year, time.Month(month), day, hour, minute, sec, 0, time.Local)
		if glua.LVAsBool(l.GetField(t, "isdst")) && !at.IsDST() {
			at = at.Add(-time.Hour)
		}
		l.Push(glua.LNumber(at.Unix()))
		return 1
	}
}
