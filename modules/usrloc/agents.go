// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"errors"
	"strings"
	"sync"
)

// agents keeps each User-Agent text once: there are a few hundred of them in a
// million registrations. A text is freed when the last contact with it is.
//
// Pages never move, so that text needs no lock: who knows a number has it from
// a record, under the lock of the shard that the number was stored under.
type agents struct {
	pages [1 << 14]*[agentPage]agent

	mu     sync.Mutex
	byText map[string]uint32 // guarded by mu
	free   []uint32          // guarded by mu
	next   uint32            // guarded by mu; 0 is the absent text
}

type agent struct {
	text string
	refs int32 // guarded by agents.mu
}

const agentPage = 1 << 8

var errAgents = errors.New("too many different user agents")

// text returns the text of a number. It outlives the record.
func (a *agents) text(n uint32) string {
	if n == 0 {
		return ""
	}
	return a.pages[n/agentPage][n%agentPage].text
}

// take returns the number of a text and counts one more use.
func (a *agents) take(text string) (uint32, error) {
	if text == "" {
		return 0, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if n, ok := a.byText[text]; ok {
		a.pages[n/agentPage][n%agentPage].refs++
		return n, nil
	}
	n := a.next + 1
	if k := len(a.free); k > 0 {
		n, a.free = a.free[k-1], a.free[:k-1]
	} else {
		if int(n/agentPage) == len(a.pages) {
			return 0, errAgents
		}
		a.next = n
		if a.pages[n/agentPage] == nil {
			a.pages[n/agentPage] = new([agentPage]agent)
		}
	}
	text = strings.Clone(text)
	a.pages[n/agentPage][n%agentPage] = agent{text, 1}
	a.byText[text] = n
	return n, nil
}

// drop counts one use less.
func (a *agents) drop(n uint32) {
	if n == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	p := &a.pages[n/agentPage][n%agentPage]
	if p.refs--; p.refs == 0 {
		delete(a.byText, p.text)
		*p = agent{}
		a.free = append(a.free, n)
	}
}
