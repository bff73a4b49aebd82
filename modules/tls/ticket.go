// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"crypto/rand"
	"crypto/tls"
	"sync"
	"time"
)

// ticketLife is how long a key makes tickets for sessions, and how long after
// that it still opens them.
const ticketLife = 24 * time.Hour

// tickets has the keys of the session tickets of a profile. crypto/tls has keys
// that it renews by itself, but for a configuration: each connection has its own,
// as it is to tell what it found of the peer.
type tickets struct {
	mu   sync.Mutex
	made time.Time  // guarded by mu; when keys[0] was
	keys [][32]byte // guarded by mu
}

// renew gives a configuration a new key when that is due.
func (t *tickets) renew(c *tls.Config) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := c.Time()
	if len(t.keys) > 0 && now.Sub(t.made) < ticketLife {
		return
	}
	var key [32]byte
	rand.Read(key[:])
	old := t.keys
	if now.Sub(t.made) >= 2*ticketLife {
		old = nil
	}
	t.keys = append([][32]byte{key}, old[:min(len(old), 1)]...)
	t.made = now
	c.SetSessionTicketKeys(t.keys)
}
