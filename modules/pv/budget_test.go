// SPDX-License-Identifier: Apache-2.0

package pv_test

import (
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// changed are 30 statements that look at a request through transformations.
const changed = `
	$var(u) = "sip:" + $rU + "@" + $si + ":" + $sp + ";transport=udp";
	if ($(var(u){uri.host}) != "127.0.0.1") { exit; }
	if ($(var(u){uri.user}) != "bob") { exit; }
	if ($(var(u){uri.port}) != "5090") { exit; }
	if ($(var(u){uri.params}{param.value,transport}) != "udp") { exit; }
	$var(n) = $(rU{s.len}); if ($var(n) != 3) { exit; }
	$var(a) = $(ru{s.substr,0,3}); if ($var(a) != "sip") { exit; }
	$var(b) = $(hdr(CSeq){s.select,1, }); if ($var(b) != "INVITE") { exit; }
	$var(c) = $(rm{s.tolower}); if ($var(c) != "invite") { exit; }
	$var(d) = $(var(c){s.toupper}); if ($var(d) != "INVITE") { exit; }
	$var(e) = $(cs{s.int}); if ($var(e) != 102) { exit; }
	$var(f) = $(fu{s.strip,4}); if ($var(f) == $null) { exit; }
	$var(g) = $(fu{s.striptail,3}); if ($var(g) == $null) { exit; }
	$var(h) = $(hdr(To){nameaddr.uri}); if ($var(h) == $null) { exit; }
	$var(i) = $(hdr(To){nameaddr.uri}{uri.user}); if ($var(i) != "bob") { exit; }
	if ($(rU{re.subst,/^([a-z]+)x$/\1/}) != "bob") { exit; }
	if ($(rU{s.prefixes}) == $null) { exit; }
	$var(j) = $(rU{s.replace,o,0}); if ($var(j) != "b0b") { exit; }
`

// TestTransformationsAllocateNothing: what a route makes lies in the memory of
// the message.
func TestTransformationsAllocateNothing(t *testing.T) {
	env := scripttest.MustLoad(t, "loadmodule \"pv.so\"\nrequest_route {\n"+changed+"\n}\n", scripttest.Options{})
	c := env.Call(t, scripttest.Invite)
	r, _ := env.Program.Lookup(module.RequestRoute, "")
	msg, packet := c.Msg, c.Packet
	n := testing.AllocsPerRun(200, func() {
		packet.Buffer = transport.NewBuffer(0)
		c.Reset(msg, packet)
		c.Target.URI = msg.RequestURI
		if env.Program.Run(c, r).Exit {
			t.Fatal("the route took a wrong way: ", c.Line)
		}
		packet.Buffer.Release()
	})
	if n != 0 {
		t.Errorf("%v allocations per run", n)
	}
}
