// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/script/scripttest"
	"github.com/kahea-sip/kahea/tools/mediarelay"
)

// one is a session description, with what editors stumble over: unknown lines, odd blanks.
const one = "v=0\r\no=alice 1 2 IN IP4 192.168.1.5\r\ns=-\r\nc=IN IP4 192.168.1.5\r\nt=0 0\r\na=X-odd:   1 \r\nm=audio 4000 RTP/AVP 0 8\r\nfoo\r\n"

func newRelay(t *testing.T) *mediarelay.Relay {
	t.Helper()
	r, err := mediarelay.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// message makes a message of a call: first is a method or a status, perhaps with the method behind it: "200/UPDATE".
func message(first, toTag, kind, body string) string {
	start, method := first+" sip:bob@example.org SIP/2.0", first
	via := "Via: SIP/2.0/UDP 127.0.0.1:5090;branch=z9hG4bKone\r\n"
	if first[0] <= '9' {
		status, of, _ := strings.Cut(first, "/")
		if method = of; of == "" {
			method = "INVITE"
		}
		start, via = "SIP/2.0 "+status+" Text", "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKtop\r\n"+via
	}
	if toTag != "" {
		toTag = ";tag=" + toTag
	}
	if kind != "" {
		kind = "Content-Type: " + kind + "\r\n"
	}
	return fmt.Sprintf("%s\r\n%sFrom: <sip:a@x>;tag=ft\r\nTo: <sip:b@x>%s\r\nCall-ID: call1\r\nCSeq: 1 %s\r\n%sContent-Length: %d\r\n\r\n%s",
		start, via, toTag, method, kind, len(body), body)
}

// config has lines in front of the routes. Only a node that is silent is waited for as long as rtpengine_tout_ms says.
func config(more ...string) string {
	return "loadmodule \"probe.so\"\nloadmodule \"rtpengine.so\"\nmodparam(\"rtpengine\", \"rtpengine_retr\", 1)\nmodparam(\"rtpengine\", \"rtpengine_tout_ms\", 2000)\n" +
		"modparam(\"rtpengine\", \"extra_id_pv\", \"$p(x)\")\nmodparam(\"rtpengine\", \"rtp_inst_pvar\", \"$p(inst)\")\n" + strings.Join(more, "\n") + "\n"
}

func sock(text string) string { return param("rtpengine_sock", text) }

func param(name, value string) string {
	return fmt.Sprintf("modparam(\"rtpengine\", %q, %q)", name, value)
}

func count(name string, value int) string {
	return fmt.Sprintf("modparam(\"rtpengine\", %q, %d)", name, value)
}

func url(r *mediarelay.Relay) string { return "udp:" + r.Addr().String() }

// load loads a configuration whose main routes are a line of script.
func load(t *testing.T, config, line string) *scripttest.Env {
	t.Helper()
	text := config
	for _, route := range []string{"request_route", "reply_route"} {
		text += route + " {\n" + line + "\nprint(\"$rc\");\n}\n"
	}
	return scripttest.MustLoad(t, text, scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
}

// send has the configuration handle a message; it returns $rc and the body that leaves.
func send(t *testing.T, env *scripttest.Env, text string) (rc, body string) {
	t.Helper()
	c := env.Call(t, text)
	kind := module.RequestRoute
	if !c.Msg.IsRequest() {
		kind = module.CoreReplyRoute
	}
	env.Run(t, c, kind, "")
	lines := env.Host.Lines()
	rc = lines[len(lines)-1]
	var out string
	if kind == module.RequestRoute {
		out = string(sip.AppendRequest(nil, c.Msg, &sip.Outgoing{NoVia: true}))
	} else {
		out = string(sip.AppendResponse(nil, c.Msg, &sip.Outgoing{}))
	}
	_, body, _ = strings.Cut(out, "\r\n\r\n")
	return rc, body
}

// Of a command, what all have.
const (
	begin  = ` call-id="call1"`
	source = ` received-from=["IP4" "127.0.0.1"]`
	ending = ` supports=["load limit"]`
)

// words makes a line of mediarelay's of the parts of a command that the case is about.
func words(name, before, between, after string) string {
	return name + before + begin + between + source + after + ending
}

// TestOperations: commands, tags and results of the functions, as Kamailio 5.6.3 has them with the same relay.
func TestOperations(t *testing.T) {
	description := ` sdp=` + fmt.Sprintf("%q", one)
	ft, both, turned := ` from-tag="ft"`, ` from-tag="ft"|`+` to-tag="tt"`, ` from-tag="tt"|`+` to-tag="ft"`
	for _, k := range []struct {
		line, first, toTag string
		name, tags         string // of the command; no name for none
		sdp                bool
		rc                 string
	}{
		{`rtpengine_offer();`, "INVITE", "", "offer", ft, true, "1"},
		{`rtpengine_offer();`, "INVITE", "tt", "offer", both, true, "1"},
		{`rtpengine_offer();`, "200", "tt", "offer", turned, true, "1"},
		{`rtpengine_offer("directional");`, "200", "tt", "offer", both, true, "1"},
		{`rtpengine_offer("from-tag=x");`, "200", "tt", "offer", ` from-tag="x"| to-tag="tt"`, true, "1"},
		{`rtpengine_offer("to-tag=x");`, "200", "tt", "offer", ` from-tag="x"| to-tag="ft"`, true, "1"},
		{`rtpengine_offer("from-tag=");`, "INVITE", "", "", "", true, "-1"},
		{`rtpengine_offer("call-id=");`, "INVITE", "", "offer", ft, true, "1"},
		{`rtpengine_offer("to-tag=");`, "INVITE", "tt", "offer", ft, true, "1"},
		{`rtpengine_offer("to-tag=");`, "200", "tt", "", "", true, "-1"},
		{`rtpengine_offer("to-tag=x");`, "INVITE", "", "offer", ` from-tag="ft"| to-tag="x"`, true, "1"},
		{`rtpengine_offer("force-answer");`, "INVITE", "tt", "answer", turned, true, "1"},
		{`rtpengine_offer("force-answer");`, "INVITE", "", "", "", true, "-1"},
		{`rtpengine_offer("force-answer");`, "200", "tt", "answer", both, true, "1"},
		{`rtpengine_offer();`, "BYE", "tt", "offer", both, true, "1"},
		{`rtpengine_answer();`, "200", "tt", "answer", both, true, "1"},
		{`rtpengine_answer();`, "200", "", "answer", ft, true, "1"},
		{`rtpengine_answer();`, "ACK", "tt", "answer", turned, true, "1"},
		{`rtpengine_answer();`, "PRACK", "tt", "answer", turned, true, "1"},
		{`rtpengine_answer();`, "INVITE", "tt", "", "", true, "-1"},
		{`rtpengine_answer();`, "UPDATE", "tt", "", "", true, "-1"},
		{`rtpengine_info();`, "INFO", "tt", "offer", both, true, "1"},
		{`rtpengine_delete();`, "BYE", "tt", "delete", ft, false, "1"},
		{`rtpengine_delete();`, "200", "tt", "delete", ft, false, "1"},
		{`rtpengine_delete("to-tag");`, "BYE", "tt", "delete", both, false, "1"},
		{`rtpengine_delete("to-tag=x");`, "BYE", "tt", "delete", ` from-tag="ft"| to-tag="x"`, false, "1"},
		{`rtpengine_query();`, "INVITE", "tt", "query", both, false, "1"},
		{`rtpengine_query();`, "200", "tt", "query", turned, false, "1"},
		{`start_recording();`, "INVITE", "tt", "start recording", both, false, "1"},
		{`stop_recording();`, "200", "tt", "stop recording", turned, false, "1"},
		{`block_dtmf();`, "INVITE", "tt", "block DTMF", "", false, "1"},
		{`unblock_dtmf("from-tag=x to-tag=y");`, "INVITE", "tt", "unblock DTMF", ` from-tag="x"`, false, "1"},
		{`block_media("directional");`, "200", "tt", "block media", ft, false, "1"},
		{`unblock_media("to-tag");`, "INVITE", "tt", "unblock media", "", false, "1"},
		{`silence_media();`, "INVITE", "", "silence media", "", false, "1"},
		{`unsilence_media();`, "INVITE", "", "unsilence media", "", false, "1"},
		{`start_forwarding();`, "INVITE", "", "start forwarding", "", false, "1"},
		{`stop_forwarding();`, "INVITE", "", "stop forwarding", "", false, "1"},
		{`play_media("directional");`, "200", "tt", "play media", both, false, "1"},
		{`play_dtmf("from-tag=x");`, "INVITE", "", "play DTMF", ` from-tag="x"`, false, "1"},
		{`stop_media();`, "INVITE", "", "stop media", ft, false, "1"},

		{`rtpengine_manage();`, "INVITE", "", "offer", ft, true, "1"},
		{`rtpengine_manage();`, "UPDATE", "tt", "offer", both, true, "1"},
		{`rtpengine_manage();`, "ACK", "tt", "answer", turned, true, "1"},
		{`rtpengine_manage();`, "PRACK", "tt", "answer", turned, true, "1"},
		{`rtpengine_manage();`, "BYE", "tt", "delete", ft, false, "1"},
		{`rtpengine_manage();`, "CANCEL", "tt", "delete", ft, false, "1"},
		{`rtpengine_manage();`, "183", "tt", "answer", both, true, "1"},
		{`rtpengine_manage();`, "200/PRACK", "tt", "answer", both, true, "1"},
		{`rtpengine_manage();`, "200/BYE", "tt", "delete", ft, false, "1"},
		{`rtpengine_manage();`, "302", "tt", "delete", ft, false, "1"},
		{`rtpengine_manage();`, "486/UPDATE", "tt", "delete", ft, false, "1"},
		{`rtpengine_manage();`, "486/INFO", "tt", "", "", false, "-1"},
		{`rtpengine_manage();`, "INFO", "tt", "", "", true, "-1"},
		{`rtpengine_manage();`, "MESSAGE", "", "", "", true, "-1"},
	} {
		relay := newRelay(t)
		rc, body := send(t, load(t, config(sock(url(relay))), k.line), message(k.first, k.toTag, "application/sdp", one))
		from, to, _ := strings.Cut(k.tags, "|")
		var want []string
		if k.name != "" {
			want = []string{words(k.name, "", from, "")}
			if k.sdp {
				want = []string{k.name + begin + from + source + description + ending}
			}
			want[0] += to
		}
		wantBody := one
		if k.rc == "1" && k.sdp && k.first != "INFO" {
			wantBody = mediarelay.Rewrite(one)
		}
		if got := relay.Commands(); rc != k.rc || !slices.Equal(got, want) || body != wantBody {
			t.Errorf("%s of %s: $rc %s, want %s\ncommands %q\nwant %q\nbody %q\nwant %q", k.line, k.first, rc, k.rc, got, want, body, wantBody)
		}
	}
}

// TestFlags: what becomes of each flag, as in Kamailio 5.6.3.
func TestFlags(t *testing.T) {
	for flags, want := range map[string]string{
		"": "", "  symmetric   foo ": `flags=["symmetric" "foo"]`, "foo,bar": `flags=["foo,bar"]`, "foo=bar=baz": `foo="bar=baz"`, "foo=": `foo=""`, "=x": "", "=": "", "replace-origin=x": `replace=["origin"]`, "codec-transcode-PCMU/8000=3": `codec={transcode=["PCMU/8000"]}`, "replace=": `replace=""`,
		"asymmetric trust-address SIP-source-address force strict-source media-handover unidirectional no-redis-update": `flags=["asymmetric" "trust-address" "SIP-source-address" "force" "strict-source" "media-handover" "unidirectional" "no-redis-update"]`,
		"direction=priv direction=pub": `direction=["priv" "pub"]`, "external internal": `direction=["external" "internal"]`, "internal=x": `direction=["internal"]`,
		"address-family=IP6": `address-family="IP6"`, "ICE=force": `ICE="force"`, "ICE=a ICE=b": `ICE="b"`, "ice=force": `ice="force"`, "media-address=1.2.3.4": `media-address="1.2.3.4"`, "media-address=1.2.3.4 media-address=5.6.7.8": `media-address="5.6.7.8"`, "delete-delay=-1": `delete delay=-1`,
		"replace-origin replace-session-connection": `replace=["origin" "session-connection"]`, "replace=origin": `replace=["origin"]`, "replace": `flags=["replace"]`, "replace-": `flags=["replace-"]`,
		"repacketize=20": `repacketize=20`, "repacketize=20ms": `repacketize=20`, "TOS=184": `TOS=184`, "TOS=-1": `TOS=-1`, "TOS=x": `TOS=0`, "delete-delay=07": `delete delay=7`, "delete-delay": `flags=["delete-delay"]`,
		"RTP": `transport-protocol="RTP/AVP"`, "SRTP": `transport-protocol="RTP/SAVP"`, "AVPF": `transport-protocol="RTP/AVPF"`, "SRTP AVPF": `transport-protocol="RTP/SAVPF"`, "RTP AVPF": `transport-protocol="RTP/AVPF"`,
		"SRTP AVP": `transport-protocol="RTP/SAVP"`, "DTLS": `transport-protocol="UDP/TLS/RTP/SAVP"`, "DTLS AVPF": `transport-protocol="UDP/TLS/RTP/SAVPF"`, "DTLS SRTP": "",
		"RTP/AVP": `transport-protocol="RTP/AVP"`, "RTP/SAVP": `transport-protocol="RTP/SAVP"`, "RTP/AVPF": `transport-protocol="RTP/AVPF"`, "RTP/SAVPF": `transport-protocol="RTP/SAVPF"`,
		"UDP/TLS/RTP/SAVP": `transport-protocol="UDP/TLS/RTP/SAVP"`, "UDP/TLS/RTP/SAVPF": `transport-protocol="UDP/TLS/RTP/SAVPF"`, "RTP/AVP SRTP": `transport-protocol="RTP/SAVP"`, "rtp/avp": `flags=["rtp/avp"]`,
		"RTP/AVP=x AVP=y SRTP=1": `AVP="y" RTP/AVP="x" SRTP="1"`, "transport-protocol=RTP/AVP": `transport-protocol="RTP/AVP"`,
		"rtcp-mux-demux rtcp-mux-offer": `rtcp-mux=["demux" "offer"]`, "rtcp-mux=require": `rtcp-mux=["require"]`, "DTLS=off": `DTLS="off"`, "DTLS=passive": `DTLS="passive"`,
		"SDES-off SDES-unencrypted_srtp": `SDES=["off" "unencrypted_srtp"]`, "SDES=no": `SDES=["no"]`, "T.38=decode T.38=no-ECM": `T.38=["decode" "no-ECM"]`, "T38=stop": `T.38=["stop"]`,
		"record-call=on metadata=a|b": `metadata="a|b" record-call="on"`, "record-call": `flags=["record-call"]`, "symmetric=1": `symmetric="1"`,
		"codec-transcode=PCMU codec-transcode=PCMA codec-mask=all": `codec={mask=["all"] transcode=["PCMU" "PCMA"]}`, "codec-transcode-opus transcode-G722 transcode=GSM": `codec={transcode=["opus" "G722" "GSM"]}`,
		"codec-strip=G729 codec-offer=a codec-set=opus/48000/2 codec-except=b": `codec={except=["b"] offer=["a"] set=["opus/48000/2"] strip=["G729"]}`, "codec-accept=x": `codec-accept="x"`, "strip=PCMU": `strip="PCMU"`,
		"label=caller all=offer-answer ptime=20": `all="offer-answer" label="caller" ptime="20"`, "directional to-tag": "", "to-tag=": "", "flags=x foo": `flags=["foo"]`,
		"received-from=1.2.3.4": `received-from=["IP4" "1.2.3.4"]`, "received-from=2001:db8::1": `received-from=["IP6" "2001:db8::1"]`,
	} {
		d := newDictionary()
		if _, err := parseFlags(flags, d); err != nil {
			t.Errorf("%q: %v", flags, err)
			continue
		}
		if got := strings.TrimPrefix(mediarelay.Words(&d.Value), " "); got != want {
			t.Errorf("%q is\n%s, want\n%s", flags, got, want)
		}
	}
	for _, flags := range []string{"via-branch", "via-branch=foo", "via-branch=3", "repacketize", "repacketize=x", "repacketize=0", "repacketize=-1", "repacketize=-20ms"} {
		if _, err := parseFlags(flags, newDictionary()); err == nil {
			t.Errorf("%q is taken", flags)
		}
	}
}

// TestFlagsElsewhere: what is about session descriptions is sent with none but those.
func TestFlagsElsewhere(t *testing.T) {
	const flags = "symmetric replace-origin direction=a internal SDES-off rtcp-mux-offer T.38=force codec-mask=all RTP/AVP ICE=force"
	for line, want := range map[string]string{
		"rtpengine_delete": ` ICE="force" call-id="call1" flags=["symmetric"] from-tag="ft" received-from=["IP4" "127.0.0.1"] supports=["load limit"] transport-protocol="RTP/AVP"`,
		"block_media":      ` ICE="force" call-id="call1" flags=["symmetric"] received-from=["IP4" "127.0.0.1"] supports=["load limit"] transport-protocol="RTP/AVP"`,
	} {
		relay := newRelay(t)
		send(t, load(t, config(sock(url(relay))), line+`("`+flags+`");`), message("INVITE", "", "application/sdp", one))
		if _, got, _ := strings.Cut(strings.TrimPrefix(strings.Join(relay.Commands(), ""), "block "), " "); " "+got != want {
			t.Errorf("%s:\n%s, want\n%s", line, got, want)
		}
	}
}

// FuzzParseFlags: nothing panics, and what is sent can be read again.
func FuzzParseFlags(f *testing.F) {
	f.Add("replace-origin SDES=no codec-transcode=PCMU TOS=184 via-branch=auto RTP/SAVPF flags=x y")
	f.Fuzz(func(t *testing.T, flags string) {
		d := newDictionary()
		if _, err := parseFlags(flags, d); err != nil {
			return
		}
		if _, err := parseReply(string(d.Append(nil))); err != nil {
			t.Errorf("%q makes %q: %v", flags, d.Append(nil), err)
		}
	})
}

// TestViaBranch: which branch a command names.
func TestViaBranch(t *testing.T) {
	for _, k := range []struct{ flags, first, want string }{
		{"via-branch=1", "INVITE", "z9hG4bKone"}, {"via-branch=2", "INVITE", ""}, {"via-branch=auto", "INVITE", "z9hG4bKone"}, {"via-branch=auto", "200", "z9hG4bKone"},
		{"via-branch=1", "200", "z9hG4bKtop"}, {"via-branch=2", "200", "z9hG4bKone"}, {"via-branch=extra", "INVITE", "ex"}, {"via-branch=auto-extra", "INVITE", "ex"},
		{"via-branch=auto-extra", "200", "z9hG4bKtop"}, {"via-branch=auto-next", "200", "z9hG4bKtop"}, {"via-branch=next", "INVITE", ""},
	} {
		relay := newRelay(t)
		rc, _ := send(t, load(t, config(sock(url(relay))), `$p(x) = "ex"; rtpengine_query("`+k.flags+`");`), message(k.first, "tt", "", ""))
		got := strings.Join(relay.Commands(), "")
		if ok := k.want != ""; (rc == "1") != ok || ok && !strings.HasSuffix(got, ` via-branch="`+k.want+`"`) {
			t.Errorf("%s of %s: $rc %s, %s, want %q", k.flags, k.first, rc, got, k.want)
		}
	}
}

// TestBranchGiven: a text that stands for via-branch, in place of a flag.
func TestBranchGiven(t *testing.T) {
	for _, line := range []string{`rtpengine_query("via-branch=1", "mine");`, `rtpengine_delete("", "mine");`, `play_media("file=/x", "mine");`, `rtpengine_manage("foo", "mine");`} {
		relay := newRelay(t)
		send(t, load(t, config(sock(url(relay))), line), message("BYE", "tt", "", ""))
		if got := strings.Join(relay.Commands(), ""); !strings.HasSuffix(got, ` via-branch="mine"`) {
			t.Errorf("%s: %s", line, got)
		}
	}
}

// TestBodies: which part of a message is told to the relay, and that the rest stays as it is.
func TestBodies(t *testing.T) {
	part := "--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1\r\nX: y\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--b1--\r\nepilogue"
	bare := strings.TrimSuffix(one, "\r\n")
	for _, k := range []struct{ name, kind, body, sent, want string }{
		{"plain", "application/sdp", one, one, mediarelay.Rewrite(one)},
		{"upper case, with a parameter", "APPLICATION/SDP ;charset=x", one, one, mediarelay.Rewrite(one)},
		{"multipart", `multipart/mixed;boundary="b1"`, fmt.Sprintf(part, one), one, fmt.Sprintf(part, mediarelay.Rewrite(one))},
		{"multipart, without a line end of its own", "multipart/mixed;boundary=b1", fmt.Sprintf(part, bare), bare, fmt.Sprintf(part, mediarelay.Rewrite(bare))},
		{"multipart without one", "multipart/mixed;boundary=b2", fmt.Sprintf(part, one), "", fmt.Sprintf(part, one)},
		{"another type", "text/plain", one, "", one},
		{"no type", "", one, one, mediarelay.Rewrite(one)},
		{"none", "application/sdp", "", "", ""},
		{"what is none", "application/sdp", "garbage", "garbage", "garbage"},
		{"a hundred streams", "application/sdp", one + strings.Repeat("m=audio 5000 RTP/AVP 0\r\na=x\r\n", 100), one + strings.Repeat("m=audio 5000 RTP/AVP 0\r\na=x\r\n", 100), mediarelay.Rewrite(one + strings.Repeat("m=audio 5000 RTP/AVP 0\r\na=x\r\n", 100))},
	} {
		relay := newRelay(t)
		_, body := send(t, load(t, config(sock(url(relay))), "rtpengine_offer();"), message("INVITE", "", k.kind, k.body))
		got := strings.Join(relay.Commands(), "")
		if sent := fmt.Sprintf("sdp=%q", k.sent); k.sent == "" && got != "" || k.sent != "" && !strings.Contains(got, sent) || body != k.want {
			t.Errorf("%s: sent %s\nbody %q\nwant %q", k.name, got, body, k.want)
		}
	}
}

// TestFragment: candidates that come later are told, and stay in the message.
func TestFragment(t *testing.T) {
	relay := newRelay(t)
	const text = "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"
	rc, body := send(t, load(t, config(sock(url(relay))), "rtpengine_info();"), message("INFO", "tt", "application/trickle-ice-sdpfrag", text))
	got := relay.Commands()
	if want := fmt.Sprintf(`offer call-id="call1" flags=["fragment"] from-tag="ft" received-from=["IP4" "127.0.0.1"] sdp=%q supports=["load limit"] to-tag="tt"`, text); rc != "1" || body != text || len(got) != 1 || got[0] != want {
		t.Errorf("$rc %s, %q\nwant %q", rc, got, want)
	}
}

// TestVariableIntoPart: what comes from a variable takes the place of a part, and
// the delimiter stays on a line of its own.
func TestVariableIntoPart(t *testing.T) {
	const part = "--b\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--b--\r\n"
	line := "$p(in) = \"v=0\\r\\nc=IN IP4 192.0.2.1\"; rtpengine_offer();"
	_, body := send(t, load(t, config(sock(url(newRelay(t))), param("read_sdp_pv", "$p(in)")), line), message("INVITE", "", "multipart/mixed;boundary=b", fmt.Sprintf(part, one)))
	if want := fmt.Sprintf(part, mediarelay.Rewrite("v=0\r\nc=IN IP4 192.0.2.1")); body != want {
		t.Errorf("%q, want\n%q", body, want)
	}
}

// TestVariables: session descriptions that come from a variable and go into one.
func TestVariables(t *testing.T) {
	relay := newRelay(t)
	cfg := config(sock(url(relay)), param("read_sdp_pv", "$p(in)"), param("write_sdp_pv", "$p(out)"))
	line := "$p(in) = \"v=0\\r\\nc=IN IP4 192.0.2.1\\r\\n\"; rtpengine_offer(); print(\"$p(inst)\"); print(\"$p(out)\");"
	rc, body := send(t, load(t, cfg, line), message("INVITE", "", "application/sdp", one))
	if got := strings.Join(relay.Commands(), ""); body != one || !strings.Contains(got, `sdp="v=0\r\nc=IN IP4 192.0.2.1\r\n"`) {
		t.Errorf("$rc %s, %s\n%s", rc, got, body)
	}
	env := load(t, cfg, line)
	lines := strings.Join(env.Request(t, message("INVITE", "", "application/sdp", one)), "|")
	if !strings.Contains(lines, url(relay)+"|v=0\r|c=IN IP4 10.11.12.13\r|") {
		t.Errorf("%q", lines)
	}
}
