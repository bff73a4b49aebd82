// SPDX-License-Identifier: Apache-2.0

// Package memory decides how much of the machine's memory the process uses.
package memory

import (
	"bufio"
	"bytes"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// Machine is what the system says of memory, in bytes.
type Machine struct {
	// Container is the limit of the container, of its cgroup or one above it;
	// 0 where there is none.
	Container int64
	// Total is the memory of the machine; 0 where it is not known.
	Total int64
}

// Size is what the process may reckon with: the limit of the container, else
// the memory of the machine, else a gigabyte.
func (m Machine) Size() int64 {
	switch {
	case m.Container > 0:
		return m.Container
	case m.Total > 0:
		return m.Total
	}
	return 1 << 30
}

// Look reads what the system says; root is the folder /. What is not there, as
// off Linux, is 0.
func Look(root fs.FS) Machine {
	m := Machine{Total: total(root)}
	cgroups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return m
	}
	least := int64(math.MaxInt64)
	for line := range strings.Lines(string(cgroups)) {
		// hierarchy:controllers:path; version 2 has hierarchy 0 and no
		// controllers.
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(f) != 3:
		case f[0] == "0" && f[1] == "":
			least = min(least, climb(root, "sys/fs/cgroup", f[2], "memory.max"))
		case hasController(f[1], "memory"):
			least = min(least, climb(root, "sys/fs/cgroup/memory", f[2], "memory.limit_in_bytes"))
		}
	}
	// Version 1 says "no limit" by a number beyond any machine.
	if least < math.MaxInt64 && (m.Total == 0 || least < m.Total) {
		m.Container = least
	}
	return m
}

func hasController(list, name string) bool {
	for c := range strings.SplitSeq(list, ",") {
		if c == name {
			return true
		}
	}
	return false
}

// climb is the lowest limit of a cgroup and of those above it. Inside of a
// container only the lower end of a path may be mounted: what is not there is
// passed over, the mount itself is always looked at.
func climb(root fs.FS, mount, dir, file string) int64 {
	least := int64(math.MaxInt64)
	for dir = path.Clean("/" + dir); ; dir = path.Dir(dir) {
		if n, ok := number(root, path.Join(mount, dir, file)); ok {
			least = min(least, n)
		}
		if dir == "/" {
			return least
		}
	}
}

// number reads a file with a number; false for "max" too.
func number(root fs.FS, name string) (int64, bool) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	return n, err == nil && n > 0
}

// total is MemTotal of /proc/meminfo.
func total(root fs.FS) int64 {
	f, err := root.Open("proc/meminfo")
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if f := strings.Fields(s.Text()); len(f) >= 2 && f[0] == "MemTotal:" {
			n, err := strconv.ParseInt(f[1], 10, 64)
			if err != nil || n > math.MaxInt64>>10 {
				return 0
			}
			return n << 10
		}
	}
	return 0
}
