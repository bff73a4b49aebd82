// SPDX-License-Identifier: Apache-2.0

// Package bencode reads and writes bencoded values, in which media relays are told what to do.
//
// A value is a text ("4:spam"), an integer ("i3e"), a list ("l…e") or a dictionary ("d…e"), whose keys are texts. What a relay sends
// comes from the network: a Reader has limits, and nothing is taken that is not wholly there.
package bencode

import (
	"errors"
	"strconv"
)

// Kind is the kind of a value.
type Kind uint8

// The kinds.
const (
	None Kind = iota
	Text
	Int
	List
	Dict
)

// Value is a value that was read. Its texts are views of what it was read from.
type Value struct {
	Kind Kind
	// Str is the text, Int the integer.
	Str string
	Int int64
	// Items are those of a list, or the values of a dictionary, whose Keys are beside them, in the order in which they came.
	Items []Value
	Keys  []string
}

// Errors of Parse.
var (
	// ErrShort says that the value ends before it should.
	ErrShort = errors.New("the value is cut short")
	// ErrSyntax says that a sign stands where none may.
	ErrSyntax = errors.New("this is no bencoded value")
	// ErrTrailing says that something follows the value.
	ErrTrailing = errors.New("something follows the value")
	// ErrLimit says that there are too many values, one in the other or in all.
	ErrLimit = errors.New("too many values")
)

// Limits of Parse: far above what a relay says of a call with a hundred streams.
const (
	MaxDepth  = 32
	MaxValues = 1 << 16
)

// Parse reads one value, which is the whole text. A dictionary may have its keys in any order, as relays send them; a key that comes
// twice is ErrSyntax.
func Parse(text string) (Value, error) {
	r := reader{text: text}
	v, err := r.value(0)
	if err == nil && r.at != len(text) {
		err = ErrTrailing
	}
	if err != nil {
		return Value{}, err
	}
	return v, nil
}

type reader struct {
	text   string
	at     int
	values int
}

func (r *reader) value(depth int) (v Value, err error) {
	if r.values++; depth > MaxDepth || r.values > MaxValues {
		return v, ErrLimit
	}
	if r.at >= len(r.text) {
		return v, ErrShort
	}
	switch c := r.text[r.at]; {
	case '0' <= c && c <= '9':
		v.Kind = Text
		v.Str, err = r.str()
	case c == 'i':
		r.at++
		v.Kind = Int
		v.Int, err = r.number('e')
	case c == 'l':
		v.Kind = List
		err = r.items(&v, depth)
	case c == 'd':
		v.Kind = Dict
		err = r.items(&v, depth)
	default:
		err = ErrSyntax
	}
	return v, err
}

// number reads an integer and the sign behind it. One number has one form: no plus, no zero in front, no minus zero.
func (r *reader) number(end byte) (int64, error) {
	start := r.at
	for r.at < len(r.text) && r.text[r.at] != end {
		if c := r.text[r.at]; c != '-' && (c < '0' || c > '9') || r.at-start > 20 {
			return 0, ErrSyntax
		}
		r.at++
	}
	if r.at >= len(r.text) {
		return 0, ErrShort
	}
	text := r.text[start:r.at]
	r.at++
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != text {
		return 0, ErrSyntax
	}
	return n, nil
}

func (r *reader) str() (string, error) {
	n, err := r.number(':')
	if err != nil {
		return "", err
	}
	if n > int64(len(r.text)-r.at) {
		return "", ErrShort
	}
	s := r.text[r.at : r.at+int(n)]
	r.at += int(n)
	return s, nil
}

// items reads what a list or a dictionary holds.
func (r *reader) items(v *Value, depth int) error {
	var seen map[string]bool
	if v.Kind == Dict {
		seen = map[string]bool{}
	}
	for r.at++; ; {
		if r.at >= len(r.text) {
			return ErrShort
		}
		if r.text[r.at] == 'e' {
			r.at++
			return nil
		}
		if v.Kind == Dict {
			if c := r.text[r.at]; c < '0' || c > '9' {
				return ErrSyntax
			}
			key, err := r.str()
			if err != nil {
				return err
			}
			if seen[key] {
				return ErrSyntax
			}
			seen[key] = true
			v.Keys = append(v.Keys, key)
		}
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		v.Items = append(v.Items, item)
	}
}

// Get returns a value of a dictionary; its Kind is None when the key is not there, or v is no dictionary.
func (v *Value) Get(key string) Value {
	for i, k := range v.Keys {
		if k == key {
			return v.Items[i]
		}
	}
	return Value{}
}

// Append appends the value as text, dictionaries in the order of their keys.
func (v *Value) Append(dst []byte) []byte {
	switch v.Kind {
	case Text:
		return AppendText(dst, v.Str)
	case Int:
		return AppendInt(dst, v.Int)
	case List, Dict:
		dst = append(dst, "?ld"[v.Kind-Int])
		for i := range v.Items {
			if v.Kind == Dict {
				dst = AppendText(dst, v.Keys[i])
			}
			dst = v.Items[i].Append(dst)
		}
		return append(dst, 'e')
	}
	return dst
}

// AppendText appends a text.
func AppendText(dst []byte, s string) []byte {
	return append(append(strconv.AppendInt(dst, int64(len(s)), 10), ':'), s...)
}

// AppendInt appends an integer.
func AppendInt(dst []byte, n int64) []byte {
	return append(strconv.AppendInt(append(dst, 'i'), n, 10), 'e')
}
