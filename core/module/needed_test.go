// SPDX-License-Identifier: Apache-2.0

package module

import "testing"

type loaded struct {
	Host
	modules map[string]Module
}

func (l loaded) Module(name string) Module { return l.modules[name] }

type exported struct{}

func (*exported) Exports() Exports { return Exports{} }

func TestNeeded(t *testing.T) {
	there := &exported{}
	h := loaded{modules: map[string]Module{"there": there}}
	if m, err := Needed[*exported](h, "there"); m != there || err != nil {
		t.Errorf("got %v, %v", m, err)
	}
	if _, err := Needed[*exported](h, "absent"); err == nil || err.Error() != "needs the module absent" {
		t.Errorf("one that is not loaded: %v", err)
	}
	if m, err := Needed[Starter](h, "there"); m != nil || err == nil {
		t.Errorf("one that cannot do it: %v, %v", m, err)
	}
}
