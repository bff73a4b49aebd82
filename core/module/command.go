// SPDX-License-Identifier: Apache-2.0

package module

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

// Command is an RPC command, served over binrpc and JSON-RPC alike.
type Command struct {
	Name string
	Doc  string
	// Run does the work. An error of type *Fault has its code, any other one
	// code 500.
	Run func(r *Request) error
	// Array tells that the reply is a list even with one element (Kamailio's
	// RET_ARRAY).
	Array bool
}

// Fault is an error reply: Code and Text are what the peer sees.
type Fault struct {
	Code int
	Text string
	// mistyped tells of an argument that is there, but of the wrong type.
	mistyped string
}

// Error implements error.
func (f *Fault) Error() string { return fmt.Sprintf("%d %s", f.Code, f.Text) }

// Faultf makes a Fault.
func Faultf(code int, format string, args ...any) error {
	return &Fault{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Request is one execution of a command: its arguments, and the reply that it
// builds. Arguments and reply values are int64, float64, string, *Struct, List,
// Rows and Stream.
type Request struct {
	Context context.Context
	Host    Host
	Args    []any
	Reply   []any
	// Local tells that the command came through a Unix socket of this
	// machine, whose file says who may use it.
	Local bool
}

// List is an array inside a reply.
type List []any

// Rows is a List of structures that kamcmd shows each in braces of its own, as
// the items of htable.dump; the members of those in a List it shows as one
// structure. In JSON there is no difference. A row of one field without a name is
// that value alone.
type Rows []*Struct

// List returns the rows as a List.
func (r Rows) List() List {
	l := make(List, len(r))
	for i, s := range r {
		l[i] = s
		if v, ok := s.Alone(); ok {
			l[i] = v
		}
	}
	return l
}

// Alone returns the value of a row that is no structure.
func (s *Struct) Alone() (v any, ok bool) {
	if len(s.Fields) == 1 && s.Fields[0].Name == "" {
		return s.Fields[0].Value, true
	}
	return nil, false
}

// Struct is a structure inside a reply; its fields keep their order and a
// name may come several times.
type Struct struct {
	Fields []Field
}

// Field is a member of a Struct.
type Field struct {
	Name  string
	Value any
}

// Add appends a field and returns the struct.
func (s *Struct) Add(name string, value any) *Struct {
	s.Fields = append(s.Fields, Field{name, normal(value)})
	return s
}

// Struct appends an empty structure as a field and returns it.
func (s *Struct) Struct(name string) *Struct {
	sub := &Struct{}
	s.Fields = append(s.Fields, Field{name, sub})
	return sub
}

// Add appends a value to the reply.
func (r *Request) Add(value any) { r.Reply = append(r.Reply, normal(value)) }

// Printf appends a line of text to the reply.
func (r *Request) Printf(format string, args ...any) { r.Add(fmt.Sprintf(format, args...)) }

// Struct appends an empty structure to the reply and returns it.
func (r *Request) Struct() *Struct {
	s := &Struct{}
	r.Reply = append(r.Reply, s)
	return s
}

// Len returns the number of arguments.
func (r *Request) Len() int { return len(r.Args) }

// Str returns the i-th argument as text. The fault for a missing one is
// Kamailio's.
func (r *Request) Str(i int) (string, error) {
	if i >= len(r.Args) {
		return "", badParam(i, "string", "end of packet encountered", "")
	}
	switch v := r.Args[i].(type) {
	case string:
		return v, nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return "", r.mistyped(i, "string")
}

// Int returns the i-th argument as an integer.
func (r *Request) Int(i int) (int64, error) {
	if i >= len(r.Args) {
		return 0, badParam(i, "integer", "end of packet encountered", "")
	}
	switch v := r.Args[i].(type) {
	case int64:
		return v, nil
	case float64:
		return int64(v), nil
	case string:
		if n, err := strconv.ParseInt(v, 0, 64); err == nil {
			return n, nil
		}
	}
	return 0, r.mistyped(i, "integer")
}

// Float returns the i-th argument as a floating point number.
func (r *Request) Float(i int) (float64, error) {
	if i >= len(r.Args) {
		return 0, badParam(i, "float", "end of packet encountered", "")
	}
	switch v := r.Args[i].(type) {
	case float64:
		return v, nil
	case int64:
		return float64(v), nil
	case string:
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return f, nil
		}
	}
	return 0, r.mistyped(i, "float")
}

// badParam is the fault for an argument that is missing or of the wrong type, in
// Kamailio's words; arguments are counted from 0.
func badParam(i int, want, why, mistyped string) error {
	return &Fault{Code: 400, Text: fmt.Sprintf("error at parameter %d: expected %s type but %s", i, want, why), mistyped: mistyped}
}

// shownArgument bounds what a fault repeats of an argument.
const shownArgument = 64

// mistyped is the fault for an argument of the wrong type.
func (r *Request) mistyped(i int, want string) error {
	shown := ""
	if text, ok := r.Args[i].(string); ok {
		shown = fmt.Sprintf(": %.*q", shownArgument, text)
	}
	return badParam(i, want, "record doesn't match type", fmt.Sprintf("argument %d%s is no %s", i+1, shown, want))
}

// Missing is the fault of a command that could not read an argument, for which
// Kamailio has a text of its own; err is that of Str, Int or Float. Kamailio says
// the same where the argument is there and is no number: who is told that one is
// missing looks in the wrong place, so this tells which one it is.
func Missing(err error, text string) error {
	var f *Fault
	if errors.As(err, &f) && f.mistyped != "" {
		text = f.mistyped
	}
	return Faultf(500, "%s", text)
}

func normal(v any) any {
	switch n := v.(type) {
	case int:
		return int64(n)
	case int32:
		return int64(n)
	case uint32:
		return int64(n)
	case uint64:
		return int64(n)
	case uint16:
		return int64(n)
	case bool:
		if n {
			return int64(1)
		}
		return int64(0)
	}
	return v
}
