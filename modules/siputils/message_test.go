// SPDX-License-Identifier: Apache-2.0

package siputils

import (
	"regexp"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/script/scripttest"
)

func load(t testing.TB) *scripttest.Env {
	t.Helper()
	return scripttest.MustLoad(t, "request_route { exit; }", scripttest.Options{})
}

const reply = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060\r\n%sTo: <sip:b@b>;tag=1\r\nCSeq: 1 INVITE\r\n\r\n"

// The expectations were seen with Kamailio 5.6.3.
func TestIsFirstHop(t *testing.T) {
	env := load(t)
	via2 := strings.Replace(scripttest.Invite, "branch=z9hG4bKabc", "branch=z9hG4bKabc, SIP/2.0/UDP 1.2.3.4", 1)
	for _, row := range []struct {
		name, text string
		want       [2]module.Result // mode 0, mode 1
	}{
		{"request", scripttest.Invite, [2]module.Result{1, 1}},
		{"request with two Vias", via2, [2]module.Result{-1, -1}},
		{"reply without Record-Route", strings.Replace(reply, "%s", "", 1), [2]module.Result{1, 1}},
		{"reply with ours", strings.Replace(reply, "%s", "Record-Route: <sip:127.0.0.1:5060;lr>\r\n", 1), [2]module.Result{1, 1}},
		{"reply with another", strings.Replace(reply, "%s", "Record-Route: <sip:127.0.0.2:5060;lr>\r\n", 1), [2]module.Result{-1, -1}},
		{"reply from the address in it", strings.Replace(reply, "%s", "Record-Route: <sip:127.0.0.1:5090;lr>\r\n", 1), [2]module.Result{-1, 1}},
	} {
		c := env.Call(t, row.text)
		if got := isFirstHop(c, module.Args{{}}); got != row.want[0] {
			t.Errorf("%s: mode 0 is %d", row.name, got)
		}
		if got := isFirstHop(c, module.Args{{Value: avp.Number(1), Given: true}}); got != row.want[1] {
			t.Errorf("%s: mode 1 is %d", row.name, got)
		}
	}
}

func TestHotFunctionsDoNotAllocate(t *testing.T) {
	c := load(t).Call(t, strings.Replace(scripttest.Invite, "To: <sip:bob@example.org>", "To: <sip:bob@example.org>;tag=x", 1))
	for name, f := range map[string]func(*module.Call, module.Args) module.Result{
		"has_totag": hasToTag, "is_request": isRequest, "is_first_hop": isFirstHop,
	} {
		a := module.Args{{}}
		if f(c, a) != module.True {
			t.Errorf("%s is false", name)
		}
		if n := testing.AllocsPerRun(100, func() { f(c, a) }); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func printed(c *module.Call) string {
	return string(sip.AppendRequest(nil, c.Msg, &sip.Outgoing{NoVia: true}))
}

func vector(t *testing.T, c *module.Call, flags string) {
	t.Helper()
	data, err := parseVectorFlags(flags)
	if r := editVector(c, module.Args{{Data: data, Err: err}}); r != module.True {
		t.Fatalf("sip_p_charging_vector(%q) is %d", flags, r)
	}
}

func pcv(t *testing.T, c *module.Call, part string) module.Value {
	t.Helper()
	v, err := bindVector(nil, part)
	if err != nil {
		t.Fatal(err)
	}
	return v.Get(c, module.Index{})
}

func TestChargingVector(t *testing.T) {
	env := load(t)
	generated := regexp.MustCompile(`\r\nP-Charging-Vector: icid-value=4956537F000001[0-9A-F]{18}; icid-generated-at=127\.0\.0\.1\r\n\r\n$`)
	with := strings.Replace(scripttest.Invite, "User-Agent", "P-Charging-Vector: icid-value=abc;orig-ioi=o\r\nUser-Agent", 1)

	c := env.Call(t, scripttest.Invite)
	if v := pcv(t, c, "all"); !v.IsNull() {
		t.Errorf("$pcv(all) is %q where there is none", v.Str)
	}
	vector(t, c, "g")
	vector(t, c, "g")
	if out := printed(c); !generated.MatchString(out) || strings.Count(out, "P-Charging") != 1 {
		t.Errorf("generated:\n%s", out)
	}
	if got := pcv(t, c, "value").Str; len(got) != 32 || pcv(t, c, "genaddr").Str != "127.0.0.1" || !pcv(t, c, "term").IsNull() {
		t.Errorf("$pcv(value) is %q", got)
	}

	c = env.Call(t, with)
	vector(t, c, "g")
	if c.Msg.Edited() || pcv(t, c, "value").Str != "abc" || pcv(t, c, "orig").Str != "o" {
		t.Errorf("a header that is there is not kept")
	}
	vector(t, c, "f")
	if out := printed(c); !generated.MatchString(out) || strings.Contains(out, "icid-value=abc") {
		t.Errorf("forced:\n%s", out)
	}
	c = env.Call(t, with)
	vector(t, c, "r")
	if out := printed(c); strings.Contains(out, "P-Charging") {
		t.Errorf("removed:\n%s", out)
	}
	if _, err := parseVectorFlags("x"); err == nil {
		t.Error("flag x is taken")
	}
	if _, err := bindVector(nil, "x"); err == nil {
		t.Error("$pcv(x) is taken")
	}
}

// answering is a Host whose sl remembers.
type answering struct {
	module.Host
	code    int
	headers string
}

func (h *answering) Module(string) module.Module { return (*slStub)(h) }

type slStub answering

func (*slStub) Exports() module.Exports { return module.Exports{} }

func (s *slStub) SendReply(_ *module.Call, code int, _, headers string) error {
	s.code, s.headers = code, headers
	return nil
}

func TestOptionsReply(t *testing.T) {
	env := load(t)
	options := strings.ReplaceAll(scripttest.Invite, "INVITE", "OPTIONS")
	for _, row := range []struct {
		name, text string
		want       module.Result
		code       int
	}{
		{"to the server", strings.Replace(options, "sip:bob@", "sip:", 1), 1, 200},
		{"to a user", options, -1, 0},
		{"another method", strings.Replace(scripttest.Invite, "sip:bob@", "sip:", 1), -1, 0},
	} {
		c := env.Call(t, row.text)
		h := &answering{Host: c.Host}
		c.Host = h
		if r := New().optionsReply(c, nil); r != row.want || h.code != row.code {
			t.Errorf("%s: result %d, reply %d", row.name, r, h.code)
		}
		if row.code == 200 && h.headers != "Accept: */*\r\nAccept-Encoding: \r\nAccept-Language: en\r\nSupported: \r\n" {
			t.Errorf("%s: headers %q", row.name, h.headers)
		}
	}
}

func TestSettersRefuse(t *testing.T) {
	s := New()
	if s.setSeparator("") == nil || s.setSeparator("-+") != nil || s.separator != "-" {
		t.Errorf("separator is %q", s.separator)
	}
	if _, err := knownOption("nonsense"); err == nil {
		t.Error("an unknown option is taken")
	}
}
