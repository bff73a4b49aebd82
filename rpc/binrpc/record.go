// SPDX-License-Identifier: Apache-2.0

package binrpc

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/kahea-sip/kahea/core/module"
)

// Types of records.
const (
	typeInt byte = iota
	typeString
	typeFloat
	typeStruct
	typeArray
	typeName
	typeBytes
)

// maxDepth bounds structures inside structures in what is read.
const maxDepth = 32

// Append appends the records of a value: int64, float64, string,
// *module.Struct, module.List, module.Rows, module.Stream, or nil for a string that is not
// there. An integer or float that the protocol's 32 bits cannot hold is written as
// its decimal text, and so is a negative float, which kamcmd would take for a
// great positive one.
func Append(dst []byte, v any) []byte {
	switch v := v.(type) {
	case int64:
		return appendInt(dst, v)
	case float64:
		return appendFloat(dst, v)
	case string:
		return appendString(dst, typeString, v)
	case *module.Struct:
		return appendStruct(dst, v)
	case module.List:
		return appendList(dst, v.Seq())
	case module.Stream:
		return appendList(dst, v)
	case module.Rows:
		return appendRows(dst, v)
	case nil:
		return appendString(dst, typeString, "<null string>")
	}
	return appendString(dst, typeString, fmt.Sprint(v))
}

func appendHead(dst []byte, t byte, size int) []byte {
	if size < 8 {
		return append(dst, byte(size)<<4|t)
	}
	var l [4]byte
	binary.BigEndian.PutUint32(l[:], uint32(size))
	n := bytes.TrimLeft(l[:], "\x00")
	dst = append(dst, 0x80|byte(len(n))<<4|t)
	return append(dst, n...)
}

func appendNumber(dst []byte, t byte, v int32) []byte {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(v))
	n := bytes.TrimLeft(b[:], "\x00")
	return append(appendHead(dst, t, len(n)), n...)
}

func appendInt(dst []byte, v int64) []byte {
	if v == math.MaxUint32 { // all bits set, as in "Methods": Kamailio shows -1
		v = -1
	}
	if v < math.MinInt32 || v > math.MaxInt32 {
		return appendString(dst, typeString, strconv.FormatInt(v, 10))
	}
	return appendNumber(dst, typeInt, int32(v))
}

func appendFloat(dst []byte, v float64) []byte {
	m := math.Round(v * 1000)
	if !(m >= 0 && m <= math.MaxInt32) {
		return appendString(dst, typeString, strconv.FormatFloat(v, 'f', 6, 64))
	}
	return appendNumber(dst, typeFloat, int32(m))
}

func appendString(dst []byte, t byte, s string) []byte {
	dst = appendHead(dst, t, len(s)+1)
	return append(append(dst, s...), 0)
}

func appendStruct(dst []byte, s *module.Struct) []byte {
	dst = append(dst, typeStruct)
	dst = appendMembers(dst, s)
	return append(dst, 0x80|typeStruct)
}

func appendMembers(dst []byte, s *module.Struct) []byte {
	for _, f := range s.Fields {
		dst = appendString(dst, typeName, f.Name)
		dst = Append(dst, f.Value)
	}
	return dst
}

// appendList writes a list as one structure that has the members of all its
// structures, which is what Kamailio sends for "RECORDS: [{SET: …}, …]" and
// users of kamcmd parse. Other values of a list become members whose name is
// their place: kamcmd cannot read the protocol's arrays.
func appendList(dst []byte, l module.Stream) []byte {
	dst = append(dst, typeStruct)
	i := 0
	for v := range l {
		dst = module.Room(dst, module.ValueRoom)
		if s, ok := v.(*module.Struct); ok {
			dst = appendMembers(dst, s)
		} else {
			dst = appendString(dst, typeName, strconv.Itoa(i))
			dst = Append(dst, v)
		}
		i++
	}
	return append(dst, 0x80|typeStruct)
}

// appendRows writes a structure of structures that have no names.
func appendRows(dst []byte, rows module.Rows) []byte {
	dst = append(dst, typeStruct)
	for _, v := range rows.List() {
		dst = Append(dst, v)
	}
	return append(dst, 0x80|typeStruct)
}

