// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// perSecond is how many registrations a load sends in a second.
const perSecond = 500

// mostWaiting is how many registrations may wait for an answer: what a server
// misses in ten seconds. Beyond it nobody new registers, as a machine that other
// work keeps busy would never catch up.
const mostWaiting = 10 * perSecond

// load registers users at a steady pace, whether those before are answered or
// not, as many phones do that know nothing of each other. Like a phone it repeats
// what is not answered, after pauses that double.
type load struct {
	p    *phone
	uri  string
	sent atomic.Int64
	stop chan struct{} // closed: nobody new registers
	done chan struct{} // closed: all is answered, or patience is over

	mu       sync.Mutex
	waiting  map[string]*registration // guarded by mu: by branch
	answered []string                 // guarded by mu: with 200
	others   []string                 // guarded by mu: other replies
	ended    sync.WaitGroup
}

// registration waits for its reply.
type registration struct {
	user, text string
	next       time.Time // it is sent again
	pause      time.Duration
}

func beginLoad(t *testing.T, server *refserver.Server) *load {
	l := &load{p: newPhone(t, server.Addr()), uri: "sip:" + server.Addr(), stop: make(chan struct{}), done: make(chan struct{}), waiting: map[string]*registration{}}
	l.ended.Go(func() { l.send(t.Context()) })
	l.ended.Go(l.receive)
	return l
}

// send keeps the pace by the clock: what a slow machine could not send in time is
// sent as soon as it can.
func (l *load) send(ctx context.Context) {
	defer close(l.done)
	begin, pace := time.Now(), time.NewTicker(time.Second/perSecond)
	defer pace.Stop()
	var last time.Time // of the repetitions, once nobody new registers
	for {
		var now time.Time
		select {
		case <-ctx.Done(): // the test has failed
			return
		case now = <-pace.C:
		}
		select {
		case <-l.stop:
			if last.IsZero() {
				last = now.Add(patience)
			}
		default:
			for due := int64(now.Sub(begin) * perSecond / time.Second); l.sent.Load() < due && l.register(now); l.sent.Add(1) {
			}
		}
		if l.repeat(now) == 0 && !last.IsZero() || !last.IsZero() && now.After(last) {
			return
		}
	}
}

// register registers the next user, if not too many wait.
func (l *load) register(now time.Time) bool {
	user := fmt.Sprint("u", l.sent.Load())
	aor := "sip:" + user + "@" + l.p.server.String()
	text := l.p.request("REGISTER", l.uri, aor, aor, "Contact: <sip:"+user+"@"+l.p.addr()+">\r\n")
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == mostWaiting {
		return false
	}
	l.waiting[between(text, "branch=", ";")] = &registration{user, text, now.Add(repeatAfter), repeatAfter}
	l.p.send(text)
	return true
}

// repeat sends again what was not answered in time, and tells how many wait.
func (l *load) repeat(now time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.waiting {
		if now.After(r.next) {
			r.pause = min(2*r.pause, 8*repeatAfter) // RFC 3261 17.1.2.2: up to T2
			r.next = now.Add(r.pause)
			l.p.send(r.text)
		}
	}
	return len(l.waiting)
}

func (l *load) receive() {
	go func() {
		<-l.done
		l.p.conn.SetReadDeadline(time.Now())
	}()
	buf := make([]byte, 1<<16)
	for {
		n, err := l.p.conn.Read(buf)
		if err != nil {
			return
		}
		l.take(string(buf[:n]))
	}
}

// take notes a reply.
func (l *load) take(reply string) {
	branch := between(reply, "branch=", ";")
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.waiting[branch]
	if r == nil || strings.HasPrefix(reply, "SIP/2.0 1") {
		return
	}
	delete(l.waiting, branch)
	if strings.HasPrefix(reply, "SIP/2.0 200 ") {
		l.answered = append(l.answered, r.user)
		return
	}
	l.others = append(l.others, r.user+": "+strings.SplitN(reply, "\r\n", 2)[0])
}

// await waits until so many more have registered.
func (l *load) await(t *testing.T, more int64) {
	t.Helper()
	want := l.sent.Load() + more
	for end := time.Now().Add(patience); l.sent.Load() < want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d of %d registrations are sent", l.sent.Load(), want)
		}
	}
}

// end ends the load when all that was sent is answered.
func (l *load) end(t *testing.T) {
	t.Helper()
	close(l.stop)
	l.ended.Wait()
	t.Logf("%d registrations", l.sent.Load())
	if len(l.waiting)+len(l.others) > 0 {
		t.Errorf("of %d registrations %d have no answer, and others another one than 200: %v", l.sent.Load(), len(l.waiting), l.others)
	}
}

// allStored waits until all that was answered 200, and others, have a row, and
// only one.
func (l *load) allStored(t *testing.T, s *store, others ...string) {
	t.Helper()
	all := append(l.answered[:len(l.answered):len(l.answered)], others...)
	var missing, twice []string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		rows := map[string]int{}
		for _, user := range s.rows(t, "SELECT username FROM location") {
			rows[user]++
		}
		missing, twice = nil, nil
		for _, user := range all {
			switch {
			case rows[user] == 0:
				missing = append(missing, user)
			case rows[user] > 1:
				twice = append(twice, user)
			}
		}
		if missing == nil {
			break
		}
	}
	if len(missing)+len(twice) > 0 {
		t.Errorf("of %d registrations that were answered 200, %d are missing and %d are there twice: %v %v", len(all), len(missing), len(twice), missing, twice)
	}
}
