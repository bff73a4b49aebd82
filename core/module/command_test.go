// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
)

// TestMissing: who gives an argument of the wrong type is told which one, who gives
// none that it is missing.
func TestMissing(t *testing.T) {
	integer := func(r *module.Request, i int) error { _, err := r.Int(i); return err }
	float := func(r *module.Request, i int) error { _, err := r.Float(i); return err }
	text := func(r *module.Request, i int) error { _, err := r.Str(i); return err }
	long := strings.Repeat("x", 1000)
	for _, row := range []struct {
		read    func(r *module.Request, i int) error
		value   any
		missing string
	}{
		{integer, "abc", `500 argument 3: "abc" is no integer`},
		{integer, "1\n2", `500 argument 3: "1\n2" is no integer`},
		{integer, "", `500 argument 3: "" is no integer`},
		{integer, long, `500 argument 3: "` + long[:64] + `" is no integer`},
		{integer, module.List{}, "500 argument 3 is no integer"},
		{float, "abc", `500 argument 3: "abc" is no float`},
		{text, &module.Struct{}, "500 argument 3 is no string"},
	} {
		r := &module.Request{Args: []any{"t", "k", row.value}}
		if got := module.Missing(row.read(r, 2), "too few").Error(); got != row.missing {
			t.Errorf("%q: %s, want %s", row.value, got, row.missing)
		}
		if got := module.Missing(row.read(r, 3), "too few").Error(); got != "500 too few" {
			t.Errorf("without: %s", got)
		}
	}
	if got := module.Missing(nil, "too few").Error(); got != "500 too few" {
		t.Errorf("without an error: %s", got)
	}
}
