// SPDX-License-Identifier: Apache-2.0

package pdt

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/prefix"
)

// areas are the prefixes of all source domains, in the order of their names.
// They never change.
type areas struct{ list []*area }

// area is a source domain: its prefixes, and the domain of each.
type area struct {
	source  string
	index   *prefix.Tree
	domains []string
}

// find returns the area of a source domain, nil for none.
func (a *areas) find(source string) *area {
	i, ok := slices.BinarySearchFunc(a.list, source, func(a *area, source string) int { return cmp.Compare(a.source, source) })
	if !ok {
		return nil
	}
	return a.list[i]
}

// builder collects the rows of a source domain.
type builder struct {
	prefixes, domains []string
	knownPrefixes     map[string]bool
	knownDomains      map[string]bool
}

// load reads the table.
func (p *PDT) load(ctx context.Context) (*areas, error) {
	builders := map[string]*builder{}
	q := db.Query{Table: p.table, Columns: []string{p.sourceColumn, p.prefixColumn, p.domainColumn}}
	err := p.db.Select(ctx, q, func(row []db.Value) error {
		source := db.Text(row[0])
		b := builders[source]
		if b == nil {
			b = &builder{knownPrefixes: map[string]bool{}, knownDomains: map[string]bool{}}
			builders[source] = b
		}
		return p.add(b, source, db.Text(row[1]), db.Text(row[2]))
	})
	a := new(areas)
	for source, b := range builders {
		if err != nil || len(b.prefixes) == 0 {
			continue
		}
		one := &area{source: source, domains: b.domains}
		if one.index, err = prefix.Build(p.alphabet, b.prefixes); err != nil {
			err = fmt.Errorf("source domain %s: %w", source, err)
		}
		a.list = append(a.list, one)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot load table %s: %w", p.table, err)
	}
	slices.SortFunc(a.list, func(a, b *area) int { return cmp.Compare(a.source, b.source) })
	return a, nil
}

// add takes a row, or logs why it is left out.
func (p *PDT) add(b *builder, source, prefix, domain string) error {
	again := b.knownPrefixes[prefix]
	switch {
	case source == "" || prefix == "" || domain == "":
		p.log.Error("a record with an empty column is left out", "sdomain", source, "prefix", prefix, "domain", domain)
		return nil
	case p.checkDomain && (again || b.knownDomains[domain]):
		p.log.Error("a record is left out: its source domain has the prefix or the domain already", "sdomain", source, "prefix", prefix, "domain", domain)
		return nil
	case again:
		return fmt.Errorf("source domain %s has prefix %q twice", source, prefix)
	}
	b.knownPrefixes[prefix], b.knownDomains[domain] = true, true
	b.prefixes, b.domains = append(b.prefixes, prefix), append(b.domains, domain)
	return nil
}
