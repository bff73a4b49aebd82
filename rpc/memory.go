// SPDX-License-Identifier: Apache-2.0

package rpc

import (
	"runtime/debug"
	"runtime/metrics"

	"github.com/kahea-sip/kahea/core/module"
)

// shmmem answers core.shmmem. Kamailio speaks of its shared memory pool; here
// the same words tell of the process's memory: total is the memory limit where
// one is set (GOMEMLIMIT, -m), else what was obtained from the system; used are
// the living and not yet collected objects; real_used is what was obtained less
// what was given back.
func shmmem(r *module.Request) error {
	div, err := memoryUnit(r)
	if err != nil {
		return err
	}
	s := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(s)
	held, released, used, free := s[0].Value.Uint64(), s[1].Value.Uint64(), s[2].Value.Uint64(), s[3].Value.Uint64()
	total := held
	if limit := debug.SetMemoryLimit(-1); limit > 0 && limit < 1<<62 {
		total = uint64(limit)
		free = total - min(total, held-released)
	}
	r.Struct().
		Add("total", total/div).
		Add("free", free/div).
		Add("used", used/div).
		Add("real_used", (held-released)/div).
		Add("max_used", held/div).
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
