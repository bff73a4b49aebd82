// SPDX-License-Identifier: Apache-2.0

package db_cluster

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/db"
)

// cluster is a list of connections with what each is used for.
type cluster struct {
	name    string
	members []member
	// groups are the members for reading and for writing, the highest priority
	// first.
	read, write []*group
}

type member struct {
	name        string
	usage       string // as it is written
	connection  *connection
	read, write use
}

// use is priority and mode.
type use struct {
	priority int
	mode     byte
}

// group are the connections of one priority. The mode is that of the first one.
type group struct {
	mode        byte
	connections []*connection
	next        atomic.Uint32 // of mode r
}

const maxPriority = 9

// addConnection takes a parameter connection.
func (m *Cluster) addConnection(text string) error {
	name, url, ok := strings.Cut(text, "=>")
	name, url = strings.TrimSpace(name), strings.TrimSpace(url)
	if !ok || name == "" || url == "" {
		return fmt.Errorf("%q is not of the form name=>URL", text)
	}
	u, err := db.ParseURL(url)
	if err != nil {
		return fmt.Errorf("connection %s: %w", name, err)
	}
	if u.Scheme == "cluster" {
		return fmt.Errorf("connection %s: a cluster is no part of another one", name)
	}
	if m.connection(name) != nil {
		return fmt.Errorf("connection %s is defined twice", name)
	}
	m.connections = append(m.connections, &connection{m: m, name: name, url: u})
	return nil
}

// addCluster takes a parameter cluster.
func (m *Cluster) addCluster(text string) error {
	c, err := parseCluster(text)
	if err != nil {
		return err
	}
	if m.cluster(c.name) != nil {
		return fmt.Errorf("cluster %s is defined twice", c.name)
	}
	m.clusters = append(m.clusters, c)
	return nil
}

// parseCluster reads name=>connection=9s8p;connection=9s8p.
func parseCluster(text string) (*cluster, error) {
	name, list, ok := strings.Cut(text, "=>")
	c := &cluster{name: strings.TrimSpace(name)}
	if !ok || c.name == "" {
		return nil, fmt.Errorf("%q is not of the form name=>connection=9s8p;connection=9s8p", text)
	}
	for one := range strings.SplitSeq(list, ";") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		name, usage, _ := strings.Cut(one, "=")
		k := member{name: strings.TrimSpace(name), usage: strings.TrimSpace(usage)}
		if k.name == "" || len(k.usage) != 4 {
			return nil, fmt.Errorf("%q is not of the form connection=9s8p", one)
		}
		var err error
		if k.read, err = parseUse(k.usage[:2], "sr"); err == nil {
			k.write, err = parseUse(k.usage[2:], "srp")
		}
		if err != nil {
			return nil, fmt.Errorf("connection %s: %w", k.name, err)
		}
		c.members = append(c.members, k)
	}
	if c.members == nil {
		return nil, fmt.Errorf("cluster %s has no connections", c.name)
	}
	return c, nil
}

func parseUse(text, modes string) (use, error) {
	if text[0] < '0' || text[0] > '0'+maxPriority || !strings.Contains(modes, text[1:]) {
		return use{}, fmt.Errorf("%q is no priority from 0 to 9 with a mode of %q", text, modes)
	}
	return use{int(text[0] - '0'), text[1]}, nil
}

// resolve finds the connections of a cluster and orders them.
func (m *Cluster) resolve(c *cluster) error {
	for i := range c.members {
		k := &c.members[i]
		if k.connection = m.connection(k.name); k.connection == nil {
			return fmt.Errorf("db_cluster: cluster %s names connection %s, which no parameter connection defines", c.name, k.name)
		}
		k.connection.refs++
	}
	c.read = c.groups(func(k *member) use { return k.read })
	c.write = c.groups(func(k *member) use { return k.write })
	return nil
}

func (c *cluster) groups(of func(k *member) use) (all []*group) {
	for priority := maxPriority; priority > 0; priority-- {
		var g *group
		for i := range c.members {
			u := of(&c.members[i])
			if u.priority != priority {
				continue
			}
			if g == nil {
				g = &group{mode: u.mode}
				all = append(all, g)
			}
			g.connections = append(g.connections, c.members[i].connection)
		}
	}
	return all
}

// order are the connections of a group in the order in which they are tried.
func (g *group) order() []*connection {
	if g.mode != 'r' {
		return g.connections
	}
	n := int(g.next.Add(1)-1) % len(g.connections)
	return slices.Concat(g.connections[n:], g.connections[:n])
}

func (m *Cluster) connection(name string) *connection {
	if i := slices.IndexFunc(m.connections, func(c *connection) bool { return c.name == name }); i >= 0 {
		return m.connections[i]
	}
	return nil
}

func (m *Cluster) cluster(name string) *cluster {
	if i := slices.IndexFunc(m.clusters, func(c *cluster) bool { return c.name == name }); i >= 0 {
		return m.clusters[i]
	}
	return nil
}

var errInactive = errors.New("none of its connections is active")
