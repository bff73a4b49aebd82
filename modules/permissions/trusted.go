// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// trusted are the peers of a table, by source; they never change.
type trusted struct {
	bySource map[string][]peer
	sources  []string // in the order of the table
}

// peer is a row. A nil expression matches anything.
type peer struct {
	proto         protocol
	from, request *ere.Regexp
	tag           string
	hasTag        bool
	priority      int64
}

// protocol is that of a request or a row, by the number that commands show.
type protocol int

// The protocols. A row with protoNone never matches and is left out.
const (
	protoAny protocol = iota
	protoUDP
	protoTCP
	protoTLS
	protoSCTP
	protoWS
	protoWSS
	protoNone
)

var protocols = [...]string{"any", "udp", "tcp", "tls", "sctp", "ws", "wss", "none"}

func parseProtocol(text string) (protocol, bool) {
	i := slices.IndexFunc(protocols[:], func(p string) bool { return strings.EqualFold(p, text) })
	return protocol(i), i >= 0
}

var (
	errNoDatabase = errors.New("no trusted peers: db_url is not set")
	errProtocol   = errors.New("it is no protocol")
)

func (m *Permissions) trustedQuery() db.Query {
	return db.Query{Table: m.trustedTable, Columns: []string{m.sourceCol, m.protoCol, m.fromCol, m.requestCol, m.tagCol, m.priorityCol}}
}

// newPeer makes a peer of a row; ok is false for one that never matches.
func newPeer(row []db.Value) (p peer, ok bool, err error) {
	if p.proto, ok = parseProtocol(strings.TrimSpace(db.Text(row[1]))); !ok {
		return p, false, fmt.Errorf("%q: %w", db.Text(row[1]), errProtocol)
	}
	for i, to := range []**ere.Regexp{&p.from, &p.request} {
		if text := db.Text(row[2+i]); text != "" {
			if *to, err = ere.Compile(text, 0); err != nil {
				return p, false, err
			}
		}
	}
	p.tag, p.hasTag = db.Text(row[4]), row[4] != nil
	p.priority, _ = db.Int(row[5])
	return p, p.proto != protoNone, nil
}

// reloadTrusted reads the peers; those that are there stay when it fails.
func (m *Permissions) reloadTrusted(ctx context.Context) error {
	t := &trusted{bySource: map[string][]peer{}}
	err := m.db.Select(ctx, m.trustedQuery(), func(row []db.Value) error {
		p, ok, err := newPeer(row)
		if err != nil {
			return fmt.Errorf("table %s: %w", m.trustedTable, err)
		}
		source := db.Text(row[0])
		if !ok {
			return nil
		}
		if t.bySource[source] == nil {
			t.sources = append(t.sources, source)
		}
		t.bySource[source] = append(t.bySource[source], p)
		return nil
	})
	if err != nil {
		return err
	}
	for _, list := range t.bySource {
		sortPeers(list)
	}
	m.trusted.Store(t)
	return nil
}

func sortPeers(list []peer) {
	slices.SortStableFunc(list, func(a, b peer) int { return int(max(-1, min(1, b.priority-a.priority))) })
}

// askTrusted remembers that the script needs the table.
func (m *Permissions) askTrusted(module.Binder, module.Args) error {
	m.asks = true
	return nil
}

// allowTrusted is allow_trusted([source, proto[, uri]]).
func (m *Permissions) allowTrusted(c *module.Call, a module.Args) module.Result {
	if m.db == nil || m.backends&backendTrusted == 0 {
		return c.Fail("allow_trusted", errNoDatabase)
	}
	source, name := sip.AddrText(c.Packet.Src.Addr().Unmap()), c.Packet.Socket.Proto.String()
	if a[0].Given {
		source, name = a.Str(0), a.Str(1)
	}
	proto, ok := parseProtocol(name)
	if !ok || proto == protoNone {
		return c.Fail("allow_trusted", fmt.Errorf("%q: %w", name, errProtocol))
	}
	uri := a.Str(2)
	if !a[2].Given {
		from, err := c.Msg.From()
		if err != nil {
			return module.False
		}
		uri = from.URI
	}
	list, err := m.peers(c, source)
	if err != nil {
		return c.Fail("allow_trusted", err)
	}
	return m.match(c, list, proto, uri)
}

// peers are the peers of a source, the highest priority first.
func (m *Permissions) peers(c *module.Call, source string) (list []peer, err error) {
	if m.dbMode == 1 {
		if t := m.trusted.Load(); t != nil {
			list = t.bySource[source]
		}
		return list, nil
	}
	q := m.trustedQuery()
	q.Where = []db.Cond{db.Is(m.sourceCol, strings.Clone(source))}
	c.Block(func() {
		err = m.db.Select(c.Context(), q, func(row []db.Value) error {
			p, ok, err := newPeer(row)
			if ok && err == nil {
				list = append(list, p)
			}
			return err
		})
	})
	sortPeers(list)
	return list, err
}

// match looks for peers that fit; it leaves the tag of the first, in mode 1 of
// all.
func (m *Permissions) match(c *module.Call, list []peer, proto protocol, from string) module.Result {
	matches := module.Result(0)
	for i := range list {
		p := &list[i]
		if p.proto != protoAny && proto != protoAny && p.proto != proto ||
			p.from != nil && !p.from.MatchString(from) || p.request != nil && !p.request.MatchString(c.Target.URI) {
			continue
		}
		if p.hasTag {
			m.leave(c, p.tag)
		}
		if m.tagMode == 0 {
			return module.True
		}
		matches++
	}
	if matches == 0 {
		return module.False
	}
	return matches
}
