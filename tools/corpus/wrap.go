// SPDX-License-Identifier: Apache-2.0

package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/check"
)

// frames are the routes that a bare statement may need, in the order in which
// they are tried.
var frames = []string{"request_route", "onreply_route[EXAMPLE]", "failure_route[EXAMPLE]", "branch_route[EXAMPLE]", "event_route[tm:local-request]", "onsend_route"}

var (
	topLine = regexp.MustCompile(`^\s*(#!|!!|loadmodule|modparam|loadpath|mpath|include_file|import_file|flags\b|avpflags\b|cfgengine|` +
		`(request_|reply_|onreply_|failure_|branch_|onsend_|event_)?route\s*([\[{]|$)|[a-z_0-9]+(\.[a-z_0-9]+)?\s*=[^=~])`)
	callWord     = regexp.MustCompile(`\b([a-z_][a-z0-9_]*)\s*\(`)
	variableWord = regexp.MustCompile(`\$\(?([A-Za-z_][A-Za-z0-9_.]*)`)
	moduleWord   = regexp.MustCompile(`modparamx?\s*\(\s*"([^"]+)"`)
	loadWord     = regexp.MustCompile(`loadmodulex?\s*\(?\s*"([^"]+)"`)
	classWord    = regexp.MustCompile(`\$\([^)]*\{`)
	routeWord    = regexp.MustCompile(`\broute\(([A-Za-z_0-9]+)\)`)
)

// owners are the modules of the reference that have a function or variable.
var owners = func() map[string][]string {
	m := map[string][]string{}
	for _, n := range check.Reference() {
		if n.Kind == "function" || n.Kind == "pv" {
			m[n.Name] = append(m[n.Name], n.Module)
		}
	}
	return m
}()

// wrap puts an example into a configuration: the modules whose names it uses,
// and a route around statements that stand alone. have tells which modules
// Kamailio has here, needs what the documents say that a module needs.
func wrap(s *Subject, frame string, have map[string]bool, needs map[string][]string) string {
	var top, loose []string
	depth, inTop := 0, true
	for _, line := range strings.Split(strings.TrimRight(s.Text, "\n"), "\n") {
		if depth == 0 && strings.TrimSpace(line) != "" && !strings.HasPrefix(strings.TrimSpace(line), "{") {
			inTop = topLine.MatchString(line)
		}
		if inTop {
			top = append(top, line)
		} else {
			loose = append(loose, line)
		}
		depth = max(0, depth+balance(line))
	}
	var b strings.Builder
	for _, m := range modulesOf(s, have, needs) {
		b.WriteString("loadmodule \"" + m + ".so\"\n")
	}
	b.WriteString(strings.Join(top, "\n") + "\n")
	code := strings.Join(loose, "\n")
	if strings.TrimSpace(code) != "" {
		b.WriteString(frame + " {\n" + code + "\n}\n")
	}
	whole := strings.Join(top, "\n")
	if !strings.Contains(whole, "request_route") && !regexp.MustCompile(`(?m)^\s*route\s*\{`).MatchString(whole) &&
		(frame != "request_route" || strings.TrimSpace(code) == "") && !strings.Contains(whole, "cfgengine") {
		b.WriteString("request_route {\n\texit;\n}\n")
	}
	for _, m := range routeWord.FindAllStringSubmatch(s.Text, -1) {
		block := "route[" + m[1] + "]"
		if !strings.Contains(b.String(), block) {
			b.WriteString(block + " {\n\treturn;\n}\n")
		}
	}
	return b.String()
}

// balance counts the braces of a line, strings and comments left out.
func balance(line string) int {
	n := 0
	quote := byte(0)
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quote != 0:
			if c == '\\' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#':
			return n
		case c == '{':
			n++
		case c == '}':
			n--
		}
	}
	return n
}

// modulesOf are the modules that an example needs and does not load itself,
// each behind those that it needs.
func modulesOf(s *Subject, have map[string]bool, needs map[string][]string) []string {
	loads := map[string]bool{}
	for _, m := range loadWord.FindAllStringSubmatch(s.Text, -1) {
		loads[strings.TrimSuffix(m[1][strings.LastIndexByte(m[1], '/')+1:], ".so")] = true
	}
	var out []string
	var add func(name string)
	add = func(name string) {
		if name == "" || name == "core" || loads[name] {
			return
		}
		loads[name] = true
		for _, n := range needs[name] {
			add(n)
		}
		if create := module.Lookup(name); create != nil {
			for _, n := range create().Exports().Requires {
				add(n)
			}
		}
		out = append(out, name)
	}
	pick := func(names []string) {
		switch {
		case len(names) == 0, slices.Contains(names, "core"), slices.Contains(names, s.Module):
		default:
			for _, n := range names {
				if loads[n] {
					return
				}
			}
			for _, n := range names {
				if have[n] {
					add(n)
					return
				}
			}
		}
	}
	add(s.Module)
	for _, m := range moduleWord.FindAllStringSubmatch(s.Text, -1) {
		for _, name := range strings.Split(m[1], "|") {
			if have[name] {
				add(name)
			}
		}
	}
	for _, m := range callWord.FindAllStringSubmatch(s.Text, -1) {
		pick(owners[m[1]])
	}
	for _, m := range variableWord.FindAllStringSubmatch(s.Text, -1) {
		pick(owners["$"+m[1]])
	}
	if classWord.MatchString(s.Text) {
		add("pv")
	}
	return out
}
