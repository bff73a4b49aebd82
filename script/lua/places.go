// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"sync"

	"github.com/kahea-sip/kahea/core/module"
)

// places are the lines of the scripts that something was said of. Who
// remembers them compares pointers.
type places struct {
	mu  sync.Mutex
	all map[module.Position]*module.Position // guarded by mu
}

func (p *places) init() { p.all = map[module.Position]*module.Position{} }

func (p *places) at(file string, line int, route string) *module.Position {
	key := module.Position{File: file, Line: line, Route: route}
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.all[key]
	if at == nil {
		at = &key
		p.all[key] = at
	}
	return at
}
