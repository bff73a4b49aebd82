// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/bencode"
	"github.com/kahea-sip/kahea/tools/mediarelay"
)

func fromJSON(t testing.TB, text string) string {
	t.Helper()
	reply, err := mediarelay.FromJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// TestReplies: what a relay may say to an offer and to a command without media. Only a session description that is whole is used.
func TestReplies(t *testing.T) {
	for _, k := range []struct{ reply, offer, block string }{
		{`d6:result2:ok3:sdp5:v=0` + "\r\n" + `e`, "1", "1"}, {`d6:result2:oke`, "-1", "1"}, {`d6:result2:ok3:sdp0:e`, "-1", "1"}, {`d6:result2:ok3:sdpi5ee`, "-1", "1"},
		{`d6:result5:error12:error-reason3:whye`, "-1", "-1"}, {`d6:result5:errore`, "-1", "-1"}, {`d6:result4:ponge`, "-1", "-1"}, {`d6:result10:load limite`, "-1", "-1"},
		{"d6:result2:ok3:sdp5:v=0\r\nejunk", "-1", "-1"}, {`d6:result2:okejunk`, "-1", "-1"}, {"d6:result2:ok6:result2:ok3:sdp5:v=0\r\ne", "-1", "-1"},
		{`de`, "-1", "-1"}, {`d6:resulti1ee`, "-1", "-1"}, {`le`, "-1", "-1"}, {`i5e`, "-1", "-1"}, {`d6:result2:ok3:sdp5:v=0`, "-1", "-1"}, {`d6:result2:ok`, "-1", "-1"}, {"x", "-1", "-1"}, {"\n", "-1", "-1"},
		{`d6:result2:ok1:x` + strings.Repeat("l", 100) + strings.Repeat("e", 100) + "e", "-1", "-1"},
		{`d6:result2:ok3:sdp` + fmt.Sprint(1<<40) + ":v=0e", "-1", "-1"},
	} {
		relay := newRelay(t)
		relay.Answer("*", k.reply)
		env := load(t, config(sock(url(relay))), "rtpengine_offer();")
		rc, body := send(t, env, message("INVITE", "", "application/sdp", one))
		want := one
		if k.offer == "1" {
			want = "v=0\r\n"
		}
		if rc != k.offer || body != want {
			t.Errorf("%.60q: offer $rc %s, want %s\n%q", k.reply, rc, k.offer, body)
		}
		rc, _ = send(t, load(t, config(sock(url(relay))), "block_media();"), message("INVITE", "", "", ""))
		if rc != k.block {
			t.Errorf("%.60q: block $rc %s, want %s", k.reply, rc, k.block)
		}
	}
}

// TestLimit: a relay that takes no more calls is passed over, and stays in use.
func TestLimit(t *testing.T) {
	full, free := newRelay(t), newRelay(t)
	full.Answer("offer", "d7:message4:full6:result10:load limite")
	cfg := config(sock(url(full)+"=1000 "+url(free)), param("rtpengine_allow_op", "1"))
	rc, body := send(t, load(t, strings.Replace(cfg, `"1")`, `1)`, 1), "rtpengine_offer();"), message("INVITE", "", "application/sdp", one))
	if rc != "1" || body != mediarelay.Rewrite(one) || len(full.Commands()) != 1 || len(free.Commands()) != 1 {
		t.Errorf("$rc %s\n%s", rc, body)
	}
}

// opinion makes one of the scores of a stream; at 0 leaves the time out.
func opinion(mos, at, loss, jitter, trip, leg int, more string) string {
	if at != 0 {
		more += fmt.Sprintf(`, "reported at": %d`, at)
	}
	return fmt.Sprintf(`{"MOS": %d, "packet loss": %d, "jitter": %d, "round-trip time": %d, "round-trip time leg": %d%s}`, mos, loss, jitter, trip, leg, more)
}

// TestQuality: what the variables of mos_…_pv get; values as Kamailio 5.6.3 assigns them for the same reply.
func TestQuality(t *testing.T) {
	whole := `{"result": "ok", "created": 1000, "SSRC": {
"111": {"average MOS": ` + opinion(43, 0, 1, 5, 2000, 1000, `, "samples": 10`) + `, "lowest MOS": ` + opinion(30, 1030, 3, 7, 3000, 1500, "") + `, "highest MOS": ` + opinion(44, 1090, 0, 1, 1000, 500, "") + `},
"222": {"average MOS": ` + opinion(35, 0, 2, 9, 4000, 2100, `, "samples": 30`) + `, "lowest MOS": ` + opinion(21, 1125, 4, 8, 5000, 2500, "") + `, "highest MOS": ` + opinion(41, 4700, 1, 2, 1500, 700, "") + `}},
"tags": {"ft": {"label": "caller", "medias": [{"streams": [{"SSRC": 111}, {"SSRC": 999}]}]}, "tt": {"label": "callee", "medias": [{"streams": [{"SSRC": 222}]}]}}}`
	all := "2.1 2:05 4 8 5000 2500|4.4 1:30 0 1 1000 500|3.9 - 1 7 3000 1550 20"
	a := "3.0 0:30 3 7 3000 1500|4.4 1:30 0 1 1000 500|4.3 - 1 5 2000 1000 10"
	b := "2.1 2:05 4 8 5000 2500|4.1 61:40 1 2 1500 700|3.5 - 2 9 4000 2100 30"
	none := "- - - - - -|- - - - - -|- - - - - - -"
	for _, k := range []struct {
		name, reply string
		want        []string // all, A, B
	}{
		{"whole", whole, []string{all, a, b}},
		{"no labels", strings.ReplaceAll(whole, `"label"`, `"other"`), []string{all, none, none}},
		{"one label", strings.ReplaceAll(whole, "callee", "caller"), []string{all, all, none}},
		{"no start", strings.ReplaceAll(whole, "created", "other"), []string{
			"2.1 18:45 4 8 5000 2500|4.4 18:10 0 1 1000 500|3.9 - 1 7 3000 1550 20", "3.0 17:10 3 7 3000 1500|4.4 18:10 0 1 1000 500|4.3 - 1 5 2000 1000 10", "2.1 18:45 4 8 5000 2500|4.1 78:20 1 2 1500 700|3.5 - 2 9 4000 2100 30"}},
		{"a text for a number", strings.ReplaceAll(whole, `"MOS": 43`, `"MOS": "43"`), []string{
			"2.1 2:05 4 8 5000 2500|4.4 1:30 0 1 1000 500|3.5 - 2 9 4000 2100 30", "3.0 0:30 3 7 3000 1500|4.4 1:30 0 1 1000 500|- - - - - - -", b}},
		{"parts", `{"result": "ok", "created": 1000, "SSRC": {"111": {"average MOS": {"MOS": 43}, "lowest MOS": {"MOS": 7}, "highest MOS": {"MOS": 50, "reported at": 999}}}}`, []string{
			"0.7 -16:41 -1 -1 -1 -1|5.0 0:01 -1 -1 -1 -1|4.3 - -1 -1 -1 -1 -1", none, none}},
		{"nothing", `{"result": "ok", "SSRC": {}}`, []string{none, none, none}},
		{"a list", `{"result": "ok", "SSRC": []}`, []string{none, none, none}},
		{"an error", `{"result": "error", "error-reason": "Unknown call-id"}`, []string{none, none, none}},
	} {
		relay := newRelay(t)
		relay.Answer("*", fromJSON(t, k.reply))
		more, line := []string{sock(url(relay)), param("mos_A_label_pv", "$p(la)"), param("mos_B_label_pv", "$p(lb)")}, `$p(la) = "caller"; $p(lb) = "callee"; %s();`
		for _, suffix := range []string{"", "_A", "_B"} {
			for _, kind := range []string{"min", "max", "average"} {
				parts := []string{"", "_at", "_packetloss", "_jitter", "_roundtrip", "_roundtrip_leg"}
				if kind == "average" {
					parts = []string{"", "_packetloss", "_jitter", "_roundtrip", "_roundtrip_leg", "_samples"}
				}
				for _, p := range parts {
					name := "mos_" + kind + p + suffix
					more = append(more, param(name+"_pv", "$p("+name+")"))
					line += " print(\"" + name + " $p(" + name + ")\");"
				}
			}
		}
		for _, function := range []string{"rtpengine_delete", "rtpengine_query", "rtpengine_manage"} {
			got := map[string]string{}
			for _, l := range load(t, config(more...), fmt.Sprintf(line, function)).Request(t, message("BYE", "tt", "", "")) {
				name, value, _ := strings.Cut(l, " ")
				got[name] = strings.ReplaceAll(value, "<null>", "-")
			}
			for i, suffix := range []string{"", "_A", "_B"} {
				var text []string
				for _, kind := range []string{"min", "max", "average"} {
					of := func(part string) string { return got["mos_"+kind+part+suffix] }
					line := strings.Join([]string{of(""), of("_at"), of("_packetloss"), of("_jitter"), of("_roundtrip"), of("_roundtrip_leg")}, " ")
					if kind == "average" {
						line = strings.Join([]string{of(""), "-", of("_packetloss"), of("_jitter"), of("_roundtrip"), of("_roundtrip_leg"), of("_samples")}, " ")
					}
					text = append(text, line)
				}
				if joined := strings.Join(text, "|"); joined != k.want[i] {
					t.Errorf("%s, %s%s: %s, want %s", k.name, function, suffix, joined, k.want[i])
				}
			}
		}
	}
}

// TestCounted: $rtpestat, media_duration and rtpengine_query_v.
func TestCounted(t *testing.T) {
	relay := newRelay(t)
	relay.Answer("query", fromJSON(t, `{"result": "ok", "totals": {"RTP": {"packets": 1447, "bytes": 54846, "errors": 0}, "RTCP": {"packets": 3, "bytes": 336, "errors": 0}}}`))
	relay.Answer("play media", "d8:durationi1500e6:result2:oke")
	line := `print("$rtpestat|$rtpstat"); play_media("file=/x"); print("$p(d)"); rtpengine_query_v("j", "$p(j)"); print("$p(j)"); rtpengine_query_v("x", "$p(j)");`
	env := load(t, config(sock(url(relay)), param("media_duration", "$p(d)")), line)
	lines := env.Request(t, message("INVITE", "", "", ""))
	const counted = "RTP: 54846 bytes, 1447 packets, 0 errors; RTCP: 336 bytes, 3 packets, 0 errors"
	const json = `{"result":"ok","totals":{"RTP":{"packets":1447,"bytes":54846,"errors":0},"RTCP":{"packets":3,"bytes":336,"errors":0}}}`
	if lines[0] != counted+"|"+counted || lines[1] != "1500" || lines[2] != json || lines[len(lines)-1] != "-1" {
		t.Errorf("%q", lines)
	}
	for _, reply := range []string{"d6:result2:oke", `d6:result5:errore`, "d6:result2:ok6:totalsd3:RTPleee", "x"} {
		relay.Answer("query", reply)
		if lines := load(t, config(sock(url(relay))), `print("$rtpstat");`).Request(t, message("BYE", "tt", "", "")); !strings.HasPrefix(strings.Join(lines, ""), "<null>") && !strings.Contains(strings.Join(lines, ""), "<null>") {
			t.Errorf("%s: %q", reply, lines)
		}
	}
	relay.Answer("play media", "d6:result2:oke")
	if lines := load(t, config(sock(url(relay)), param("media_duration", "$p(d)")), `play_media("file=/x"); print("$p(d)");`).Request(t, message("INVITE", "", "", "")); lines[0] != "-1" {
		t.Errorf("without a duration: %q", lines)
	}
}

// TestJSON: the forms of rtpengine_query_v, as Kamailio lays them out.
func TestJSON(t *testing.T) {
	v, err := bencode.Parse("d6:result2:ok4:listli1e3:a\"\\ledee1:dd1:xi1e1:yli2eeee")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(appendJSON(nil, &v, -1)), `{"result":"ok","list":[1,"a\"\\",[],{}],"d":{"x":1,"y":[2]}}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := string(appendJSON(nil, &v, 0)), "{\n\t\"result\":\t\"ok\",\n\t\"list\":\t[1, \"a\\\"\\\\\", [], {\n\t\t}],\n\t\"d\":\t{\n\t\t\"x\":\t1,\n\t\t\"y\":\t[2]\n\t}\n}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := string(appendString(nil, "\r\n\t\x01\xc3\xbc")), "\"\\r\\n\\t\\u0001\xc3\xbc\""; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// FuzzReply: no reply panics, whatever is made of it.
func FuzzReply(f *testing.F) {
	f.Add("d6:result2:ok3:sdp5:v=0\r\ne")
	f.Add("d6:result5:error12:error-reason3:whye")
	f.Add(fromJSON(f, `{"result": "ok", "created": 1, "SSRC": {"1": {"lowest MOS": {"MOS": 3}}}, "tags": {"a": {"label": "x", "medias": [{"streams": [{"SSRC": 1}]}]}}}`))
	f.Fuzz(func(t *testing.T, text string) {
		v, err := parseReply(text)
		if err != nil {
			if v.Kind != bencode.None && v.Kind != bencode.Dict && err != errReply {
				t.Errorf("%q: %v beside %v", text, v, err)
			}
			return
		}
		appendJSON(appendJSON(nil, &v, -1), &v, 0)
		labelled(&v, "x")
		streams := v.Get("SSRC")
		for i := range streams.Items {
			read(streams.Items[i].Get("lowest MOS"))
		}
	})
}
