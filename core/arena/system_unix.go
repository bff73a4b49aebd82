// SPDX-License-Identifier: Apache-2.0

//go:build unix

package arena

import "golang.org/x/sys/unix"

// systemMemory returns zero bytes of the system, or of the heap when it gives none.
func systemMemory(n int) []byte {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return make([]byte, n)
	}
	return b
}
