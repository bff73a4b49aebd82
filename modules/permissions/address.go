// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gaissmai/bart"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// entry is a record of the addresses: a prefix or the name of a domain.
type entry struct {
	group, port int
	prefix      netip.Prefix
	domain      string
	tag         string
	hasTag      bool
}

// whole tells whether the entry is one address.
func (e *entry) whole() bool { return e.prefix.IsValid() && e.prefix.IsSingleIP() }

// addresses are all of them; they never change. Of those that match the first
// counts: whole addresses before prefixes, lower groups before higher ones,
// then as they were read.
type addresses struct {
	all      []entry
	prefixes bart.Table[[]int] // numbers of entries, rising
	domains  map[string][]int
}

var (
	errNotLoaded = errors.New("no addresses are loaded: neither db_url nor address_file is set")
	errAddress   = errors.New("it is neither an address nor the name of a domain")
)

func newAddresses(all []entry, maxSubnets int) (*addresses, error) {
	slices.SortStableFunc(all, func(a, b entry) int {
		if a.whole() != b.whole() {
			if a.whole() {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.group, b.group)
	})
	t := &addresses{all: all, domains: map[string][]int{}}
	subnets := 0
	for i := range all {
		e := &all[i]
		if !e.prefix.IsValid() {
			t.domains[e.domain] = append(t.domains[e.domain], i)
			continue
		}
		if !e.whole() {
			subnets++
		}
		t.prefixes.Modify(e.prefix, func(list []int, _ bool) ([]int, bool) { return append(list, i), false })
	}
	if subnets > maxSubnets {
		return nil, fmt.Errorf("there are %d prefixes among the addresses, max_subnets allows %d", subnets, maxSubnets)
	}
	return t, nil
}

// anyGroup asks for an entry of whichever group.
const anyGroup = -1

// find returns the first entry of a group for an address, nil for none.
func (t *addresses) find(a netip.Addr, port, group int) *entry {
	a = a.Unmap().WithZone("")
	best := len(t.all)
	for _, list := range t.prefixes.Supernets(netip.PrefixFrom(a, a.BitLen())) {
		best = t.first(list, best, port, group)
	}
	return t.at(best)
}

// findDomain is find for the name of a domain.
func (t *addresses) findDomain(name string, port, group int) *entry {
	return t.at(t.first(t.domains[name], len(t.all), port, group))
}

func (t *addresses) at(i int) *entry {
	if i == len(t.all) {
		return nil
	}
	return &t.all[i]
}

// first is the lowest of the numbers below best whose entry fits.
func (t *addresses) first(list []int, best, port, group int) int {
	for _, i := range list {
		if i >= best {
			break
		}
		if e := &t.all[i]; (group == anyGroup || e.group == group) && (e.port == 0 || e.port == port) {
			return i
		}
	}
	return best
}

// newEntry makes an entry of the fields of a record; a mask of 0 is the whole
// address.
func newEntry(group int, text string, mask, port int) (entry, error) {
	e := entry{group: group, port: port}
	if group < 0 || port < 0 || port > 65535 {
		return e, fmt.Errorf("group %d or port %d is out of range", group, port)
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		if text == "" || strings.ContainsAny(text, " \t/:[]") {
			return e, fmt.Errorf("%q: %w", text, errAddress)
		}
		e.domain = text
		return e, nil
	}
	a = a.Unmap().WithZone("")
	if mask == 0 {
		mask = a.BitLen()
	}
	if e.prefix, err = a.Prefix(mask); err != nil {
		return e, fmt.Errorf("%s: %d is no length of a prefix", text, mask)
	}
	return e, nil
}

// reloadAddresses reads the addresses; those that are there stay when it fails.
func (m *Permissions) reloadAddresses(ctx context.Context) error {
	all, err := m.readAddresses(ctx)
	if err != nil {
		return err
	}
	t, err := newAddresses(all, m.maxSubnets)
	if err != nil {
		return err
	}
	m.addresses.Store(t)
	return nil
}

func (m *Permissions) readAddresses(ctx context.Context) (all []entry, err error) {
	if m.addressFile != "" {
		text, err := os.ReadFile(m.path(m.addressFile))
		if err != nil {
			return nil, err
		}
		return parseAddresses(string(text), m.path(m.addressFile))
	}
	q := db.Query{Table: m.addressTable, Columns: []string{m.groupCol, m.addressCol, m.maskCol, m.portCol, m.tagCol}}
	err = m.db.Select(ctx, q, func(row []db.Value) error {
		group, _ := db.Int(row[0])
		mask, _ := db.Int(row[2])
		port, _ := db.Int(row[3])
		e, err := newEntry(int(group), strings.TrimSpace(db.Text(row[1])), int(mask), int(port))
		if err != nil {
			return fmt.Errorf("table %s: %w", m.addressTable, err)
		}
		e.tag, e.hasTag = db.Text(row[4]), row[4] != nil
		all = append(all, e)
		return nil
	})
	return all, err
}

// parseAddresses reads an address file. A line is
//
//	group address [mask [port [tag]]]
//
// and "#" begins a comment.
func parseAddresses(text, name string) (all []entry, err error) {
	n := 0
	for line := range strings.Lines(text) {
		n++
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		e, err := parseAddress(f)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		all = append(all, e)
	}
	return all, nil
}

var errLine = errors.New("expected a group, an address, and perhaps mask, port and tag")

func parseAddress(f []string) (e entry, err error) {
	if len(f) < 2 || len(f) > 5 {
		return e, errLine
	}
	numbers := [3]int{}
	for i, field := range [3]int{0, 2, 3} {
		if field < len(f) {
			if numbers[i], err = strconv.Atoi(f[field]); err != nil {
				return e, fmt.Errorf("%q is no number", f[field])
			}
		}
	}
	if e, err = newEntry(numbers[0], f[1], numbers[1], numbers[2]); err != nil {
		return e, err
	}
	if len(f) == 5 {
		e.tag, e.hasTag = f[4], true
	}
	return e, nil
}

// look finds an entry for the text of an address or domain.
func (t *addresses) look(text string, port, group int) *entry {
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		return t.findDomain(text, port, group)
	}
	return t.find(a, port, group)
}

