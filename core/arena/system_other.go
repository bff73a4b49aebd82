// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package arena

// systemMemory returns zero bytes.
func systemMemory(n int) []byte { return make([]byte, n) }
