// SPDX-License-Identifier: Apache-2.0

package avpops

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// source says whose AVPs are meant.
type source struct {
	text, part string
	template   module.Template
}

// identity is what the columns of a user have; what is not given is not asked for.
type identity struct {
	uuid, user, domain string
}

func (m *AVPOps) compileSource(text string) (any, error) {
	s := &source{text: text}
	if i := strings.LastIndexByte(text, '/'); i >= 0 {
		s.text, s.part = text[:i], strings.ToLower(text[i+1:])
	}
	switch s.part {
	case "username", "domain", "uri", "uuid":
	case "":
		s.part = "uuid"
		switch s.text {
		case "$ru", "$fu", "$tu", "$ou":
			s.part = "uri"
		}
	default:
		return nil, fmt.Errorf("%q is none of username, domain, uri and uuid", s.part)
	}
	if s.text == "" {
		return nil, errors.New("the source is empty")
	}
	return s, nil
}

func (s *source) bind(b module.Binder) error {
	var err error
	s.template, err = b.Template(s.text)
	return err
}

var errSource = errors.New("the source has no value")

// identity returns what the source is for this message.
func (s *source) identity(c *module.Call, useDomain bool) (id identity, err error) {
	v := s.template.Value(c)
	text := v.Str
	if v.IsNull() || text == "" && s.part != "uuid" {
		return id, errSource
	}
	if s.part == "uuid" {
		id.uuid = text
		return id, nil
	}
	u, err := sip.ParseURI(text)
	if err != nil {
		if s.part == "uri" || strings.ContainsAny(text, ":@") {
			return id, fmt.Errorf("source %s: %w", s.text, err)
		}
		u = sip.URI{User: text, Host: text} // the part itself
	}
	if s.part != "domain" {
		id.user = u.User
	}
	if s.part == "domain" || s.part == "uri" && useDomain {
		id.domain = u.Host
	}
	if id == (identity{}) {
		return id, errSource
	}
	return id, nil
}

// example is an identity that asks for the columns which the source asks for.
func (s *source) example(useDomain bool) (id identity) {
	const any = "x"
	switch s.part {
	case "uuid":
		id.uuid = any
	case "username":
		id.user = any
	case "domain":
		id.domain = any
	default:
		if id.user = any; useDomain {
			id.domain = any
		}
	}
	return id
}

// where are the conditions for the rows of an identity.
func (id identity) where(uuid, user, domain string) (out []db.Cond) {
	for _, c := range []struct{ column, value string }{{uuid, id.uuid}, {user, id.user}, {domain, id.domain}} {
		if c.value != "" {
			out = append(out, db.Is(c.column, c.value))
		}
	}
	if len(out) == 0 {
		out = append(out, db.Is(uuid, ""))
	}
	return out
}

// stored is the argument that names AVPs in a database.
type stored struct {
	avpArg
	matching matching // 0 for one AVP
	table    string   // "" for avp_table
	scheme   *scheme
}

func (m *AVPOps) compileStored(text string) (any, error) {
	parts := split(text)
	s := new(stored)
	if len(parts) > 2 {
		return nil, fmt.Errorf("%q has too many parts", text)
	}
	var words bool
	var err error
	if s.matching, words, err = parseMatching(parts[0]); err != nil {
		return nil, err
	}
	if !words {
		s.text = parts[0]
	}
	if len(parts) == 2 {
		name, isScheme := strings.CutPrefix(parts[1], "$")
		if s.table = name; isScheme {
			s.table = ""
			if s.scheme = m.schemes[name]; s.scheme == nil {
				return nil, fmt.Errorf("there is no scheme %q: parameter db_scheme defines them", name)
			}
			if words {
				return nil, errors.New("a scheme needs the name of an AVP")
			}
		} else if name == "" {
			return nil, fmt.Errorf("%q has no name of a table", text)
		}
	}
	return s, nil
}

func (s *stored) bind(b module.Binder) error {
	if s.matching != 0 {
		return nil
	}
	return s.avpArg.bind(b)
}

// scheme is another table to load values from.
type scheme struct {
	table, uuid, user, domain, value string
	integer                          bool
}

// addScheme takes a parameter db_scheme.
func (m *AVPOps) addScheme(text string) error {
	name, rest, ok := strings.Cut(text, ":")
	if name = strings.TrimSpace(name); !ok || name == "" {
		return fmt.Errorf("%q is not of the form name:table=T;value_col=C", text)
	}
	s := new(scheme)
	for _, one := range strings.Split(rest, ";") {
		if strings.TrimSpace(one) == "" {
			continue
		}
		key, value, _ := strings.Cut(one, "=")
		value = strings.TrimSpace(value)
		to, known := map[string]*string{"table": &s.table, "uuid_col": &s.uuid, "username_col": &s.user, "domain_col": &s.domain, "value_col": &s.value}[strings.TrimSpace(key)]
		switch {
		case known && value != "":
			*to = value
		case strings.TrimSpace(key) == "value_type" && (value == "integer" || value == "string"):
			s.integer = value == "integer"
		default:
			return fmt.Errorf("scheme %s: %q is not understood", name, one)
		}
	}
	if m.schemes[name] != nil {
		return fmt.Errorf("scheme %s is defined twice", name)
	}
	if s.table == "" || s.value == "" {
		return fmt.Errorf("scheme %s needs table and value_col", name)
	}
	m.schemes[name] = s
	return nil
}

// query asks for the values of an identity. Columns that the scheme does not name
// are those of the parameters.
func (s *scheme) query(id identity, m *AVPOps) db.Query {
	or := func(name, otherwise string) string {
		if name == "" {
			return otherwise
		}
		return name
	}
	return db.Query{Table: s.table, Columns: []string{s.value},
		Where: id.where(or(s.uuid, m.uuidColumn), or(s.user, m.userColumn), or(s.domain, m.domainColumn))}
}
