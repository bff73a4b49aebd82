// SPDX-License-Identifier: Apache-2.0

package rpc

import (
	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
)

// shmmem answers core.shmmem. Kamailio speaks of its shared memory pool; here
// the same words tell of the process's memory (counter.Memory).
func shmmem(r *module.Request) error {
	div, err := memoryUnit(r)
	if err != nil {
		return err
	}
	m := counter.ReadMemory()
	r.Struct().
		Add("total", m.Total/div).
		Add("free", m.Free/div).
		Add("used", m.Used/div).
		Add("real_used", m.RealUsed/div).
		Add("max_used", m.MaxUsed/div).
		Add("fragments", 1)
	return nil
}

func memoryUnit(r *module.Request) (uint64, error) {
	if r.Len() == 0 {
		return 1, nil
	}
	if _, ok := r.Args[0].(string); !ok {
		return 1, nil
	}
	switch s, _ := r.Str(0); s {
	case "b":
		return 1, nil
	case "k", "K":
		return 1 << 10, nil
	case "m", "M":
		return 1 << 20, nil
	case "g", "G":
		return 1 << 30, nil
	}
	return 0, module.Faultf(500, "bad param, (use b|k|m|g)")
}
