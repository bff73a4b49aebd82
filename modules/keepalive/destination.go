// SPDX-License-Identifier: Apache-2.0

package keepalive

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transaction"
)

// state is what is known of a destination. The numbers are those of keepalive.list.
type state int

const (
	unknown state = iota
	up
	down
)

// destination is a server that is watched.
type destination struct {
	uri, owner string
	task       *timer.Task

	// guarded by list.mu
	state             state
	failures          int
	asking            bool
	checked, up, down time.Time
}

// list are the destinations, the newest first.
type list struct {
	mu  sync.Mutex
	all []*destination // guarded by mu
}

var errURI = errors.New("it is no SIP URI")

// whole is a destination as a URI: without a scheme it is sip.
func whole(text string) (string, error) {
	if !strings.HasPrefix(text, "sip:") && !strings.HasPrefix(text, "sips:") {
		text = "sip:" + text
	}
	u, err := sip.ParseURI(text)
	if err != nil || !u.IsSIP() || u.Host == "" || strings.ContainsAny(text, " \t\r\n<>\"") {
		return "", errURI
	}
	return strings.Clone(text), nil
}

// find returns the destination, of any owner where none is given.
func (l *list) find(uri, owner string) *destination {
	for _, d := range l.all {
		if d.uri == uri && (owner == "" || d.owner == owner) {
			return d
		}
	}
	return nil
}

// state returns what is known of a destination; false where it is not watched.
func (l *list) state(uri, owner string) (state, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d := l.find(uri, owner); d != nil {
		return d.state, true
	}
	return unknown, false
}

// add puts a destination in; false where its owner has it there already.
func (l *list) add(d *destination) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.find(d.uri, d.owner) != nil {
		return false
	}
	l.all = append([]*destination{d}, l.all...)
	return true
}

// remove takes a destination out, nil where there is none.
func (l *list) remove(uri, owner string) *destination {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.find(uri, owner)
	if d != nil {
		l.all = slices.DeleteFunc(l.all, func(o *destination) bool { return o == d })
	}
	return d
}

// flush takes all out.
func (l *list) flush() []*destination {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.all
	l.all = nil
	return all
}

// watch begins to ask a destination; false where that is done already.
func (k *Keepalive) watch(uri, owner string) bool {
	d := &destination{uri: uri, owner: strings.Clone(owner)}
	d.task = k.host.Timers().Every("keepalive "+uri, k.every(), func() { k.ask(d) })
	if !k.list.add(d) {
		d.task.Stop()
		return false
	}
	k.host.Transactions().Go("keepalive", func() { k.ask(d) })
	return true
}

// unwatch ends that; false where it was not watched.
func (k *Keepalive) unwatch(uri, owner string) bool {
	d := k.list.remove(uri, owner)
	if d == nil {
		return false
	}
	d.task.Stop()
	return true
}

// begin tells whether a destination is to be asked now: not while a request is on
// its way, and not after too many failures.
func (k *Keepalive) begin(d *destination) bool {
	k.list.mu.Lock()
	defer k.list.mu.Unlock()
	if d.asking || k.failures > 0 && d.failures > k.failures {
		return false
	}
	d.asking, d.checked = true, k.host.Clock().Now()
	return true
}

// end is told how it answered.
func (k *Keepalive) end(d *destination, answered bool) {
	now := k.host.Clock().Now()
	k.list.mu.Lock()
	defer k.list.mu.Unlock()
	d.asking = false
	if answered {
		k.ups.Inc()
		d.state, d.failures, d.up = up, 0, now
		return
	}
	k.downs.Inc()
	d.state, d.down = down, now
	if d.failures++; d.failures == k.failures+1 && k.failures > 0 {
		k.log.Warn("a destination is not asked any more", "uri", d.uri, "failures", d.failures)
	}
}

// ask sends a request.
func (k *Keepalive) ask(d *destination) {
	if !k.begin(d) {
		return
	}
	r := transaction.LocalRequest{Method: "OPTIONS", URI: d.uri, To: "<" + d.uri + ">", Gen: k.host.Generation(),
		From: "<" + k.from + ">;tag=" + k.host.Transactions().NewTag(), Events: transaction.LocalDone,
		Heard: func(n *transaction.Notice) { k.end(d, n.Code >= 200 && n.Code < 300) }}
	t, err := k.host.Transactions().Send(&r, nil)
	if t != nil {
		t.Unref()
	}
	if err != nil {
		k.end(d, false)
		k.log.Debug("a destination cannot be asked", "uri", d.uri, "err", err)
	}
}
