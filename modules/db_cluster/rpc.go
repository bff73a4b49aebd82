// SPDX-License-Identifier: Apache-2.0

package db_cluster

import (
	"time"

	"github.com/kahea-sip/kahea/core/module"
)

func (m *Cluster) listClusters(r *module.Request) error {
	for i := len(m.clusters) - 1; i >= 0; i-- { // the last one first, as in Kamailio
		r.Struct().Add("cluster", m.clusters[i].name)
	}
	return nil
}

func (m *Cluster) listConnections(r *module.Request) error {
	if r.Len() < 1 {
		return module.Faultf(500, "Not enough parameters (cluster)")
	}
	c, err := m.named(r)
	if err != nil {
		return err
	}
	for i := len(c.members) - 1; i >= 0; i-- {
		c.members[i].connection.describe(r.Struct(), m.host.Core().Started)
	}
	return nil
}

// describe adds what is known of a connection. ticks is when it is used again, in
// seconds since the start.
func (c *connection) describe(s *module.Struct, started int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	state, ticks := "active", int64(0)
	if !c.isActive() {
		state, ticks = "inactive", c.until.Unix()-started
		if c.disabled {
			state = "disabled"
		}
	}
	open := 0
	if c.db != nil {
		open = 1
	}
	s.Add("connection", c.name).Add("url", c.url.String()).Add("flags", open).Add("state", state).Add("ticks", ticks).Add("ref", c.refs)
}

func (m *Cluster) disable(r *module.Request) error {
	if r.Len() < 3 {
		return module.Faultf(500, "Not enough parameters (cluster) (connection) (seconds)")
	}
	c, k, err := m.member(r)
	if err != nil {
		return err
	}
	seconds, err := r.Int(2)
	if err != nil || seconds < 0 || seconds > 1<<31 {
		return module.Faultf(500, "Wrong number of seconds")
	}
	others := false
	for _, other := range c.members {
		others = others || other.connection != k && other.connection.active()
	}
	if !others {
		return module.Faultf(500, "Cannot disable last active connection in a cluster")
	}
	k.leave(time.Duration(seconds) * time.Second)
	r.Add("Ok. Cluster connection disabled.")
	return nil
}

func (m *Cluster) enable(r *module.Request) error {
	if r.Len() < 2 {
		return module.Faultf(500, "Not enough parameters (cluster) (connection)")
	}
	_, k, err := m.member(r)
	if err != nil {
		return err
	}
	k.leave(0)
	r.Add("Ok. Cluster connection enabled.")
	return nil
}

func (m *Cluster) named(r *module.Request) (*cluster, error) {
	name, err := r.Str(0)
	if err != nil {
		return nil, err
	}
	if c := m.cluster(name); c != nil {
		return c, nil
	}
	return nil, module.Faultf(500, "Cluster not found")
}

func (m *Cluster) member(r *module.Request) (*cluster, *connection, error) {
	c, err := m.named(r)
	if err != nil {
		return nil, nil, err
	}
	name, err := r.Str(1)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range c.members {
		if k.name == name {
			return c, k.connection, nil
		}
	}
	return nil, nil, module.Faultf(500, "Cluster connection not found")
}
