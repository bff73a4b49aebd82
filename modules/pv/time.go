// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"strconv"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

func timeVariables() []module.Variable {
	now := func(c *module.Call) time.Time { return c.Host.Clock().Now() }
	arrival := func(c *module.Call) time.Time {
		if c.Packet.Time.IsZero() {
			return now(c)
		}
		return c.Packet.Time
	}
	seconds := func(of func(c *module.Call) time.Time) getter {
		return func(c *module.Call) module.Value { return avp.Number(of(c).Unix()) }
	}
	ctime := func(of func(c *module.Call) time.Time) getter {
		return func(c *module.Call) module.Value {
			return build(c, func(b []byte) []byte { return of(c).Local().AppendFormat(b, "Mon Jan _2 15:04:05 2006") })
		}
	}
	return []module.Variable{
		read("Ts", seconds(arrival), "time when the message arrived, seconds since 1970"),
		read("TS", seconds(now), "time now, seconds since 1970"),
		read("Tf", ctime(arrival), "time when the message arrived, as text"),
		read("TF", ctime(now), "time now, as text"),
		read("Tb", func(c *module.Call) module.Value { return avp.Number(c.Host.Core().Started) }, "time of the start, seconds since 1970"),
		attribute("TV", "time with microseconds: s and u when the message arrived, sn and un now, Sn now with a dot, Sm when it arrived", map[string]getter{
			"s":  seconds(arrival),
			"u":  func(c *module.Call) module.Value { return number(arrival(c).Nanosecond() / 1000) },
			"sn": seconds(now),
			"un": func(c *module.Call) module.Value { return number(now(c).Nanosecond() / 1000) },
			"Sn": func(c *module.Call) module.Value { return dotted(c, now(c)) },
			"Sm": func(c *module.Call) module.Value { return dotted(c, arrival(c)) },
		}),
		attribute("time", "local time: sec, min, hour, mday, mon, year, wday (Sunday is 1), yday, isdst", brokenDown(time.Local)),
		attribute("utime", "UTC: sec, min, hour, mday, mon, year, wday (Sunday is 1), yday, isdst", brokenDown(time.UTC)),
		{Name: "timef", Bind: formatted(time.Local), Doc: "local time in a format of strftime"},
		{Name: "utimef", Bind: formatted(time.UTC), Doc: "UTC in a format of strftime"},
	}
}

func dotted(c *module.Call, t time.Time) module.Value {
	return build(c, func(b []byte) []byte {
		b = append(strconv.AppendInt(b, t.Unix(), 10), '.')
		micro := t.Nanosecond() / 1000
		for div := 100000; div > 1 && micro < div; div /= 10 {
			b = append(b, '0')
		}
		return strconv.AppendInt(b, int64(micro), 10)
	})
}

func brokenDown(zone *time.Location) map[string]getter {
	part := func(f func(t time.Time) int) getter {
		return func(c *module.Call) module.Value { return number(f(c.Host.Clock().Now().In(zone))) }
	}
	return map[string]getter{
		"sec": part(time.Time.Second), "min": part(time.Time.Minute), "hour": part(time.Time.Hour), "mday": part(time.Time.Day),
		"mon": part(func(t time.Time) int { return int(t.Month()) }), "year": part(time.Time.Year),
		"wday": part(func(t time.Time) int { return int(t.Weekday()) + 1 }), "yday": part(time.Time.YearDay),
		"isdst": part(func(t time.Time) int {
			if t.IsDST() {
				return 1
			}
			return 0
		}),
	}
}

func formatted(zone *time.Location) func(module.Binder, string) (module.Accessor, error) {
	return func(b module.Binder, inner string) (module.Accessor, error) {
		d, err := bindName(b, inner)
		if err != nil {
			return nil, err
		}
		return module.Getter(func(c *module.Call) module.Value {
			format := d.name(c)
			return build(c, func(b []byte) []byte { return strftime(b, c.Host.Clock().Now().In(zone), format) })
		}), nil
	}
}

// strftime appends a time in a format of C's strftime, in the C locale.
func strftime(b []byte, t time.Time, format string) []byte {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b = append(b, format[i])
			continue
		}
		i++
		b = conversion(b, t, format[i])
	}
	return b
}

// layouts are the conversions that are one layout of package time.
var layouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January", 'c': "Mon Jan _2 15:04:05 2006", 'd': "02", 'D': "01/02/06",
	'e': "_2", 'F': "2006-01-02", 'H': "15", 'I': "03", 'm': "01", 'M': "04", 'p': "PM", 'P': "pm", 'r': "03:04:05 PM", 'R': "15:04",
	'S': "05", 'T': "15:04:05", 'x': "01/02/06", 'X': "15:04:05", 'y': "06", 'Y': "2006", 'z': "-0700", 'Z': "MST",
}

func conversion(b []byte, t time.Time, c byte) []byte {
	if layout, ok := layouts[c]; ok {
		return t.AppendFormat(b, layout)
	}
	switch c {
	case 'C':
		return padded(b, t.Year()/100, 2, '0')
	case 'g':
		year, _ := t.ISOWeek()
		return padded(b, year%100, 2, '0')
	case 'G':
		year, _ := t.ISOWeek()
		return strconv.AppendInt(b, int64(year), 10)
	case 'j':
		return padded(b, t.YearDay(), 3, '0')
	case 'k':
		return padded(b, t.Hour(), 2, ' ')
	case 'l':
		return padded(b, (t.Hour()+11)%12+1, 2, ' ')
	case 'n':
		return append(b, '\n')
	case 's':
		return strconv.AppendInt(b, t.Unix(), 10)
	case 't':
		return append(b, '\t')
	case 'u':
		return strconv.AppendInt(b, int64((t.Weekday()+6)%7)+1, 10)
	case 'U':
		return padded(b, (t.YearDay()+6-int(t.Weekday()))/7, 2, '0')
	case 'V':
		_, week := t.ISOWeek()
		return padded(b, week, 2, '0')
	case 'w':
		return strconv.AppendInt(b, int64(t.Weekday()), 10)
	case 'W':
		return padded(b, (t.YearDay()+6-int(t.Weekday()+6)%7)/7, 2, '0')
	case '%':
		return append(b, '%')
	}
	return append(b, '%', c)
}

func padded(b []byte, n, width int, pad byte) []byte {
	s := strconv.Itoa(n)
	for i := len(s); i < width; i++ {
		b = append(b, pad)
	}
	return append(b, s...)
}
