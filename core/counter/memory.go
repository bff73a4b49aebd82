// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"runtime/debug"
	"runtime/metrics"
)

// Memory are the figures of the process's memory, in bytes, under the names
// that Kamailio has for those of its shared memory pool.
type Memory struct {
	// Total is the memory limit where one is set (GOMEMLIMIT, -m), else Held.
	Total uint64
	// Free is what of Total is not in use.
	Free uint64
	// Used is taken by objects, living or not collected yet.
	Used uint64
	// RealUsed is what the system has given and not got back.
	RealUsed uint64
	// MaxUsed is all that was obtained from the system.
	MaxUsed uint64
}

// ReadMemory returns the figures of this moment.
func ReadMemory() Memory {
	s := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(s)
	held, released := s[0].Value.Uint64(), s[1].Value.Uint64()
	m := Memory{Total: held, Free: s[3].Value.Uint64(), Used: s[2].Value.Uint64(), RealUsed: held - released, MaxUsed: held}
	if limit := debug.SetMemoryLimit(-1); limit > 0 && limit < 1<<62 {
		m.Total = uint64(limit)
		m.Free = m.Total - min(m.Total, m.RealUsed)
	}
	return m
}

// MemoryEntries are the figures as the group shmem, where monitoring looks for
// them.
func MemoryEntries() []Entry {
	gauge := func(name, doc string, of func(Memory) uint64) Entry {
		return Entry{Group: "shmem", Name: name, Doc: doc, Gauge: func() int64 { return int64(of(ReadMemory())) }}
	}
	return []Entry{
		gauge("total_size", "Memory limit of the process where one is set, else what was obtained from the system, in bytes.", func(m Memory) uint64 { return m.Total }),
		gauge("used_size", "Memory taken by objects, in bytes.", func(m Memory) uint64 { return m.Used }),
		gauge("real_used_size", "Memory of the process, in bytes.", func(m Memory) uint64 { return m.RealUsed }),
		gauge("max_used_size", "Memory that was obtained from the system, in bytes.", func(m Memory) uint64 { return m.MaxUsed }),
		gauge("free_size", "Memory that is left, in bytes.", func(m Memory) uint64 { return m.Free }),
		gauge("fragments", "Always 1: the memory has no fragments to count.", func(Memory) uint64 { return 1 }),
	}
}
