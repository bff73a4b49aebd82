// SPDX-License-Identifier: Apache-2.0

package siputils_test

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// sl stands in for the module that siputils wants.
type sl struct{}

// Exports implements module.Module.
func (sl) Exports() module.Exports { return module.Exports{} }

// TestLater has what came after the release that the records are of: the
// expectations are those of RFC 3966 and of the module's documentation.
func TestLater(t *testing.T) {
	second := strings.Replace(scripttest.Invite, "\r\nFrom:", "\r\nVia: SIP/2.0/UDP\r\nFrom:", 1)
	for _, tt := range []struct{ script, message, want string }{
		{`tel2sip2("tel:+(34)-999-888.777", "foo.com", "$var(r)"); print("$var(r)");`, scripttest.Invite, "sip:+34999888777@foo.com;user=phone"},
		{`tel2sip2("TEL:863-1234;z=A;Phone-Context=+1-914-555;b=2;EXT=12;a", "foo.com", "$var(r)"); print("$var(r)");`, scripttest.Invite,
			"sip:8631234;ext=12;phone-context=+1914555;a;b=2;z=a@foo.com;user=phone"},
		{`tel2sip2("tel:7042;phone-context=example.com;isub=1", "foo.com", "$var(r)"); print("$var(r)");`, scripttest.Invite, "sip:7042;isub=1@foo.com;user=phone"},
		{`$var(r)="left"; $var(n)="sip:a@b"; tel2sip2("$var(n)", "foo.com", "$var(r)"); print("$rc $var(r)");`, scripttest.Invite, "2 left"},
		{`if (sip_parse_headers()) print("whole");`, scripttest.Invite, "whole"},
		{`if (!sip_parse_headers()) print("broken");`, second, "broken"},
		{`if (!sip_parse_headers()) print("broken");`, strings.Replace(scripttest.Invite, "CSeq: 1", "CSeq: x", 1), "broken"},
	} {
		env := scripttest.MustLoad(t, load+"\nloadmodule \"probe.so\"\nrequest_route {\n"+tt.script+"\n}\n",
			scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Prints{} }, "sl": func() module.Module { return sl{} }}})
		if got := strings.Join(env.Request(t, tt.message), "\n"); got != tt.want {
			t.Errorf("%s\n got  %q\n want %q", tt.script, got, tt.want)
		}
	}
}
