// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"runtime"
	"runtime/metrics"

	glua "github.com/yuin/gopher-lua"
)

const (
	// maxText bounds each string that a script makes, in bytes.
	maxText = 64 << 20
	// maxGrowth bounds by how much the memory in use may grow while a script
	// that makes large strings runs.
	maxGrowth = 1 << 30
	// largeText is the size from which strings are counted, and growthStep
	// after how many bytes of them the memory in use is looked at: to look
	// costs more than to count.
	largeText  = 1 << 10
	growthStep = 256 << 20
)

// errText is what Lua says of a string that there is no memory for.
const errText = "not enough memory"

// memory is what the script of a message took. Strings that nobody has any more
// do not count: a script that puts a text together piece by piece makes many
// times what it keeps.
type memory struct {
	// made are the bytes since the last look, base what was in use at the
	// first one.
	made, base uint64
}

// memoryName is where functions of the library, which know nothing of the state
// but its registry, find the memory.
const memoryName = "(memory)"

func (s *state) countMemory() {
	s.lua.G.Registry.RawSetString(memoryName, &glua.LUserData{Value: &s.memory})
}

// room raises an error where a string of a size would take too much.
func room(l *glua.LState, size int) {
	if size < largeText {
		return
	}
	if size > maxText {
		l.RaiseError("%s", errText)
	}
	u, ok := l.G.Registry.RawGetString(memoryName).(*glua.LUserData)
	if !ok {
		return
	}
	m := u.Value.(*memory)
	if m.made += uint64(size); m.made >= growthStep {
		m.made = 0
		if m.grown() {
			l.RaiseError("%s", errText)
		}
	}
}

// grown tells that what is in use grew too much since the first look.
func (m *memory) grown() bool {
	const objects, live = "/memory/classes/heap/objects:bytes", "/gc/heap/live:bytes"
	if m.base == 0 {
		m.base = inUse(live)
	}
	if inUse(objects) < m.base+maxGrowth {
		return false
	}
	runtime.GC() // only what is still reachable counts
	return inUse(live) >= m.base+maxGrowth
}

func inUse(metric string) uint64 {
	sample := []metrics.Sample{{Name: metric}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
