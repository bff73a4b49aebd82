// SPDX-License-Identifier: Apache-2.0

package check

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
)

func TestStartOrder(t *testing.T) {
	m := func(name string, requires, after []string) *Module {
		return &Module{Name: name, Exports: module.Exports{Requires: requires, After: after}}
	}
	for _, row := range []struct {
		name    string
		modules []*Module
		want    string
	}{
		{"as loaded", []*Module{m("a", nil, nil), m("b", nil, nil)}, "a b"},
		{"required behind", []*Module{m("registrar", []string{"sl", "usrloc"}, nil), m("usrloc", nil, nil), m("sl", nil, nil)}, "sl usrloc registrar"},
		{"after, where it is there", []*Module{m("sl", nil, []string{"tm", "none"}), m("tm", nil, nil)}, "tm sl"},
		{"circle", []*Module{m("a", []string{"b"}, nil), m("b", []string{"a"}, nil)}, "b a"},
	} {
		var got []string
		for _, m := range startOrder(row.modules) {
			got = append(got, m.Name)
		}
		if s := strings.Join(got, " "); s != row.want {
			t.Errorf("%s: %s, want %s", row.name, s, row.want)
		}
	}
}
