// SPDX-License-Identifier: Apache-2.0

package acc

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// field is one "name=$var" of log_extra, db_extra, cdr_extra or
// multi_leg_info.
type field struct {
	name string
	v    module.Accessor
	// dialogVar is x of $dlg_var(x), which can be read without a message.
	dialogVar string
}

// fields reads "name=$var;name=$var", at most limit of them.
func fields(b module.Binder, param, text string, limit int) ([]field, error) {
	var out []field
	for one := range strings.SplitSeq(text, ";") {
		one = strings.TrimSpace(one)
		if one == "" {
			continue
		}
		name, spec, ok := strings.Cut(one, "=")
		if !ok {
			return nil, fmt.Errorf("%s: %q is not name=$var", param, one)
		}
		name, spec = strings.TrimSpace(name), strings.TrimSpace(spec)
		v, err := b.Var(spec)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", param, err)
		}
		f := field{name: name, v: v}
		if inner, ok := strings.CutPrefix(spec, "$dlg_var("); ok {
			f.dialogVar = strings.TrimSuffix(inner, ")")
		}
		if out = append(out, f); len(out) > limit {
			return nil, fmt.Errorf("%s: more than %d fields", param, limit)
		}
	}
	return out, nil
}

// value is what the field has for a message; index picks one of several.
func (f *field) value(c *module.Call, index int) module.Value {
	return f.v.Get(c, module.Index{Given: index > 0, N: index})
}

// text is the value as text; null is empty.
func (f *field) text(c *module.Call, index int) string { return text(f.value(c, index)) }

func text(v module.Value) string {
	switch v.Kind {
	case avp.Null:
		return ""
	case avp.Int:
		return strconv.FormatInt(v.Int, 10)
	}
	return v.Str
}

// eachLeg yields the values of the legs: as many groups as the variables have
// values, at least one.
func (a *Acc) eachLeg(c *module.Call) iter.Seq[[]module.Value] {
	return func(yield func([]module.Value) bool) {
		if len(a.legs) == 0 {
			return
		}
		leg := make([]module.Value, len(a.legs))
		for n := range maxLegs {
			some := false
			for i := range a.legs {
				leg[i] = a.legs[i].v.Get(c, module.Index{Given: true, N: n})
				some = some || !leg[i].IsNull()
			}
			if n > 0 && !some || !yield(leg) {
				return
			}
		}
	}
}

// maxLegs bounds the legs of a record.
const maxLegs = 64

// strftime appends t by the conversions of strftime(3) that dates use; an
// unknown one stands as it is.
func strftime(b []byte, format string, t time.Time) []byte {
	layouts := map[byte]string{'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'y': "06", 'b': "Jan", 'B': "January",
		'a': "Mon", 'A': "Monday", 'Z': "MST", 'z': "-0700", 'I': "03", 'p': "PM", 'e': "_2", 'F': "2006-01-02", 'T': "15:04:05", 'R': "15:04", 'D': "01/02/06"}
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b = append(b, format[i])
			continue
		}
		i++
		switch layout := layouts[format[i]]; {
		case layout != "":
			b = t.AppendFormat(b, layout)
		case format[i] == 's':
			b = fmt.Append(b, t.Unix())
		case format[i] == 'j':
			b = fmt.Appendf(b, "%03d", t.YearDay())
		case format[i] == '%':
			b = append(b, '%')
		default:
			b = append(b, '%', format[i])
		}
	}
	return b
}

// appendMillis appends milliseconds as seconds with three decimals.
func appendMillis(b []byte, ms int64) []byte {
	return fmt.Appendf(b, "%d.%03d", ms/1000, ms%1000)
}

// parseMillis reads what appendMillis wrote; false for anything else.
func parseMillis(s string) (int64, bool) {
	whole, part, _ := strings.Cut(s, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || len(part) > 3 {
		return 0, false
	}
	ms := int64(0)
	if part != "" {
		if ms, err = strconv.ParseInt((part + "00")[:3], 10, 64); err != nil {
			return 0, false
		}
	}
	return sec*1000 + ms, true
}
