// SPDX-License-Identifier: Apache-2.0

package avp

import "testing"

// TestFrozen: what many items share stays as it is, and the one that is
// changed gets a copy.
func TestFrozen(t *testing.T) {
	fields := new(Tree)
	fields.Add("uri", Item{Value: String("sip:a")})
	fields.Freeze()
	var one, other Tree
	one.Add("dst", Item{Fields: fields})
	other.Add("dst", Item{Fields: fields})

	own := one.At("dst", 0).Own()
	own.At("uri", 0).Value = String("sip:b")
	own.Add("extra", Item{Value: Number(1)})
	if got := one.At("dst", 0).Fields; got != own || got.At("uri", 0).Value.Str != "sip:b" || got.Len() != 2 {
		t.Errorf("the changed item has %v", got)
	}
	if got := other.At("dst", 0).Fields; got.At("uri", 0).Value.Str != "sip:a" || got.Len() != 1 {
		t.Errorf("the other item has %v", got)
	}
	if again := one.At("dst", 0).Own(); again != own {
		t.Error("a copy was copied again")
	}
	if (&Item{Value: Number(1)}).Own() != nil {
		t.Error("a plain value has fields")
	}
}
