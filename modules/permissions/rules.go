// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
)

// rules are those of a file, one in a line:
//
//	rule  = side ":" side
//	side  = list ["EXCEPT" list]
//	list  = "ALL" | expression *("," expression)
//
// An expression stands in double quotes and is a POSIX extended one. "#" begins
// a comment. A rule matches two URIs when each side matches its own.
type rules struct{ all []rule }

type rule struct{ left, right side }

type side struct {
	all        bool
	some, less []*ere.Regexp
}

func (s *side) match(uri string) bool {
	return (s.all || matchAny(s.some, uri)) && !matchAny(s.less, uri)
}

func matchAny(list []*ere.Regexp, uri string) bool {
	for _, re := range list {
		if re.MatchString(uri) {
			return true
		}
	}
	return false
}

// match tells whether a rule matches. A file that is not there has no rules.
func (r *rules) match(left, right string) bool {
	if r == nil {
		return false
	}
	for i := range r.all {
		if r.all[i].left.match(left) && r.all[i].right.match(right) {
			return true
		}
	}
	return false
}

var (
	errColon  = errors.New("there is no colon between two lists of expressions")
	errList   = errors.New(`expected ALL or expressions in double quotes, divided by commas`)
	errQuotes = errors.New("a double quote is missing")
)

// parseRules reads a file of rules.
func parseRules(in io.Reader, name string) (*rules, error) {
	r := new(rules)
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		one, err := parseRule(text)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		r.all = append(r.all, one)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	return r, nil
}

func parseRule(text string) (r rule, err error) {
	if r.left, text, err = parseSide(text); err != nil {
		return r, err
	}
	rest, ok := strings.CutPrefix(text, ":")
	if !ok {
		return r, errColon
	}
	if r.right, text, err = parseSide(strings.TrimSpace(rest)); err != nil {
		return r, err
	}
	if text != "" && text[0] != '#' {
		return r, errList
	}
	return r, nil
}

func parseSide(text string) (s side, rest string, err error) {
	if s.all, s.some, rest, err = parseList(text); err != nil {
		return s, rest, err
	}
	if after, ok := strings.CutPrefix(rest, "EXCEPT"); ok {
		var all bool
		if all, s.less, rest, err = parseList(strings.TrimSpace(after)); all && err == nil {
			err = errList
		}
	}
	return s, rest, err
}

func parseList(text string) (all bool, list []*ere.Regexp, rest string, err error) {
	if rest, all = strings.CutPrefix(text, "ALL"); all {
		return true, nil, strings.TrimSpace(rest), nil
	}
	for {
		if text == "" || text[0] != '"' {
			return false, nil, text, errList
		}
		end := strings.IndexByte(text[1:], '"')
		if end < 0 {
			return false, nil, text, errQuotes
		}
		re, err := ere.Compile(text[1:end+1], ere.IgnoreCase)
		if err != nil {
			return false, nil, text, err
		}
		list, text = append(list, re), strings.TrimSpace(text[end+2:])
		after, more := strings.CutPrefix(text, ",")
		if !more {
			return false, list, text, nil
		}
		text = strings.TrimSpace(after)
	}
}

// nameRules remembers the files that a call names, for Start.
func (m *Permissions) nameRules(_ module.Binder, a module.Args) error {
	allow, deny := m.ruleFiles(a)
	m.names[allow], m.names[deny] = true, true
	return nil
}

// nameBase is nameRules for a call that names the base only.
func (m *Permissions) nameBase(_ module.Binder, a module.Args) error {
	allow, deny := m.basedFiles(a.Str(0))
	m.names[allow], m.names[deny] = true, true
	return nil
}

// ruleFiles are the files of a call: the default ones, those of a base, or two.
func (m *Permissions) ruleFiles(a module.Args) (allow, deny string) {
	switch {
	case !a[0].Given:
		return m.allowFile, m.denyFile
	case a[1].Given:
		return a.Str(0), a.Str(1)
	}
	return m.basedFiles(a.Str(0))
}

func (m *Permissions) basedFiles(base string) (allow, deny string) {
	return base + m.allowSuffix, base + m.denySuffix
}

// loadRules reads the files that the script names.
func (m *Permissions) loadRules() error {
	if m.backends&backendAllow != 0 {
		m.names[m.allowFile] = true
	}
	if m.backends&backendDeny != 0 {
		m.names[m.denyFile] = true
	}
	for name := range m.names {
		f, err := os.Open(m.path(name))
		if errors.Is(err, os.ErrNotExist) {
			m.host.Log().Info("a file of permissions is not there, so it has no rules", "module", "permissions", "file", m.path(name))
			continue
		}
		if err != nil {
			return err
		}
		m.files[name], err = parseRules(f, m.path(name))
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// path is a file beside the configuration, or where its name says.
func (m *Permissions) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(m.host.Core().ConfigFile), name)
}
