// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"bytes"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
)

// TestRoom: what is there stays, there is room for what was asked for, and
// AppendLarge appends as append does.
func TestRoom(t *testing.T) {
	for _, n := range []int{0, 1, 1 << 10, 700 << 10} {
		old := bytes.Repeat([]byte("0123456"), n/7)
		for _, more := range []int{0, 5, 600 << 10} {
			b := module.Room(old, more)
			if !bytes.Equal(b, old) || cap(b)-len(b) < more {
				t.Errorf("%d bytes with room for %d: got %d and room for %d", len(old), more, len(b), cap(b)-len(b))
			}
			src := bytes.Repeat([]byte("x"), more)
			if got := module.AppendLarge(bytes.Clone(old), src); !bytes.Equal(got, append(bytes.Clone(old), src...)) {
				t.Errorf("%d bytes behind %d are not what append makes", more, len(old))
			}
		}
	}
}