// Decode reads all records of a body. The values are int64, float64, string,
// *module.Struct, module.List and module.Rows.
func Decode(body []byte) ([]any, error) {
	d := decoder{b: body}
	var values []any
	for len(d.b) > 0 {
		v, end, err := d.value(0)
		if err != nil {
			return values, err
		}
		if end {
			return values, ErrCorrupt
		}
		values = append(values, v)
	}
	return values, nil
}

type decoder struct{ b []byte }

// head reads the beginning of a record; end tells that it closes a structure
// or array.
func (d *decoder) head() (t byte, size int, end bool, err error) {
	if len(d.b) == 0 {
		return 0, 0, false, ErrEnd
	}
	c := d.b[0]
	d.b = d.b[1:]
	t, size = c&0x0F, int(c>>4&7)
	if c&0x80 != 0 {
		if size == 0 {
			return t, 0, true, nil
		}
		if size > 4 || size > len(d.b) {
			return t, 0, false, ErrCorrupt
		}
		n := 0
		for _, c := range d.b[:size] {
			n = n<<8 | int(c)
		}
		d.b = d.b[size:]
		size = n
	}
	if size > len(d.b) {
		return t, 0, false, ErrCorrupt
	}
	return t, size, false, nil
}

func (d *decoder) take(n int) []byte {
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) value(depth int) (v any, end bool, err error) {
	t, size, end, err := d.head()
	if err != nil {
		return nil, false, err
	}
	if end {
		if t != typeStruct && t != typeArray {
			return nil, false, ErrCorrupt
		}
		return t, true, nil
	}
	switch t {
	case typeInt:
		return int64(number(d.take(size))), false, nil
	case typeFloat:
		return float64(number(d.take(size))) / 1000, false, nil
	case typeString:
		return text(d.take(size)), false, nil
	case typeBytes:
		return string(d.take(size)), false, nil
	case typeStruct, typeArray:
		if depth == maxDepth || size != 0 {
			return nil, false, ErrCorrupt
		}
		if t == typeStruct {
			v, err = d.structure(depth + 1)
		} else {
			v, err = d.array(depth + 1)
		}
		return v, false, err
	}
	return nil, false, ErrMismatch
}

// structure returns a *module.Struct, or module.Rows where the members have no
// names.
func (d *decoder) structure(depth int) (any, error) {
	s := &module.Struct{}
	for {
		t, size, end, err := d.head()
		if err != nil {
			return nil, err
		}
		if end && t == typeStruct {
			return s, nil
		}
		if t != typeName && !end && len(s.Fields) == 0 && depth < maxDepth {
			return d.rows(t, size, depth+1)
		}
		if end || t != typeName {
			return nil, ErrMismatch
		}
		name := text(d.take(size))
		v, end, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		if end {
			return nil, ErrCorrupt
		}
		s.Fields = append(s.Fields, module.Field{Name: name, Value: v})
	}
}

// rows reads structures and texts that have no names; the head of the first one
// was read.
func (d *decoder) rows(t byte, size int, depth int) (any, error) {
	var rows module.Rows
	for {
		switch {
		case t == typeStruct && size == 0:
			v, err := d.structure(depth)
			if err != nil {
				return nil, err
			}
			s, ok := v.(*module.Struct)
			if !ok {
				return nil, ErrMismatch
			}
			rows = append(rows, s)
		case t == typeString:
			rows = append(rows, new(module.Struct).Add("", text(d.take(size))))
		default:
			return nil, ErrMismatch
		}
		var end bool
		var err error
		if t, size, end, err = d.head(); err != nil {
			return nil, err
		}
		if end && t == typeStruct {
			return rows, nil
		}
		if end {
			return nil, ErrMismatch
		}
	}
}

func (d *decoder) array(depth int) (module.List, error) {
	l := module.List{}
	for {
		v, end, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		if end {
			if v != typeArray {
				return nil, ErrCorrupt
			}
			return l, nil
		}
		l = append(l, v)
	}
}

// number reads an integer. More than four octets keep the last four, as
// Kamailio does.
func number(b []byte) int32 {
	var n uint32
	for _, c := range b {
		n = n<<8 | uint32(c)
	}
	return int32(n)
}

// text drops the zero octet at the end, and what some clients leave behind it.
func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}
