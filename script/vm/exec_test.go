// SPDX-License-Identifier: Apache-2.0

package vm_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/script/scripttest"
	"github.com/kahea-sip/kahea/script/vm"
)

var probe = scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}}

// run runs the statements in request_route, with further blocks behind.
func run(t *testing.T, statements, blocks string) []string {
	t.Helper()
	env := scripttest.MustLoad(t, "loadmodule \"probe.so\"\nrequest_route {\n"+statements+"\n}\n"+blocks, probe)
	return env.Request(t, scripttest.Invite)
}

// The expectations of these tables were found by running the reference.
func TestConditions(t *testing.T) {
	for _, tt := range []struct {
		cond string
		want bool
	}{
		{`$var(s)`, false}, {`$var(zero)`, false}, {`$var(one)`, true}, {`$var(empty)`, false}, {`$var(i0)`, false},
		{`$var(neg)`, false}, {`$var(i5)`, true}, {`$null`, false}, {`$p(unset)`, false}, {`!$p(unset)`, true}, {`!$var(neg)`, false},
		{`!$var(s)`, true}, {`$var(s) && 1`, false}, {`$var(neg) && $var(i5)`, true},
		{`$var(i5) == "5"`, true}, {`$var(s5) == 5`, true}, {`$var(s5) == $var(i5)`, true}, {`$var(i5) == $var(s5)`, true},
		{`"5" == $var(i5)`, true}, {`$var(s) == 0`, false}, {`$var(empty) == $null`, false}, {`$p(unset) == $null`, true},
		{`$p(unset) == ""`, true}, {`$p(unset) == 0`, true}, {`$p(unset) != 0`, false}, {`$p(unset) != $null`, false},
		{`$p(unset) == $p(unset2)`, true}, {`$p(unset) < 5`, true}, {`$var(unset) == $null`, false}, {`$var(unset) == 0`, true},
		{`$var(i0) == $null`, false}, {`$var(s) == "ABC"`, false}, {`$var(s) =~ "^AB"`, true}, {`$p(unset) =~ "x"`, false},
		{`$p(unset) =~ "^$"`, true}, {`$var(i5) =~ "^5"`, true}, {`$var(s10) > $var(s5)`, true},
		{`code(-1) == 0`, true}, {`code(-1) < 0`, false}, {`code(-1) == -1`, false}, {`code(5) == 1`, true}, {`good() == 1`, true},
		{`route(MINUS5) == 0`, true}, {`route(MINUS5) == -5`, false}, {`-5 == route(MINUS5)`, false}, {`route(SEVEN) == 1`, true},
		{`route(SEVEN)`, true}, {`!route(MINUS5)`, true}, {`route(MINUS5) && 1`, false}, {`bad() || good()`, true}, {`bad() && good()`, false},
		{`not bad()`, true}, {`good() and not bad()`, true}, {`method=="INVITE"`, true}, {`method==INVITE`, true}, {`method=~"INV|BYE"`, true},
		{`method=="invite"`, true}, {`uri==myself`, true}, {`uri!=myself`, false}, {`uri=~"^sip:bob"`, true}, {`uri=="sip:bob@x"`, false},
		{`from_uri=="sip:alice@example.com"`, true}, {`from_uri==myself`, false}, {`to_uri=~".*@example.org"`, true},
		{`src_ip==127.0.0.1`, true}, {`src_ip==127.0.0.0/8`, true}, {`src_ip==10.0.0.0/255.0.0.0`, false}, {`src_ip==myself`, true},
		{`src_ip=="127.0.0.1"`, true}, {`src_ip!=127.0.0.1`, false}, {`dst_port==5060`, true}, {`src_port>1000`, true}, {`proto==UDP`, true},
		{`proto!=TCP`, true}, {`af==INET`, true}, {`msg:len>100`, true}, {`status==200`, false}, {`strempty($var(empty))`, true},
		{`strempty($p(unset))`, true}, {`strlen($var(s)) == 3`, true}, {`defined $p(unset)`, false}, {`defined $var(s)`, true},
		{`$(var(s){s.len}) > 2`, true}, {`$var(s) == "a" + "bc"`, true}, {`is_nothing`, false},
	} {
		if tt.cond == "is_nothing" {
			continue
		}
		t.Run(tt.cond, func(t *testing.T) {
			got := run(t, `$var(s)="abc"; $var(zero)="0"; $var(one)="1"; $var(empty)=""; $var(i0)=0; $var(neg)=-1; $var(i5)=5; $var(s5)="5"; $var(s10)="10";
				if (`+tt.cond+`) print("true"); else print("false");`, routes)
			if want := map[bool]string{true: "true", false: "false"}[tt.want]; !slices.Contains(got, want) {
				t.Errorf("got %q, want %s", got, want)
			}
		})
	}
}

