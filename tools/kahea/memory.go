// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/kahea-sip/kahea/core/memory"
)

// trimInterval is how often the load is looked at to give memory back.
const trimInterval = 10 * time.Second

// hugeHeap is how much of the heap shall lie in large pages, at most.
const hugeHeap = 512 << 20

// transactionMemory is the bound of what transactions hold, in bytes: what the
// operator gives by -m or shm_mem_size in megabytes, else half of what there
// is.
func transactionMemory(megabytes int, m memory.Machine) int64 {
	if megabytes > 0 {
		return int64(megabytes) << 20
	}
	return m.Size() / 2
}

// keepMemory sets the garbage collector for this process, and has memory given
// back when load has gone, until stop is called. It is no part of boot: tests
// boot several servers in one process.
func (s *server) keepMemory() (stop func()) {
	m := memory.Here()
	plan := memory.PlanFor(m, os.Getenv)
	reset := plan.Start()
	s.log.LogAttrs(context.Background(), slog.LevelInfo, "memory",
		slog.Int64("machine", m.Total), slog.Int64("container", m.Container),
		slog.Int64("limit", debug.SetMemoryLimit(-1)), slog.Int64("floor", plan.Floor),
		slog.Int64("transactions", transactionMemory(s.cfg.settings.SharedMemory, m)))
	s.goer.start("memory", func() {
		if err := memory.PreferHuge(min(hugeHeap, m.Size()/8)); err != nil {
			s.log.Debug("no large pages for the heap", "err", err)
		}
		// What reading the configuration took is of no use any more, either.
		debug.FreeOSMemory()
	})
	var trimmer memory.Trimmer
	seen := s.engine.Messages()
	task := s.wheel.Every("memory", trimInterval, func() {
		now := s.engine.Messages()
		load := memory.Load{Messages: now - seen, Held: s.tx.Memory()}
		seen = now
		if trimmer.Sample(load, s.tx.Trim) {
			s.log.Debug("memory was given back", "messages", load.Messages, "held", load.Held)
		}
	})
	return func() {
		task.Stop()
		reset()
	}
}
