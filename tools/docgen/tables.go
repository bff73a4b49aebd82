// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
)

// The generated part of a README stands between these lines.
const (
	begin = "<!-- exports:begin -->\n"
	end   = "<!-- exports:end -->"
)

var errNoMarkers = errors.New("there are no exports:begin and exports:end lines")

// rewrite puts generated text between the markers.
func rewrite(text, generated string) (string, error) {
	i, j := strings.Index(text, begin), strings.Index(text, end)
	if i < 0 || j < i {
		return "", errNoMarkers
	}
	return text[:i+len(begin)] + generated + text[j:], nil
}

// tables renders the exports of a module.
func tables(m module.Module) string {
	e := m.Exports()
	var b strings.Builder
	section(&b, "Parameters", "name | type | default | what it does", len(e.Params), func(i int) string {
		p := e.Params[i]
		kind, value := describe(p)
		doc := p.Doc
		if p.Notice != "" {
			doc += ". Without effect here: " + p.Notice
		}
		return fmt.Sprintf("`%s` | %s | %s | %s", p.Name, kind, value, doc)
	})
	section(&b, "Functions", "function | routes | what it does", len(e.Functions), func(i int) string {
		f := e.Functions[i]
		return fmt.Sprintf("`%s` | %s | %s", f.Signature(), routes(f.Routes), f.Doc)
	})
	section(&b, "Variables", "name | what it is", len(e.Variables), func(i int) string {
		v := e.Variables[i]
		name := "$" + v.Name
		if v.Bind != nil {
			name += "(…)"
		}
		return fmt.Sprintf("`%s` | %s", name, v.Doc)
	})
	if len(e.Transformations) > 0 {
		section(&b, "Transformations", "name | what it does", len(e.Transformations), func(i int) string {
			t := e.Transformations[i]
			name := t.Class
			if t.Name != "" {
				name += "." + t.Name
			}
			for _, a := range t.Args {
				name += "," + a.Name
			}
			return fmt.Sprintf("`{%s}` | %s", name, t.Doc)
		})
	}
	section(&b, "Events", "event route | when it runs", len(e.Events), func(i int) string {
		return fmt.Sprintf("`event_route[%s]` | %s", e.Events[i].Name, e.Events[i].Doc)
	})
	section(&b, "RPC", "command | what it does", len(e.RPC), func(i int) string {
		return fmt.Sprintf("`%s` | %s", e.RPC[i].Name, e.RPC[i].Doc)
	})
	section(&b, "Counters", "name | what it counts", len(e.Counters), func(i int) string {
		return fmt.Sprintf("`%s` | %s", e.Counters[i].Name, e.Counters[i].Doc)
	})
	return b.String()
}

func section(b *strings.Builder, title, head string, n int, row func(i int) string) {
	fmt.Fprintf(b, "\n## %s\n\n", title)
	if n == 0 {
		b.WriteString("None.\n")
		return
	}
	fmt.Fprintf(b, "| %s |\n|%s\n", head, strings.Repeat("---|", strings.Count(head, "|")+1))
	for i := range n {
		fmt.Fprintf(b, "| %s |\n", cell(row(i)))
	}
	if b.Len() > 0 && title == "Counters" {
		b.WriteString("\n")
	}
}

// cell keeps a bar inside of code from ending the column.
func cell(row string) string {
	parts := strings.Split(row, "`")
	for i := 1; i < len(parts); i += 2 {
		parts[i] = strings.ReplaceAll(parts[i], "|", "\\|")
	}
	return strings.Join(parts, "`")
}

// describe tells type and default of a parameter by what Set points to.
func describe(p module.Param) (kind, value string) {
	switch v := p.Set.(type) {
	case *int:
		kind, value = "integer", fmt.Sprint(*v)
	case *int64:
		kind, value = "integer", fmt.Sprint(*v)
	case *setting.Int:
		kind, value = "integer", fmt.Sprint(v.Get())
	case *bool:
		kind, value = "integer", map[bool]string{false: "0", true: "1"}[*v]
	case *string:
		kind, value = "string", quoted(*v)
	case *setting.Str:
		kind, value = "string", quoted(v.Get())
	case *[]string:
		kind, value = "string, repeatable", "none"
	case *module.Template:
		kind, value = "string with variables", "none"
	case *module.Accessor:
		kind, value = "variable", "none"
	case *module.RouteRef:
		kind, value = "route", "none"
	case func(int) error:
		kind, value = "integer", ""
	case func(any) error:
		kind, value = "integer or string", "none"
	default:
		kind, value = "string", ""
	}
	if p.Unit != "" {
		kind += ", " + p.Unit
	}
	if p.Min != 0 || p.Max != 0 {
		kind += fmt.Sprintf(", %d to %d", p.Min, p.Max)
	}
	return kind, value
}

func quoted(s string) string {
	if s == "" {
		return "none"
	}
	return "`" + s + "`"
}

var routeNames = []struct {
	kind module.RouteKind
	name string
}{
	{module.RequestRoute, "request"}, {module.FailureRoute, "failure"}, {module.ReplyRoute, "onreply"},
	{module.BranchRoute, "branch"}, {module.OnSendRoute, "onsend"}, {module.LocalRoute, "local"},
	{module.CoreReplyRoute, "reply"}, {module.BranchFailureRoute, "branch failure"}, {module.EventRoute, "event"},
}

func routes(k module.RouteKind) string {
	if k == module.AnyRoute {
		return "any"
	}
	var names []string
	for _, r := range routeNames {
		if k&r.kind != 0 {
			names = append(names, r.name)
		}
	}
	return strings.Join(names, ", ")
}
