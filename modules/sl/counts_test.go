// SPDX-License-Identifier: Apache-2.0

package sl

import (
	"testing"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
)

func TestRepliesAreCountedOnce(t *testing.T) {
	s := New()
	set := counter.New()
	if err := set.Declare("sl", s.counts.entries()...); err != nil {
		t.Fatal(err)
	}
	for _, code := range []int{200, 404, 478, 478, 603, 100} {
		s.counts.add(code)
	}
	for name, want := range map[string]int64{"200_replies": 1, "2xx_replies": 0, "404_replies": 1, "4xx_replies": 2, "6xx_replies": 1, "1xx_replies": 1, "sent_replies": 6} {
		if got := set.Lookup("sl", name).Value(); got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
	r := &module.Request{}
	if err := s.rpcStats(r); err != nil {
		t.Fatal(err)
	}
	var names string
	for _, f := range r.Reply[0].(*module.Struct).Fields {
		names += f.Name + " "
	}
	if want := "200 202 2xx 300 301 302 3xx 400 401 403 404 407 408 483 4xx 500 5xx 6xx xxx "; names != want {
		t.Errorf("sl.stats lists %s, want %s", names, want)
	}
}
