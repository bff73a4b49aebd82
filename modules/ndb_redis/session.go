// SPDX-License-Identifier: Apache-2.0

package ndb_redis

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// session is a connection of one script: commands that change the connection
// itself may not be seen by others. A transaction (MULTI, WATCH) ends it with
// EXEC or DISCARD, everything else with the message.
type session struct {
	s      *server
	client *redis.Client
	serial uint64
	kept   bool // beyond EXEC
}

// sessions are all of them, to be closed at the end.
type sessions struct {
	mu  sync.Mutex
	all []*session // guarded by mu
}

var (
	opening = []string{"MULTI", "WATCH"}
	lasting = []string{"SELECT", "AUTH", "CLIENT", "READONLY", "READWRITE", "ASKING"}
	closing = []string{"EXEC", "DISCARD"}
)

// client returns the client for commands of a script that handles a message,
// and what to do after them.
func (o *sessions) client(st *state, serial uint64, requests []request) (_ *redis.Client, done func()) {
	st.sessions = slices.DeleteFunc(st.sessions, func(k *session) bool {
		if k.serial != serial {
			o.end(k)
			return true
		}
		return false
	})
	s := requests[0].s
	var k *session
	if i := slices.IndexFunc(st.sessions, func(k *session) bool { return k.s == s }); i >= 0 {
		k = st.sessions[i]
	}
	ends := false
	for _, r := range requests {
		verb := strings.ToUpper(r.words[0])
		opens, lasts := slices.Contains(opening, verb), slices.Contains(lasting, verb)
		if k == nil && (opens || lasts) {
			k = o.begin(st, s, serial)
		}
		if k != nil {
			k.kept = k.kept || lasts
		}
		ends = slices.Contains(closing, verb) || ends && !opens
	}
	if k == nil {
		return s.client, func() {}
	}
	return k.client, func() {
		if ends && !k.kept {
			st.sessions = slices.DeleteFunc(st.sessions, func(other *session) bool { return other == k })
			o.end(k)
		}
	}
}

func (o *sessions) begin(st *state, s *server, serial uint64) *session {
	k := &session{s: s, client: s.newClient(1), serial: serial}
	st.sessions = append(st.sessions, k)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, k)
	return k
}

func (o *sessions) end(k *session) {
	o.mu.Lock()
	o.all = slices.DeleteFunc(o.all, func(other *session) bool { return other == k })
	o.mu.Unlock()
	_ = k.client.Close() // its connection is of no more use
}

func (o *sessions) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var errs []error
	for _, k := range o.all {
		errs = append(errs, k.client.Close())
	}
	o.all = nil
	return errors.Join(errs...)
}
