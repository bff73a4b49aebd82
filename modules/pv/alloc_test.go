// SPDX-License-Identifier: Apache-2.0

package pv_test

import (
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/script/scripttest"
)

const usual = `
	if ($rU == $null || $ua =~ "friendly|scanner|sipcli") { exit; }
	if ($fU == "x" && $fd == "y" && $si == "10.0.0.1") { exit; }
	if ($tU != "bob" || $rd != "127.0.0.1" || $ci == "") { exit; }
	$avp(a) = $fU; $avp(b) = 5; $avp(a) = $null;
	$xavp(x=>y) = $rU;
	$var(u) = "sip:" + $rU + "@" + $si + ":" + $sp;
	if ($(var(u){uri.host}) != "127.0.0.1" || $(hdr(CSeq){s.select,1, }) != "INVITE") { exit; }
	if ($hdr(X-Nope) != $null || $cs != "102" || $hdr(Call-ID) == $null) { exit; }
	$rU = "carol"; $du = "sip:10.0.0.1:5060";
	if ($ru != "sip:carol@127.0.0.1:5060;transport=udp") { exit; }
	$shv(n) = 1;
`

// run returns a function that runs the route once for a fresh message.
func run(t testing.TB) func() {
	env := scripttest.MustLoad(t, "loadmodule \"pv.so\"\nrequest_route {\n"+usual+"\n}\n", scripttest.Options{})
	c := env.Call(t, scripttest.Invite)
	r, _ := env.Program.Lookup(module.RequestRoute, "")
	msg, packet := c.Msg, c.Packet
	return func() {
		packet.Buffer = transport.NewBuffer(0) // what the route makes lives there
		c.Reset(msg, packet)
		c.Target.URI = msg.RequestURI
		if env.Program.Run(c, r).Exit {
			t.Fatal("the route took a wrong way")
		}
		packet.Buffer.Release()
	}
}

// TestUsualStatementsAllocateLittle: one for the fields of an extended AVP and
// their list, one for a shared value.
func TestUsualStatementsAllocateLittle(t *testing.T) {
	if n := testing.AllocsPerRun(200, run(t)); n > 3 {
		t.Errorf("%v allocations per run", n)
	}
}

func BenchmarkUsualStatements(b *testing.B) {
	once := run(b)
	b.ReportAllocs()
	for b.Loop() {
		once()
	}
}
