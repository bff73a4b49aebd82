// SPDX-License-Identifier: Apache-2.0

//go:build !gc || go1.27

package transport

import "runtime"

// yield is the plain form of what yield_linux.go has.
func yield() { runtime.Gosched() }
