// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"bufio"
	"os"
	"runtime/debug"
	"strings"
	"testing"
)

// The mark stays on the heap when the memory that carried it is gone.
func TestPreferHugeMarksTheHeap(t *testing.T) {
	if b, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled"); err != nil || strings.Contains(string(b), "[never]") {
		if err := PreferHuge(64 << 20); err != nil {
			t.Log(err) // a kernel without such pages
		}
		return
	}
	before := marked(t)
	if err := PreferHuge(64 << 20); err != nil {
		t.Fatal(err)
	}
	debug.FreeOSMemory()
	if got := marked(t) - before; got < 1 {
		t.Error("no part of the process asks for large pages")
	}
	if err := PreferHuge(0); err != nil {
		t.Error(err)
	}
}

// marked counts the parts of the process that ask for large pages.
func marked(t *testing.T) (n int) {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if flags, ok := strings.CutPrefix(s.Text(), "VmFlags:"); ok && strings.Contains(flags+" ", " hg ") {
			n++
		}
	}
	return n
}
