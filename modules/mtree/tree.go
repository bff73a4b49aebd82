// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/prefix"
)

// forest is all trees, in the order of their names. It never changes.
type forest struct {
	trees []*tree
}

// find returns the tree of a name, nil for none. There are few.
func (f *forest) find(name string) *tree {
	i, ok := slices.BinarySearchFunc(f.trees, name, func(t *tree, name string) int { return compareNames(t.spec.name, name) })
	if !ok {
		return nil
	}
	return f.trees[i]
}

// compareNames is the order in which the reference lists trees.
func compareNames(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

// tree is a loaded tree. It never changes, and apart from the text of all values
// it has no pointers for the garbage collector to follow.
type tree struct {
	spec  *spec
	index *prefix.Tree
	// starts has for each key of index the first of its items.
	starts []uint32
	items  []item
	text   string
	// loaded is when it was read, reloads how often.
	loaded  time.Time
	reloads int
}

// item is one value: place and length in text, destination and weight, or an
// integer.
type item struct{ a, b uint32 }

func (t *tree) of(key int) []item { return t.items[t.starts[key]:t.starts[key+1]] }

// value returns an item as the value of a variable.
func (t *tree) value(it item) module.Value {
	switch t.spec.kind {
	case integers:
		return avp.Number(int64(int32(it.a)))
	case weights:
		return avp.String(fmt.Sprintf("%d:%d", int32(it.a), int32(it.b)))
	}
	return avp.String(t.text[it.a : it.a+it.b])
}

func (t *tree) bytes() int { return t.index.Bytes() + 4*len(t.starts) + 8*len(t.items) + len(t.text) }

// maxPrefix is the longest prefix; maxShared bounds how many texts are looked up
// for being there already.
const (
	maxPrefix = 63
	maxShared = 1 << 16
)

// builder collects the rows of a tree.
type builder struct {
	spec     *spec
	prefixes []string
	items    []item
	text     []byte
	shared   map[string]item // texts that were added
}

func newBuilder(s *spec) *builder { return &builder{spec: s, shared: map[string]item{}} }

// errBadRecord is the error of a row that is left out.
type errBadRecord struct{ prefix, value, why string }

func (e *errBadRecord) Error() string {
	return fmt.Sprintf("a record is left out: prefix %q, value %q: %s", e.prefix, e.value, e.why)
}

// add takes a row. Rows that Kamailio passes over, too, are a *errBadRecord.
func (b *builder) add(prefix, value string) error {
	if prefix == "" || value == "" {
		return &errBadRecord{prefix, value, "one of them is empty"}
	}
	if len(prefix) > maxPrefix {
		return fmt.Errorf("prefix %q has more than %d signs", prefix, maxPrefix)
	}
	it, err := b.item(prefix, value)
	if err != nil {
		return err
	}
	b.prefixes, b.items = append(b.prefixes, prefix), append(b.items, it)
	return nil
}

func (b *builder) item(prefix, value string) (item, error) {
	switch b.spec.kind {
	case integers:
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return item{}, fmt.Errorf("value %q of prefix %q is no integer", value, prefix)
		}
		return item{a: uint32(n)}, nil
	case weights:
		id, weight, given := strings.Cut(value, ":")
		n, err := strconv.ParseInt(strings.TrimSpace(id), 10, 32)
		var w int64
		if err == nil && given {
			w, err = strconv.ParseInt(strings.TrimSpace(weight), 10, 32)
		}
		if err != nil {
			return item{}, &errBadRecord{prefix, value, "it is not of the form id:weight"}
		}
		return item{uint32(n), uint32(w)}, nil
	}
	if it, ok := b.shared[value]; ok {
		return it, nil
	}
	if uint64(len(b.text)+len(value)) > 1<<32-1 {
		return item{}, fmt.Errorf("the values have more than 4 GiB")
	}
	it := item{uint32(len(b.text)), uint32(len(value))}
	b.text = append(b.text, value...)
	if len(b.shared) < maxShared {
		b.shared[value] = it
	}
	return it, nil
}

// tree makes the tree of the rows so far.
func (b *builder) tree(m *Mtree) (*tree, error) {
	order := make([]uint32, len(b.prefixes))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortStableFunc(order, func(x, y uint32) int { return cmp.Compare(b.prefixes[x], b.prefixes[y]) })
	t := &tree{spec: b.spec, loaded: m.host.Clock().Now()}
	var keys []string
	for from := 0; from < len(order); {
		p := b.prefixes[order[from]]
		to := from + 1
		for to < len(order) && b.prefixes[order[to]] == p {
			to++
		}
		group := order[from:to]
		if len(group) > 1 && !m.duplicates || m.ignoreDuplicates {
			if !m.ignoreDuplicates {
				return nil, fmt.Errorf("prefix %q is there twice, and neither mt_allow_duplicates nor mt_ignore_duplicates is set", p)
			}
			if len(group) > 1 {
				m.log.Warn("a prefix is there again: its first value is taken", "prefix", p, "tree", b.spec.name)
			}
			group = group[:1]
		}
		keys = append(keys, p)
		t.starts = append(t.starts, uint32(len(t.items)))
		for _, i := range slices.Backward(group) { // the last one first
			t.items = append(t.items, b.items[i])
		}
		from = to
	}
	t.starts = append(t.starts, uint32(len(t.items)))
	t.text = string(b.text)
	var err error
	if t.index, err = prefix.Build(m.alphabet, keys); err != nil {
		return nil, err
	}
	return t, nil
}
