// SPDX-License-Identifier: Apache-2.0

package nathelper

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	_ "github.com/kahea-sip/kahea/modules/pv"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// TestRewriteContact: what Kamailio 5.6.3 gives for the same messages.
func TestRewriteContact(t *testing.T) {
	var script strings.Builder
	script.WriteString("loadmodule \"pv.so\"\nloadmodule \"prints.so\"\nloadmodule \"nathelper.so\"\nrequest_route {\n")
	paths := []string{"[1]", "[2]", "[3]", "[0]", "[-1]", "[1].nameaddr.uri", "[1].nameaddr.uri.port", "[1].nameaddr.uri.user"}
	for _, path := range paths {
		fmt.Fprintf(&script, "$var(x) = @nathelper.rewrite_contact%s;\nprint(\"$var(x)\");\n", path)
	}
	script.WriteString("}\n")
	env := scripttest.MustLoad(t, script.String(), scripttest.Options{Modules: map[string]module.New{"prints": func() module.Module { return scripttest.Prints{} }}})
	for _, row := range []struct {
		contacts string
		want     string
	}{
		{"Contact: <sip:alice@10.0.0.1:5062;transport=udp>;expires=7\r\n", "<sip:alice@S;transport=udp>;expires=7|||||sip:alice@S;transport=udp|5090|alice"},
		{"Contact: \"A\" <sip:alice@10.0.0.1>;q=0.5, <sip:bob@10.0.0.2:7>\r\nContact: sip:carl@10.0.0.3;x=1\r\n",
			"<sip:bob@S>|\"A\" <sip:alice@S>;q=0.5|sip:carl@S;x=1|||sip:bob@S|5090|bob"},
		{"Contact: *\r\n", "|||||||"},
		{"Contact: <tel:123>\r\n", "|||||||"},
		{"Contact: <sip:10.0.0.1>\r\n", "<sip:S>|||||sip:S|5090|"},
		{"Contact: <sip:a:pw@[::1]:7;p?h=1>\r\n", "<sip:a:pw@S;p?h=1>|||||sip:a:pw@S;p?h=1|5090|a"},
		{"Contact: ,,\r\nContact:\r\n", "|||||||"},
		{"", "|||||||"},
	} {
		got := strings.Join(env.Request(t, "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"+
			row.contacts+"Content-Length: 0\r\n\r\n"), "|")
		if want := strings.ReplaceAll(row.want, "S", "127.0.0.1:5090"); got != want {
			t.Errorf("%q: got\n%s\nwant\n%s", row.contacts, got, want)
		}
	}
}
