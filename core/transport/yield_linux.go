// SPDX-License-Identifier: Apache-2.0

//go:build gc && !go1.27

package transport

import _ "unsafe" // for go:linkname

// yield is runtime.Gosched but for two things: the goroutine stays in the queue
// of its own P, and no thread is woken to look for work. It runs the timers of
// the P and stops for the collector as that does. The runtime keeps the name for
// gVisor and others (go.dev/issue/67401). A Go that this was not tried with has
// the plain form, yieldplain_linux.go.
//
//go:linkname yield runtime.goyield
func yield()
