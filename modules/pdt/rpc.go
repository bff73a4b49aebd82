// SPDX-License-Identifier: Apache-2.0

package pdt

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// rpcList lists the records whose columns begin with the arguments.
func (p *PDT) rpcList(r *module.Request) error {
	all := p.areas.Load()
	if len(all.list) == 0 {
		return module.Faultf(404, "No records")
	}
	var begin [3]string
	for i := range begin {
		if begin[i], _ = r.Str(i); begin[i] == "." {
			begin[i] = ""
		}
	}
	out := r.Struct()
	for _, a := range all.list {
		if !strings.HasPrefix(a.source, begin[0]) {
			continue
		}
		records := out.Add("SDOMAIN", a.source).Struct("RECORDS")
		a.index.Each(func(prefix []byte, key int) bool {
			if strings.HasPrefix(string(prefix), begin[1]) && strings.HasPrefix(a.domains[key], begin[2]) {
				records.Struct("ENTRY").Add("DOMAIN", a.domains[key]).Add("PREFIX", string(prefix))
			}
			return true
		})
	}
	return nil
}

// rpcReload reads the table anew; the old content serves until that is done.
func (p *PDT) rpcReload(r *module.Request) error {
	p.reload.Lock()
	defer p.reload.Unlock()
	a, err := p.load(r.Context)
	if err != nil {
		p.log.Error("the prefixes were not loaded again", "err", err)
		return module.Faultf(500, "Reload Failed")
	}
	p.areas.Store(a)
	return nil
}
