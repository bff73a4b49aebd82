// SPDX-License-Identifier: Apache-2.0

package slothash

import "testing"

// TestSlots compares with slots that htable.dump of the reference printed.
func TestSlots(t *testing.T) {
	for _, tt := range []struct {
		key         string
		slots, want uint32
	}{
		{"newb", 16, 14}, {"k1::y", 256, 90}, {"n", 256, 99}, {"i", 256, 100}, {"xi", 256, 117},
		{"big", 256, 128}, {"xs", 256, 142}, {"init", 256, 179}, {"i1", 256, 38},
	} {
		if got := Sum(tt.key, "") & (tt.slots - 1); got != tt.want {
			t.Errorf("%s is in slot %d of %d, want %d", tt.key, got, tt.slots, tt.want)
		}
	}
}

func BenchmarkSum(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if Sum("alice@example.org::auth_count", "") == 0 {
			b.Fatal("the hash is 0")
		}
	}
}
