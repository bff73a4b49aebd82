// SPDX-License-Identifier: Apache-2.0

package domain

import (
	"context"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// table is the content of the tables; it never changes.
type table struct {
	domains []*local          // in the order of the table
	byName  map[string]*local // by name in lower case
	attrs   map[string][]attribute
	ids     []string // that have attributes, in order
}

// local is a domain that the server is responsible for.
type local struct{ name, id string }

type attribute struct {
	name  string
	value avp.Value
}

// Types of attributes.
const (
	typeInteger = 0
	typeString  = 2
)

// longestName is more than a name in the DNS can have; what is longer is local
// to nobody.
const longestName = 256

// find returns a domain, in any case; nil for one that is not local.
func (t *table) find(name string) *local {
	if len(name) > longestName {
		return nil
	}
	var mem [longestName]byte
	low := mem[:0]
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		low = append(low, c)
	}
	return t.byName[string(low)]
}

// load reads the tables; what is there stays when it fails.
func (m *Domain) load(ctx context.Context) error {
	t := &table{byName: map[string]*local{}, attrs: map[string][]attribute{}}
	err := m.db.Select(ctx, db.Query{Table: m.domainTable, Columns: []string{m.domainColumn, m.idColumn}}, func(row []db.Value) error {
		d := &local{name: db.Text(row[0]), id: db.Text(row[1])}
		if d.name == "" {
			return fmt.Errorf("table %s: a domain has no name", m.domainTable)
		}
		if row[1] == nil {
			d.id = d.name
		}
		t.domains = append(t.domains, d)
		t.byName[strings.ToLower(d.name)] = d
		return nil
	})
	if err != nil {
		return err
	}
	q := db.Query{Table: m.attrsTable, Columns: []string{m.idColumn, m.nameColumn, m.typeColumn, m.valueColumn}}
	err = m.db.Select(ctx, q, func(row []db.Value) error {
		a, err := newAttribute(row)
		if err != nil {
			return fmt.Errorf("table %s: %w", m.attrsTable, err)
		}
		id := db.Text(row[0])
		if t.attrs[id] == nil {
			t.ids = append(t.ids, id)
		}
		t.attrs[id] = append(t.attrs[id], a)
		return nil
	})
	if err != nil {
		return err
	}
	m.table.Store(t)
	return nil
}

func newAttribute(row []db.Value) (attribute, error) {
	a := attribute{name: db.Text(row[1])}
	kind, ok := db.Int(row[2])
	switch {
	case a.name == "":
		return a, fmt.Errorf("an attribute of %q has no name", db.Text(row[0]))
	case ok && kind == typeString:
		a.value = avp.String(db.Text(row[3]))
	case ok && kind == typeInteger:
		n, ok := db.Int(row[3])
		if !ok {
			return a, fmt.Errorf("attribute %s of %q: %q is no integer", a.name, db.Text(row[0]), db.Text(row[3]))
		}
		a.value = avp.Number(n)
	default:
		return a, fmt.Errorf("attribute %s of %q: %q is no type, which is 0 or 2", a.name, db.Text(row[0]), db.Text(row[2]))
	}
	return a, nil
}

func (m *Domain) local(name string) module.Result {
	return module.Bool(m.table.Load().find(name) != nil)
}

// isFromLocal is is_from_local().
func (m *Domain) isFromLocal(c *module.Call, _ module.Args) module.Result {
	u, err := c.Msg.FromURI()
	if err != nil {
		return module.False
	}
	return m.local(u.Host)
}

// isURILocal is is_uri_host_local(): of the Request-URI, in a branch route that
// of the branch.
func (m *Domain) isURILocal(c *module.Call, _ module.Args) module.Result {
	u, err := c.ParseURI(c.Target.URI)
	if err != nil || u.IsTel() {
		return module.False
	}
	return m.local(u.Host)
}

// isLocal is is_domain_local(domain).
func (m *Domain) isLocal(_ *module.Call, a module.Args) module.Result { return m.local(a.Str(0)) }

// lookup is lookup_domain(domain[, prefix]).
func (m *Domain) lookup(c *module.Call, a module.Args) module.Result {
	t := m.table.Load()
	d := t.find(a.Str(0))
	if d == nil {
		return module.False
	}
	c.AVPs.Add(prefixed(c, a.Str(1), "did"), avp.String(d.id))
	for _, attr := range t.attrs[d.id] {
		c.AVPs.Add(prefixed(c, a.Str(1), attr.name), attr.value)
	}
	return module.True
}

// prefixed is the name of an AVP.
func prefixed(c *module.Call, prefix, name string) string {
	if prefix == "" {
		return name
	}
	return c.Keep(prefix + name)
}

func (m *Domain) rpcReload(r *module.Request) error {
	if err := m.load(r.Context); err != nil {
		m.host.Log().Error("reload failed, the domains that were loaded before stay", "module", "domain", "err", err)
		return module.Faultf(500, "Failed to reload domain tables")
	}
	return nil
}

func (m *Domain) rpcDump(r *module.Request) error {
	t := m.table.Load()
	domains := module.Rows{}
	for _, d := range t.domains {
		domains = append(domains, new(module.Struct).Add("domain", d.name).Add("did", d.id))
	}
	attrs := module.Rows{}
	for _, id := range t.ids {
		names := module.Rows{}
		for _, a := range t.attrs[id] {
			names = append(names, new(module.Struct).Add("", a.name))
		}
		attrs = append(attrs, new(module.Struct).Add("did", id).Add("attrs", names))
	}
	r.Struct().Add("domains", domains).Add("attributes", attrs)
	return nil
}
