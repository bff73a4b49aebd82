// SPDX-License-Identifier: Apache-2.0

package jansson

import (
	"errors"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/json"
	"github.com/kahea-sip/kahea/core/module"
)

// kind is a type that scripts name.
type kind int

const (
	ofString kind = iota
	ofInteger
	ofReal
	ofObject
	ofArray
	ofTrue
	ofFalse
	ofNull
)

var (
	errNumber   = errors.New("the value is no number of this type")
	errNoObject = errors.New("the value is no JSON object")
	errNoArray  = errors.New("the value is no JSON array")
	errUTF8     = errors.New("the value is no text in UTF-8")
	errDocument = errors.New("the text is no JSON object or array")
)

// parse reads an object or array.
func parse(text string) (*json.Value, error) {
	v, err := json.Parse(text, json.Unique)
	if err != nil || v.Kind != json.Object && v.Kind != json.Array || !fits(v) {
		return nil, errDocument
	}
	return v, nil
}

// fits tells whether all integers have 64 bits.
func fits(v *json.Value) bool {
	if v.Kind == json.Number && !isReal(v.Text) {
		_, ok := v.Int()
		return ok
	}
	for _, item := range v.Items {
		if !fits(item) {
			return false
		}
	}
	for _, m := range v.Members {
		if !fits(m.Value) {
			return false
		}
	}
	return true
}

func isReal(number string) bool { return strings.ContainsAny(number, ".eE") }

// plain is how documents are written.
var plain json.Style

// text is a document as a text for a script.
func text(v *json.Value) string { return string(v.Append(nil, &plain)) }

// forScript is a value as scripts see it.
func forScript(v *json.Value) module.Value {
	switch v.Kind {
	case json.Null:
		return avp.Value{}
	case json.True:
		return avp.Number(1)
	case json.False:
		return avp.Number(0)
	case json.String:
		return avp.String(v.Text)
	case json.Number:
		if n, ok := v.Int(); ok {
			return avp.Number(n)
		}
		f, err := strconv.ParseFloat(v.Text, 64)
		if err != nil {
			return avp.String(v.Text)
		}
		return avp.String(strconv.FormatFloat(f, 'g', 15, 64))
	}
	return avp.String(text(v))
}

// newValue makes a value of a type of what a script gives.
func newValue(k kind, s string) (*json.Value, error) {
	switch k {
	case ofTrue:
		return &json.Value{Kind: json.True}, nil
	case ofFalse:
		return &json.Value{Kind: json.False}, nil
	case ofNull:
		return &json.Value{Kind: json.Null}, nil
	case ofString:
		if strings.ToValidUTF8(s, "") != s {
			return nil, errUTF8
		}
		return &json.Value{Kind: json.String, Text: s}, nil
	case ofInteger:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, errNumber
		}
		return &json.Value{Kind: json.Number, Text: strconv.FormatInt(n, 10)}, nil
	case ofReal:
		return newReal(s)
	}
	v, err := json.Parse(s, json.Unique)
	switch {
	case k == ofObject && (err != nil || v.Kind != json.Object || !fits(v)):
		return nil, errNoObject
	case k == ofArray && (err != nil || v.Kind != json.Array || !fits(v)):
		return nil, errNoArray
	}
	return v, nil
}

// newReal makes a number that shows that it is no integer.
func newReal(s string) (*json.Value, error) {
	v, err := json.Parse(s, 0)
	if err != nil || v.Kind != json.Number {
		return nil, errNumber
	}
	if f, err := strconv.ParseFloat(v.Text, 64); err != nil || f != f {
		return nil, errNumber
	}
	if !isReal(v.Text) {
		v.Text += ".0"
	}
	return v, nil
}
