// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"runtime"
	"sync"
	"weak"

	"github.com/kahea-sip/kahea/core/module"
)

// perCall keeps something for a Call beyond the function that made it, as
// Kamailio keeps it for a process. What it keeps goes with the Call.
type perCall[T any] struct {
	mu   sync.Mutex
	byID map[weak.Pointer[module.Call]]*T // guarded by mu; a *T belongs to its Call
}

// at returns what is kept for c, or nil.
func (p *perCall[T]) at(c *module.Call) *T {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byID[weak.Make(c)]
}

// make returns what is kept for c, empty at first.
func (p *perCall[T]) make(c *module.Call) *T {
	id := weak.Make(c)
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.byID[id]; t != nil {
		return t
	}
	if p.byID == nil {
		p.byID = map[weak.Pointer[module.Call]]*T{}
	}
	t := new(T)
	p.byID[id] = t
	runtime.AddCleanup(c, p.forget, id)
	return t
}

func (p *perCall[T]) forget(id weak.Pointer[module.Call]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.byID, id)
}
