// SPDX-License-Identifier: Apache-2.0

package msilo

import (
	"testing"
	"time"
)

func TestParseSendTime(t *testing.T) {
	for text, want := range map[string]time.Time{
		"20060101201500":  time.Date(2006, 1, 1, 20, 15, 0, 0, time.Local),
		"20240229235959":  time.Date(2024, 2, 29, 23, 59, 59, 0, time.Local),
		"":                {},
		"2006010120150":   {},
		"200601012015000": {},
		"20061301201500":  {},
		"20230229000000":  {},
		"2006-1-1T201500": {},
		"tomorrow":        {},
	} {
		at, err := parseSendTime(text)
		if !at.Equal(want) && err == nil || (err != nil) != want.IsZero() {
			t.Errorf("%q is %v, %v, want %v", text, at, err, want)
		}
	}
}

func FuzzParseSendTime(f *testing.F) {
	f.Add("20060101201500")
	f.Fuzz(func(t *testing.T, text string) {
		if at, err := parseSendTime(text); err == nil && at.Format("20060102150405") != text {
			t.Errorf("%q is %v", text, at)
		}
	})
}

// TestDeliveries: a message is sent once at a time, and stays known from its 2xx on
// until it is deleted.
func TestDeliveries(t *testing.T) {
	d := newDeliveries()
	if !d.begin(1) || !d.begin(2) || d.begin(1) {
		t.Error("a message may be sent twice at once")
	}
	d.end(1, false)
	if !d.begin(1) {
		t.Error("a message that was refused may not be sent again")
	}
	d.end(2, true)
	d.end(1, true)
	if ids := d.accepted(); len(ids) != 2 || ids[0] != 1 || ids[1] != 2 || d.begin(1) {
		t.Errorf("accepted are %v, and one of them may be sent again", ids)
	}
	d.forget(1)
	if ids := d.accepted(); len(ids) != 1 || ids[0] != 2 {
		t.Errorf("accepted are %v after 1 is deleted", ids)
	}
}
