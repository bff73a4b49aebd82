// SPDX-License-Identifier: Apache-2.0

package lwsc

import (
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/weblink"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// TestLimits: the times of the parameters are those that a server gets.
func TestLimits(t *testing.T) {
	for lines, want := range map[string]weblink.Limits{
		"": {Connect: 2 * time.Second, Reply: 2 * time.Second},
		"modparam(\"lwsc\", \"timeout_init\", 1500)\nmodparam(\"lwsc\", \"timeout_read\", 70)\n": {Connect: 1500 * time.Microsecond, Reply: 70 * time.Microsecond},
	} {
		env := scripttest.MustLoad(t, "loadmodule \"lwsc.so\"\n"+lines+"request_route { drop; }\n", scripttest.Options{})
		if got := env.Modules[0].Module.(*Client).limits(); got != want {
			t.Errorf("%q: %+v, want %+v", lines, got, want)
		}
	}
}

// TestMostServers: beyond the bound a server is asked all the same, and its connection is not kept.
func TestMostServers(t *testing.T) {
	var s servers
	for i := range maxServers {
		if _, kept := s.find(name{url: string(rune('a' + i))}); !kept {
			t.Fatalf("connections to server %d are not kept", i)
		}
	}
	one, kept := s.find(name{url: "ws://another/"})
	if kept || one.URL != "ws://another/" {
		t.Errorf("one more: %q, kept: %t", one.URL, kept)
	}
	if again, kept := s.find(name{url: "a"}); !kept || again.URL != "a" {
		t.Errorf("a known one: %q, kept: %t", again.URL, kept)
	}
}
