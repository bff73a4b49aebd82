// SPDX-License-Identifier: Apache-2.0

package acc

import (
	"fmt"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// field is one "name=$var" of log_extra or multi_leg_info.
type field struct {
	name string
	v    module.Accessor
}

// Prepare implements module.Preparer.
func (a *Acc) Prepare(b module.Binder) error {
	var err error
	if a.extra, err = fields(b, "log_extra", a.extraText); err != nil {
		return err
	}
	a.legs, err = fields(b, "multi_leg_info", a.legText)
	return err
}

// fields reads "name=$var;name=$var".
func fields(b module.Binder, param, text string) ([]field, error) {
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
		v, err := b.Var(strings.TrimSpace(spec))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", param, err)
		}
		out = append(out, field{strings.TrimSpace(name), v})
	}
	return out, nil
}

// append appends the value; null is empty.
func (f field) append(b []byte, c *module.Call, index int) []byte {
	v := f.v.Get(c, module.Index{Given: index > 0, N: index})
	switch v.Kind {
	case avp.Null:
		return b
	case avp.Int:
		return fmt.Append(b, v.Int)
	}
	return append(b, v.Str...)
}

// appendLegs appends the fields of each leg: as many groups as the variables
// have values.
func (a *Acc) appendLegs(b []byte, c *module.Call) []byte {
	if len(a.legs) == 0 {
		return b
	}
	for leg := 0; leg < maxLegs; leg++ {
		any := false
		for _, f := range a.legs {
			if !f.v.Get(c, module.Index{Given: true, N: leg}).IsNull() {
				any = true
			}
		}
		if !any && leg > 0 {
			break
		}
		for _, f := range a.legs {
			b = append(append(append(b, ';'), f.name...), '=')
			v := f.v.Get(c, module.Index{Given: true, N: leg})
			if v.IsNull() {
				b = append(b, "n/a"...)
			} else {
				b = f.append(b, c, leg)
			}
		}
	}
	return b
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
