// SPDX-License-Identifier: Apache-2.0

package pv_test

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	_ "github.com/kahea-sip/kahea/modules/pv"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// TestLater has what came after the release of the record in tools/reference,
// and what changes the message itself.
func TestLater(t *testing.T) {
	for _, tt := range []struct{ script, want string }{
		{`print("$(avp(nope){val.n0}) [$(avp(nope){val.ne})] $(avp(nope){val.n0}{s.len})");`, "0 [] 1"},
		{`$var(s)="a\"b\\c\n"; print("$(var(s){val.json}) $(var(s){val.jsonqe}) $(avp(nope){val.jsonqe})");`, `a\"b\\c\n "a\"b\\c\n" ""`},
		{`$var(s)="0123456789"; print("$(var(s){s.fmtlines,4,1})|$(var(s){s.fmtlinet,6,2})");`, "0123\r\n 4567\r\n 89|012345\r\n\t\t6789"},
		{`$var(s)="60C2"; print("[$(var(s){s.decode.7bit}{s.encode.hexa})]");`, "[6004]"},
		{`$xavp(a=>x)=1; $xavp(a[0]=>y)="z w"; xavp_params_implode_qval("a", "$var(r)"); print("$var(r)");`, `x="1";y="z w";`},
		{`$xavp(a)=1; $xavp(a)=2; xavp_rm_all("a"); print("$xavp(a)"); if (!xavp_rm_all("a")) print("gone");`, "<null>\ngone"},
		{`$xavi(A)=1; $xavi(a)=2; xavi_rm_all("a"); print("$xavi(A)");`, "<null>"},
		{`print("$msgbuf(0)$msgbuf(5)"); $msgbuf(2)="X"; print("$(mb{s.substr,0,6})"); $var(i)=3; $msgbuf($var(i))="Y"; print("$(mb{s.substr,0,6})");`, "IE\nINXITE\nINXYTE"},
		{`print("$msgbuf(99999)"); $var(i)=-1; print("$msgbuf($var(i))");`, "<null>\n<null>"},
		{`print("$Eb$Ec$Ei$Ej$Ek$Eq$Es$Ev[$En$Er$Et]");`, "\\,:;'\" `[\n\r\t]"},
		{`$shv(n)=4; print("$shvinc(n) $shvinc(n) $shv(n) $shvinc(new)"); $shv(t)="x"; print("$shvinc(t)");`, "5 6 6 1\n1"},
		{`$xavp(n)=10; $xavp(o)=1; $xavp(n)=20; $xavp(n)=30; xavp_lshift("n", "1"); print("$xavp(n[0]) $xavp(n[1]) $xavp(n[2]) $xavp(o)");`, "20 10 30 1"},
		{`$xavp(n)=10; $xavp(n)=20; $xavp(n)=30; xavp_lshift("n", "-1"); print("$xavp(n[0]) $xavp(n[1]) $xavp(n[2])"); xavp_lshift("n", "4"); print("$xavp(n[0])");`, "10 30 20\n30"},
		{`if (!xavp_lshift("n", "0")) print("none");`, "none"},
		{`$xavp(d=>uri)="sip:a@b.example"; $xavp(d[0]=>dsturi)="sip:p.example"; xavp_push_dst("d"); print("$ru $du");`, "sip:a@b.example sip:p.example"},
		{`$xavp(d=>uri)="sip:a@b.example"; $xavp(d[0]=>dsturi)="nonsense"; if (!xavp_push_dst("d")) print("$rU $du");`,
			"msg=\"xavp_push_dst failed\" err=\"a field of the extended AVP is no URI\" at=test.cfg:4\nbob <null>"},
		{`$xavp(d=>uri)="sip:a@b.example"; $xavp(d[0]=>socket)="udp:192.0.2.1:5"; if (!xavp_push_dst("d")) print("$rU");`,
			"msg=\"xavp_push_dst failed\" err=\"no listen line has the socket \\\"udp:192.0.2.1:5\\\"\" at=test.cfg:4\nbob"},
	} {
		env := scripttest.MustLoad(t, "loadmodule \"pv.so\"\nloadmodule \"probe.so\"\nrequest_route {\n"+tt.script+"\n}\n",
			scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Prints{} }}})
		if got := strings.Join(env.Request(t, scripttest.Invite), "\n"); got != tt.want {
			t.Errorf("%s\n got  %q\n want %q", tt.script, got, tt.want)
		}
	}
}