const routes = `
route[SEVEN] { return 7; }
route[MINUS5] { return -5; }
`

func TestValues(t *testing.T) {
	for _, tt := range []struct{ expr, want string }{
		{`"a" + "b"`, "ab"}, {`"a" + 1`, "a1"}, {`$var(s5) + 1`, "51"}, {`$var(i5) + "1"`, "6"}, {`$var(i5) + $var(s5)`, "10"},
		{`$var(s5) + $var(i5)`, "55"}, {`$p(unset) + 1`, "1"}, {`$p(unset) + "x"`, "x"}, {`"x" + $p(unset)`, "x"}, {`1 + $p(unset)`, "1"},
		{`$p(unset) + $p(unset)`, ""}, {`"1" + 2 + 3`, "123"}, {`10 / 3`, "3"}, {`10 mod 3`, "1"}, {`-7 / 2`, "-3"}, {`1 << 4`, "16"},
		{`6 & 3`, "2"}, {`6 | 3`, "7"}, {`~5`, "-6"}, {`2 * 3 - 1`, "5"}, {`10 - 2 - 3`, "5"}, {`$var(s) - 1`, "-1"},
		{`$var(s5) * $var(s10)`, "50"}, {`(int)"12" + 1`, "13"}, {`(str)12 + 1`, "121"}, {`(int)"12abc"`, "0"}, {`strlen($var(s))`, "3"},
		{`strempty($var(empty))`, "1"}, {`defined $p(unset)`, "0"}, {`"a" "b" "c"`, "abc"}, {`1 == 1`, "1"}, {`0x1f + 010`, "39"},
		{`1 + 2 * 3`, "7"}, {`- $var(i5)`, "-5"}, {`3 && 4`, "1"}, {`!3`, "0"}, {`2 || 0`, "1"}, {`good()`, "1"}, {`code(-1)`, "-1"},
		{`route(SEVEN)`, "7"}, {`route(SEVEN) + 1`, "2"}, {`(route(MINUS5))`, "-5"}, {`(int)route(MINUS5)`, "0"}, {`(str)route(SEVEN)`, "1"},
		{`"x" + route(SEVEN)`, "x1"}, {`-route(SEVEN)`, "-1"}, {`route(SEVEN) == 7`, "0"}, {`code(-1) + 5`, "5"}, {`$rm`, "INVITE"},
		{`$(rm{s.substr,1,2})`, "NV"}, {`$(rm{s.substr,$var(i0),2})`, "IN"}, {`$(rm{s.len}) + 1`, "7"},
	} {
		t.Run(tt.expr, func(t *testing.T) {
			got := run(t, `$var(s)="abc"; $var(empty)=""; $var(i0)=0; $var(i5)=5; $var(s5)="5"; $var(s10)="10";
				$var(r) = `+tt.expr+`; print("$var(r)");`, routes)
			if strings.Join(got, "\n") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFlow(t *testing.T) {
	for _, tt := range []struct{ name, body, blocks, want string }{
		{"exit ends all routes", `route(A); print("no");`, `route[A] { print("a"); exit; }`, "a"},
		{"return 0 ends all routes", `route(A); print("no");`, `route[A] { print("a"); return 0; }`, "a"},
		{"a function's zero ends all routes", `if (stop()) { print("no"); } print("no");`, "", ""},
		{"return gives 1", `route(A); print("$rc");`, `route[A] { bad(); return; }`, "1"},
		{"end gives the last result", `route(A); print("$rc");`, `route[A] { bad(); }`, "-1"},
		{"end after if that did nothing gives 1", `route(A); print("$rc");`, `route[A] { if (bad()) { print("x"); } }`, "1"},
		{"end after assignment gives 1", `route(A); print("$rc");`, `route[A] { bad(); $var(a)=1; }`, "1"},
		{"result of a taken if", `route(A); print("$rc");`, `route[A] { if (good()) { bad(); } }`, "-1"},
		{"return of an expression", `route(A); print("$rc");`, `route[A] { $var(a)=-3; return $var(a); }`, "-3"},
		{"assignment keeps $rc", `bad(); $var(r)=5; print("$rc");`, "", "-1"},
		{"setflag keeps the flag", `setflag(3); if (isflagset(3) && !isflagset(4)) { print("ok"); } resetflag(3); if (!isflagset(3)) print("gone");`, "", "ok gone"},
		{"flag by name", `setflag(NAT); if (isflagset(5)) print("ok");`, "flags NAT:5;", "ok"},
		{"switch falls through", `switch($rm) { case "INVITE": print("i"); case "BYE": print("b"); break; case "ACK": print("a"); break; default: print("d"); } print("end");`, "", "i b end"},
		{"switch on adjacent labels", `switch(5) { case 1: case 5: case 6: print("5"); default: print("d"); }`, "", "5 d"},
		{"switch with default first", `$var(i)=2; switch($var(i)) { default: print("d"); case 2: print("2"); }`, "", "2"},
		{"switch on a number as string", `$var(i)=5; switch($var(i)) { case "5": print("s"); break; default: print("d"); }`, "", "s"},
		{"switch on a text that is no number", `switch("abc") { case 0: print("z"); break; default: print("d"); } $var(z)="bob"; switch($var(z)) { case 1: print("1"); break; case 0: print("z"); } switch("5x") { case 5: print("5"); break; default: print("d"); }`, "", "z z d"},
		{"switch on an expression", `switch($rm) { case /"^INV": print("re"); break; default: print("d"); }`, "", "re"},
		{"switch without match", `switch($rm) { case "X": print("x"); } print("end");`, "", "end"},
		{"while with break", `$var(w)=0; while($var(w)<3) { $var(w)=$var(w)+1; if ($var(w)==2) break; print("w"); } print("$var(w)");`, "", "w 2"},
		{"break of a switch within a while", `$var(w)=0; while($var(w)<3) { $var(w)=$var(w)+1; switch($var(w)) { case 2: break; case 3: print("three"); } print("$var(w)"); }`, "", "1 2 three 3"},
		{"nested whiles", `$var(a)=0; while($var(a)<2) { $var(a)=$var(a)+1; $var(b)=0; while($var(b)<2) { $var(b)=$var(b)+1; print("$var(a)$var(b)"); } }`, "", "11 12 21 22"},
		{"an assignment behind a failed condition", `$var(z)=0; if (10/$var(z) == 1) print("x"); $var(a)=4; print("$var(a)");`, "", "msg=\"division by zero\" at=test.cfg:3 4"},
		{"else if", `if (bad()) print("1"); else if (good()) print("2"); else print("3");`, "", "2"},
		{"route by a computed name", `$var(n)="A"; route($var(n)); route("A" + "");`, `route[A] { print("a"); }`, "a a"},
		{"nothing behind an ended left side", `if (stop() || good()) { print("no"); }`, "", ""},
		{"dollar sign", `print("$$var $$ x %x");`, "", "$var $ x %x"},
		{"a string in an expression is no template", `$var(x)="dbl $rm"; print("$var(x)");`, "", "dbl $rm"},
		{"request URI", `$ru = "sip:a@b"; prefix("99"); strip(1); strip_tail(1); print("$ru"); sethostport("h:7"); print("$ru"); revert_uri(); print("$ru");`, "",
			"sip:9@b sip:9@h:7 sip:bob@127.0.0.1:5060;transport=udp"},
		{"host of a tel URI", `$ru = "tel:+1;x=y"; sethost("k.l"); print("$ru"); $ru = "TEL:+1;x=y"; sethostport("k.l:70"); print("$ru"); $ru = "tel:+1";
			sethostporttrans("k.l:70;transport=tcp"); print("$ru");`, "", "sip:+1;x=y@k.l;user=phone sip:+1;x=y@k.l:70;user=phone sip:+1@k.l:70;transport=tcp;user=phone"},
		{"port of a tel URI", `$ru = "tel:+1"; setport("5080"); print("$ru");`, "", "msg=\"setport failed\" err=\"port number of a tel: URI cannot be set\" at=test.cfg:3 tel:+1"},
		{"host of a URN", `$ru = "urn:service:sos"; sethost("k.l"); print("$ru");`, "", "msg=\"sethost failed\" err=\"the Request-URI is of a scheme that has no host\" at=test.cfg:3 urn:service:sos"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(run(t, tt.body, tt.blocks), " "); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	got := strings.Join(run(t, `$var(w)=0; while(1) { $var(w)=$var(w)+1; } print("$var(w)");`, ""), "\n")
	if !strings.Contains(got, "ran too often") || !strings.HasSuffix(got, "100") {
		t.Errorf("endless while: %q", got)
	}
	got = strings.Join(run(t, `route(A); print("end");`, `route[A] { route(A); }`), "\n")
	if !strings.Contains(got, "too many nested routes") || !strings.HasSuffix(got, "end") {
		t.Errorf("endless recursion: %q", got)
	}
	got = strings.Join(run(t, `$var(n)="NOPE"; route($var(n)); print("on");`, ``), "\n")
	if !strings.Contains(got, "route not found") || !strings.HasSuffix(got, "on") {
		t.Errorf("unknown computed route: %q", got)
	}
	got = strings.Join(run(t, `$var(z)=0; $var(x)=3; $var(x)=10/$var(z); print("$var(x)");`, ``), "\n")
	if !strings.Contains(got, "division by zero") || !strings.HasSuffix(got, "3") {
		t.Errorf("division by zero: %q", got)
	}
}

func TestOutcome(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       module.Outcome
	}{
		{"end", `good();`, module.Outcome{Result: 1}},
		{"exit", `exit;`, module.Outcome{Result: 1, Exit: true}},
		{"drop", `drop;`, module.Outcome{Result: 1, Exit: true, Drop: true}},
		{"drop in a route", `route(D);`, module.Outcome{Result: 1, Exit: true, Drop: true}},
		{"return -3", `return -3;`, module.Outcome{Result: -3}},
		{"return 0", `return 0;`, module.Outcome{Exit: true}},
		{"stop", `stop();`, module.Outcome{Exit: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := scripttest.MustLoad(t, "loadmodule \"probe.so\"\nrequest_route {\n"+tt.body+"\n}\nroute[D] { drop; }", probe)
			c := env.Call(t, scripttest.Invite)
			for range 2 { // the frame is left as it was
				if got := env.Run(t, c, module.RequestRoute, ""); got != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
			}
		})
	}
}

func TestLookup(t *testing.T) {
	env := scripttest.MustLoad(t, `loadmodule "probe.so"
request_route { route(A); exit; }
route[A] { exit; }
onreply_route { exit; }
onreply_route[R] { exit; }
failure_route[F] { exit; }
branch_route["B"] { exit; }
event_route[tm:local-request] { exit; }
event_route[tm:branch-failure:N] { exit; }
event_route[usrloc:contact-expired] { exit; }
`, probe)
	for _, tt := range []struct {
		kind module.RouteKind
		name string
	}{
		{module.RequestRoute, ""}, {module.RequestRoute, "A"}, {module.CoreReplyRoute, ""}, {module.ReplyRoute, "R"}, {module.FailureRoute, "F"},
		{module.BranchRoute, "B"}, {module.LocalRoute, ""}, {module.EventRoute, "tm:local-request"}, {module.BranchFailureRoute, "N"},
		{module.EventRoute, "usrloc:contact-expired"},
	} {
		if _, ok := env.Program.Lookup(tt.kind, tt.name); !ok {
			t.Errorf("no route of kind %d named %q", tt.kind, tt.name)
		}
	}
	if _, ok := env.Program.Lookup(module.FailureRoute, "X"); ok {
		t.Error("found a route that is not there")
	}
}

func TestOptions(t *testing.T) {
	opt := probe
	opt.VM = vm.Options{MaxWhileLoops: 7, MaxRecursion: 3}
	env := scripttest.MustLoad(t, `loadmodule "probe.so"
request_route { $var(w)=0; while(1) { $var(w)=$var(w)+1; } print("$var(w)"); $var(d)=0; route(D); print("$var(d)"); }
route[D] { $var(d)=$var(d)+1; route(D); }`, opt)
	got := env.Request(t, scripttest.Invite)
	if !slices.Contains(got, "7") || !slices.Contains(got, "3") {
		t.Errorf("got %q", got)
	}
}

// long is a route of 30 statements as configurations have them.
const long = `
	$var(i) = 0; $var(s) = "abc"; $var(t) = $rm;
	if ($rm == "INVITE" && $var(s) == "abc") { $var(i) = $var(i) + 1; }
	if ($ua =~ "friendly|scanner|sipcli|sipvicious|VaxSIPUserAgent|pplsip") { exit; }
	if ($var(i) == 1 || $var(s) == $null) { $var(i) = $var(i) + 1; } else { exit; }
	if (src_ip == 10.0.0.0/8) { exit; }
	if (method == "REGISTER") { exit; }
	$var(u) = $rm + "@" + $var(s); $var(l) = $(var(u){s.len});
	if ($var(l) != 10) { exit; }
	switch ($rm) { case "BYE": exit; case "INVITE": $var(i) = $var(i) + 1; break; default: exit; }
	setflag(3); if (!isflagset(3)) { exit; } resetflag(3);
	if (!bad()) { code($var(i)); }
	route(SUB); if ($rc < 0) { exit; }
	$ru = "sip:" + $var(s) + "@127.0.0.1"; $var(w) = 0;
	while ($var(w) < 3) { $var(w) = $var(w) + 1; }
	if (uri == "sip:x@y") { exit; }
	$var(done) = 1;
`

func longEnv(t testing.TB) *scripttest.Env {
	return scripttest.MustLoad(t, "loadmodule \"probe.so\"\nrequest_route {\n"+long+"\n}\nroute[SUB] { if (good()) { return 1; } return -1; }", probe)
}

func TestRouteAllocatesNothing(t *testing.T) {
	env := longEnv(t)
	c := env.Call(t, scripttest.Invite)
	r, _ := env.Program.Lookup(module.RequestRoute, "")
	msg, packet := c.Msg, c.Packet
	n := testing.AllocsPerRun(200, func() {
		packet.Buffer = transport.NewBuffer(0) // what the route makes lives there
		c.Reset(msg, packet)
		c.Target.URI = msg.RequestURI
		if out := env.Program.Run(c, r); out.Exit {
			t.Fatal("the route took a wrong way")
		}
		packet.Buffer.Release()
	})
	if n > 0 {
		t.Errorf("%v allocations per run", n)
	}
}

func BenchmarkRoute(b *testing.B) {
	env := longEnv(b)
	c := env.Call(b, scripttest.Invite)
	r, _ := env.Program.Lookup(module.RequestRoute, "")
	msg, packet := c.Msg, c.Packet
	b.ReportAllocs()
	for b.Loop() {
		packet.Buffer = transport.NewBuffer(0)
		c.Reset(msg, packet)
		c.Target.URI = msg.RequestURI
		if out := env.Program.Run(c, r); out.Exit {
			b.Fatal("the route took a wrong way")
		}
		packet.Buffer.Release()
	}
}

// TestTextsHaveABound checks that a script which doubles a text goes on with the last one that fits, and says where.
func TestTextsHaveABound(t *testing.T) {
	env := scripttest.MustLoad(t, `loadmodule "probe.so"
request_route {
	$var(x) = "0123456789abcdef";
	while ($var(i) < 40) {
		$var(i) = $var(i) + 1;
		$var(x) = $var(x) + $var(x);
	}
	print("$(var(x){s.len}) $var(i)");
}
`, scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
	lines := env.Request(t, scripttest.Invite)
	if n := len(lines); n < 2 || lines[n-1] != "2097152 40" {
		t.Fatalf("printed %q", lines)
	}
	if !strings.Contains(lines[0], "text is too long") || !strings.Contains(lines[0], "test.cfg:6") {
		t.Errorf("the first line is %q", lines[0])
	}
}
