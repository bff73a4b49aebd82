// SPDX-License-Identifier: Apache-2.0

package pv_test

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/scripttest"
)

const busy = "SIP/2.0 486 Busy Here\r\n" +
	"Via: SIP/2.0/UDP 127.0.0.1:25460;branch=z9hG4bKaaa\r\n" +
	"Via: SIP/2.0/UDP 127.0.0.1:25490;branch=z9hG4bKdef\r\n" +
	"From: <sip:alice@example.com>;tag=ft1\r\n" +
	"To: Bob <sip:bob@example.org>;tag=tt1\r\n" +
	"Call-ID: call1@host\r\nCSeq: 102 INVITE\r\nContent-Length: 0\r\n\r\n"

// TestReply has what the reference printed in reply_route.
func TestReply(t *testing.T) {
	env := scripttest.MustLoad(t, `loadmodule "pv.so"
loadmodule "probe.so"
reply_route {
	print("rs=$rs rr=$rr rsi=$rsi rm=$rm rmid=$rmid ru=$ru rU=$rU rd=$rd ou=$ou mt=$mt mts=$mts du=$du rv=$rv tt=$tt rb=$rb bs=$bs cl=$cl ds=$ds br=$br rp=$rp rP=$rP rz=$rz rUl=$rUl");
	if (status==486 && status=="486" && status=~"4.." && method=="INVITE" && $rs==486 && $rs>=400 && src_ip==myself) print("status");
	$var(x) = $rs + 1;
	print("$var(x) $via0(host) $via1(port) $viaZ(port)");
	if (uri==myself) print("uri");
}`, scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Prints{} }}})
	c := env.Call(t, busy)
	c.Target.URI = "sip:left@over" // as the transaction of a reply has it
	env.Run(t, c, module.CoreReplyRoute, "")
	want := "rs=486 rr=Busy Here rsi=486 rm=INVITE rmid=1 ru=<null> rU=<null> rd=<null> ou=<null> mt=2 mts=rp du=<null> rv=SIP/2.0 tt=tt1 rb= bs=0 cl=0 " +
		"ds=<null> br=<null> rp=<null> rP=<null> rz=<null> rUl=<null>\nstatus\n487 127.0.0.1 25490 25490"
	if got := strings.Join(env.Host.Lines(), "\n"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
