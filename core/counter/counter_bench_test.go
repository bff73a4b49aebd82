// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"sync/atomic"
	"testing"
)

func BenchmarkInc(b *testing.B) {
	s := New()
	var c Counter
	if err := s.Declare("g", Entry{Name: "c", Counter: &c}); err != nil {
		b.Fatal(err)
	}
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Inc()
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				c.Inc()
			}
		})
	})
}

// BenchmarkIncShared is the simple form that Counter is compared with.
func BenchmarkIncShared(b *testing.B) {
	var c atomic.Int64
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			c.Add(1)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				c.Add(1)
			}
		})
	})
}
