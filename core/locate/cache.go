// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/timer"
)

// failureTTL limits how long it is remembered that no server answered: long
// enough that a dead server does not hold up every message, short enough to
// see it come back.
const failureTTL = 10 * time.Second

// cache keeps answers, and merges questions that are asked at the same time.
type cache struct {
	clock timer.Clock

	mu      sync.RWMutex
	answers map[question]*answer // guarded by mu
	asked   map[question]*flight // guarded by mu
}

// answer does not change once it is in the cache, but for used.
type answer struct {
	records []Record
	err     error         // ErrNotFound or another, then there are no records
	expires time.Duration // on the clock; forever for permanent ones
	used    atomic.Int64  // when it was last asked for, on the clock
}

const forever = time.Duration(1<<63 - 1)

// flight is a question that is being asked.
type flight struct {
	done   chan struct{} // closed when answer is set
	answer *answer
}

func newCache(clock timer.Clock) *cache {
	return &cache{clock: clock, answers: map[question]*answer{}, asked: map[question]*flight{}}
}

// get returns what is known, or nil.
func (c *cache) get(q question) *answer {
	now := c.clock.Monotonic()
	c.mu.RLock()
	a := c.answers[q]
	c.mu.RUnlock()
	if a == nil || now >= a.expires {
		return nil
	}
	a.used.Store(int64(now))
	return a
}

// ask returns what ask finds out, asking once for all that want to know the
// same at the same time. The one that asks does so under its own context; if
// that ends, another one asks again.
func (c *cache) ask(ctx context.Context, q question, conf *Config, ask func(context.Context, question) ([]Record, error)) ([]Record, error) {
	for {
		c.mu.Lock()
		f := c.asked[q]
		if f == nil {
			// What was asked for may have come in since the caller looked.
			if a := c.answers[q]; a != nil && conf.Cache && c.clock.Monotonic() < a.expires {
				c.mu.Unlock()
				return a.records, a.err
			}
			break
		}
		c.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if !errors.Is(f.answer.err, context.Canceled) && !errors.Is(f.answer.err, context.DeadlineExceeded) {
			return f.answer.records, f.answer.err
		}
	}
	f := &flight{done: make(chan struct{}), answer: &answer{err: ErrServer}}
	q.host = strings.Clone(q.host) // it may be a view of a message
	c.asked[q] = f
	c.mu.Unlock()
	defer func() { // also when ask panics: others wait
		c.mu.Lock()
		delete(c.asked, q)
		c.mu.Unlock()
		close(f.done)
	}()
	rr, err := ask(ctx, q)
	f.answer = &answer{records: rr, err: err}
	c.keep(q, f.answer, conf, ttlOf(ctx))
	return rr, err
}

// ttlKey is the key of WithTTL.
type ttlKey struct{}

// WithTTL has what is found under the context kept for ttl, whatever the answer
// and the configuration say.
func WithTTL(ctx context.Context, ttl time.Duration) context.Context {
	return context.WithValue(ctx, ttlKey{}, ttl)
}

// ttlOf is the time of WithTTL, 0 for none.
func ttlOf(ctx context.Context) time.Duration {
	ttl, _ := ctx.Value(ttlKey{}).(time.Duration)
	return ttl
}

// keep puts an answer into the cache if the configuration allows it; for
// another time than its own where local is not 0.
func (c *cache) keep(q question, a *answer, conf *Config, local time.Duration) {
	ttl := lifetime(a, conf)
	if local > 0 && a.err == nil {
		ttl = local
	}
	if ttl <= 0 || !conf.Cache {
		return
	}
	now := c.clock.Monotonic()
	a.expires = now + min(ttl, forever-now)
	a.used.Store(int64(now))
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.answers[q]; !known && conf.MaxEntries > 0 && len(c.answers) >= conf.MaxEntries {
		if !c.makeRoom(now, conf.DeleteUnexpired) {
			return
		}
	}
	c.answers[q] = a
}

// lifetime is how long an answer is kept.
func lifetime(a *answer, conf *Config) time.Duration {
	switch {
	case a.err == nil:
		ttl := forever
		for i := range a.records {
			ttl = min(ttl, a.records[i].TTL)
		}
		return min(max(ttl, conf.MinTTL), conf.MaxTTL)
	case errors.Is(a.err, ErrNotFound):
		return conf.NegativeTTL
	case errors.Is(a.err, ErrServer):
		return min(conf.NegativeTTL, failureTTL)
	}
	return 0
}

// makeRoom removes what has expired, or if need be and allowed the answer
// that was not used for longest. c.mu is held.
func (c *cache) makeRoom(now time.Duration, unexpired bool) bool {
	if c.sweep(now) > 0 {
		return true
	}
	if !unexpired {
		return false
	}
	var oldest question
	at := int64(forever)
	for q, a := range c.answers {
		if used := a.used.Load(); used < at && a.expires != forever {
			oldest, at = q, used
		}
	}
	delete(c.answers, oldest)
	return at != int64(forever)
}

// sweep removes what has expired and says how many those were. c.mu is held.
func (c *cache) sweep(now time.Duration) int {
	n := 0
	for q, a := range c.answers {
		if now >= a.expires {
			delete(c.answers, q)
			n++
		}
	}
	return n
}
