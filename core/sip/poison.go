// SPDX-License-Identifier: Apache-2.0

package sip

// Poison overwrites a buffer that is given back, so that tests see strings that outlived it.
func Poison(buf []byte) {
	for i := range buf {
		buf[i] = 0xDB
	}
}