// allowAddress is allow_address(group, address, port).
func (m *Permissions) allowAddress(c *module.Call, a module.Args) module.Result {
	t := m.addresses.Load()
	if t == nil {
		return c.Fail("allow_address", errNotLoaded)
	}
	return m.found(c, t.look(a.Str(1), a.Int(2, 0), a.Int(0, 0)))
}

// allowSource is allow_source_address([group]).
func (m *Permissions) allowSource(c *module.Call, a module.Args) module.Result {
	t := m.addresses.Load()
	if t == nil {
		return c.Fail("allow_source_address", errNotLoaded)
	}
	return m.found(c, t.find(c.Packet.Src.Addr(), int(c.Packet.Src.Port()), a.Int(0, 1)))
}

// sourceGroup is allow_source_address_group().
func (m *Permissions) sourceGroup(c *module.Call, _ module.Args) module.Result {
	t := m.addresses.Load()
	if t == nil {
		return c.Fail("allow_source_address_group", errNotLoaded)
	}
	return m.group(c, t.find(c.Packet.Src.Addr(), int(c.Packet.Src.Port()), anyGroup))
}

// addressGroup is allow_address_group(address, port).
func (m *Permissions) addressGroup(c *module.Call, a module.Args) module.Result {
	t := m.addresses.Load()
	if t == nil {
		return c.Fail("allow_address_group", errNotLoaded)
	}
	return m.group(c, t.look(a.Str(0), a.Int(1, 0), anyGroup))
}

// found leaves the tag of what matched.
func (m *Permissions) found(c *module.Call, e *entry) module.Result {
	if e == nil {
		return module.False
	}
	if e.hasTag {
		m.leave(c, e.tag)
	}
	return module.True
}

// group is the group of what matched.
func (m *Permissions) group(c *module.Call, e *entry) module.Result {
	if e == nil {
		return module.False
	}
	m.found(c, e)
	return module.Result(e.group)
}

// leave assigns a tag.
func (m *Permissions) leave(c *module.Call, tag string) {
	to, ok := m.tag.(module.Assignable)
	if !ok {
		return
	}
	if err := to.Set(c, module.Index{}, avp.String(tag)); err != nil {
		c.Fail("peer_tag_avp", err)
	}
}
