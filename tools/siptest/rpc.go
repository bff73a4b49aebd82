// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kahea-sip/kahea/core/module"
)

// rpc runs a command; its reply is printed as kamcmd does, a fault to stderr.
func (s *scene) rpc(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(s.settle())
	reply, err := s.daemon.Command(args[0], Arguments(s.fillAll(args[1:])))
	if (err != nil) != neg {
		s.fatal(ts, fmt.Errorf("%s: %v", args[0], err))
	}
	if err != nil {
		fmt.Fprintln(ts.Stderr(), err)
		return
	}
	ts.Check(s.settle())
	fmt.Fprint(ts.Stdout(), Kamcmd(reply.Values))
}

// Kamcmd is what kamcmd prints of a reply.
func Kamcmd(values []any) string {
	var b strings.Builder
	for _, v := range values {
		print(&b, 0, v)
	}
	return b.String()
}

// Arguments makes numbers of what looks like one, as kamcmd does; "s:" in front
// keeps it a text.
func Arguments(words []string) []any {
	out := make([]any, len(words))
	for i, w := range words {
		if text, ok := strings.CutPrefix(w, "s:"); ok {
			out[i] = text
		} else if n, err := strconv.ParseInt(w, 10, 64); err == nil {
			out[i] = n
		} else {
			out[i] = w
		}
	}
	return out
}

// print writes a value in the manner of kamcmd: one line for each scalar, braces
// around the members of a structure, one tab more for each level.
func print(b *strings.Builder, level int, v any) {
	tabs := strings.Repeat("\t", level)
	switch v := v.(type) {
	case *module.Struct:
		b.WriteString(tabs + "{\n")
		members(b, level+1, v)
		b.WriteString(tabs + "}\n")
	case module.Stream:
		for e := range v {
			print(b, level, e)
		}
	case module.List:
		for _, e := range v {
			print(b, level, e)
		}
	default:
		fmt.Fprintf(b, "%s%s\n", tabs, scalar(v))
	}
}

func members(b *strings.Builder, level int, s *module.Struct) {
	tabs := strings.Repeat("\t", level)
	for _, f := range s.Fields {
		value := f.Value
		if v, ok := value.(module.Stream); ok {
			value = v.List()
		}
		switch v := value.(type) {
		case *module.Struct:
			b.WriteString(tabs + f.Name + ": {\n")
			members(b, level+1, v)
			b.WriteString(tabs + "}\n")
		case module.Rows:
			b.WriteString(tabs + f.Name + ": {\n")
			for _, e := range v.List() {
				print(b, level+1, e)
			}
			b.WriteString(tabs + "}\n")
		case module.List:
			b.WriteString(tabs + f.Name + ": {\n")
			for _, e := range v {
				if s, ok := e.(*module.Struct); ok {
					members(b, level+1, s)
					continue
				}
				print(b, level+1, e)
			}
			b.WriteString(tabs + "}\n")
		default:
			fmt.Fprintf(b, "%s%s: %s\n", tabs, f.Name, scalar(v))
		}
	}
}

func scalar(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', 6, 64)
	}
	return fmt.Sprint(v)
}
