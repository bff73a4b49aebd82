// SPDX-License-Identifier: Apache-2.0

package alias_db

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
)

var (
	errURI      = errors.New("it is no URI")
	errBranches = errors.New("there are as many branches as max_branches allows")
)

// options are the flags of a call.
type options struct{ user, domain, reverse bool }

func compileFlags(text string) (any, error) {
	var o options
	for _, letter := range text {
		switch letter {
		case 'd':
			o.user = true
		case 'u':
			o.domain = true
		case 'r':
			o.reverse = true
		default:
			return nil, fmt.Errorf("%q is none of the flags d, u, r", letter)
		}
	}
	return o, nil
}

// ask returns the URIs that a URI stands for, in the order of the table.
func (m *AliasDB) ask(c *module.Call, a module.Args, flags int, uri string) ([]string, error) {
	if a[0].Err != nil {
		return nil, a[0].Err
	}
	u, err := c.ParseURI(uri)
	if err != nil || uri == "" {
		return nil, errURI
	}
	if u.User == "" {
		return nil, nil
	}
	o, _ := a[flags].Data.(options)
	q := m.query(strings.Clone(a.Str(0)), o, strings.Clone(u.User), strings.Clone(strings.TrimPrefix(u.Host, m.domainPrefix)))
	var found []string
	c.Block(func() {
		err = m.db.Select(c.Context(), q, func(row []db.Value) error {
			if user, host := db.Text(row[0]), db.Text(row[1]); user != "" && host != "" {
				found = append(found, "sip:"+user+"@"+host)
			}
			return nil
		})
	})
	return found, err
}

// query asks for what a user stands for. It keeps its arguments.
func (m *AliasDB) query(table string, o options, user, domain string) db.Query {
	from := [2]string{m.aliasUserColumn, m.aliasDomainColumn}
	to := [2]string{m.userColumn, m.domainColumn}
	if o.reverse {
		from, to = to, from
	}
	q := db.Query{Table: table, Columns: to[:], Where: []db.Cond{db.Is(from[0], user)}}
	if o.domain || m.useDomain != 0 && !o.user {
		q.Where = append(q.Where, db.Is(from[1], domain))
	}
	if m.appendBranches == 0 {
		q.Limit = 1
	}
	return q
}

// lookup is alias_db_lookup(table[, flags]).
func (m *AliasDB) lookup(c *module.Call, a module.Args) module.Result {
	found, err := m.ask(c, a, 1, c.Target.URI)
	if err != nil {
		return c.Fail("alias_db_lookup", err)
	}
	if len(found) == 0 {
		return module.False
	}
	c.Target.URI = c.Keep(found[0])
	for _, uri := range found[1:] {
		if most := c.Host.Core().MaxBranches; most > 0 && len(c.Branches)+1 >= most {
			return c.Fail("alias_db_lookup", errBranches)
		}
		c.Branches = append(c.Branches, transaction.Target{URI: c.Keep(uri), Q: transaction.QUnset})
	}
	return module.True
}

// find is alias_db_find(table, input, output[, flags]).
func (m *AliasDB) find(c *module.Call, a module.Args) module.Result {
	found, err := m.ask(c, a, 3, a.Str(1))
	if err != nil {
		return c.Fail("alias_db_find", err)
	}
	to, ok := a.Var(2).(module.Assignable)
	if !ok || len(found) == 0 {
		return module.False
	}
	for _, uri := range found {
		if err := to.Set(c, module.Index{}, avp.String(uri)); err != nil {
			return c.Fail("alias_db_find", err)
		}
	}
	return module.True
}
