// SPDX-License-Identifier: Apache-2.0

package db_text

import (
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// appendTable writes a table as parse reads it.
func (f format) appendTable(b []byte, t *table) []byte {
	b = append(appendColumns(b, t.columns), '\n')
	for _, r := range t.rows {
		b = append(f.appendRow(b, r), '\n')
	}
	return b
}

func appendColumns(b []byte, columns []column) []byte {
	for i := range columns {
		c := &columns[i]
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(append(append(b, c.name...), '('), c.typ...)
		switch {
		case c.auto:
			b = append(b, ",auto"...)
		case c.null:
			b = append(b, ",null"...)
		}
		b = append(b, ')')
	}
	return b
}

func (f format) appendRow(b []byte, row []db.Value) []byte {
	for i, v := range row {
		if i > 0 {
			b = append(b, f.delim)
		}
		switch v := v.(type) {
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case float64:
			b = appendDouble(b, v)
		case time.Time:
			b = strconv.AppendInt(b, v.Unix(), 10)
		case string:
			b = f.appendText(b, v)
		case []byte:
			b = f.appendText(b, string(v))
		}
	}
	return b
}

// appendDouble writes two decimals, as the reference does, and more where the
// number has them.
func appendDouble(b []byte, n float64) []byte {
	short := strconv.AppendFloat(nil, n, 'f', -1, 64)
	if point := strings.IndexByte(string(short), '.'); point >= 0 && len(short)-point > 3 {
		return append(b, short...)
	}
	return strconv.AppendFloat(b, n, 'f', 2, 64)
}

func (f format) appendText(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		case 0:
			b = append(b, `\0`...)
		case '\\', f.delim:
			b = append(b, '\\', c)
		default:
			b = append(b, c)
		}
	}
	return b
}
