// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/schema"
	"github.com/kahea-sip/kahea/modules/db_sqlite"
	"github.com/kahea-sip/kahea/tools/difftest/refserver"
	"github.com/kahea-sip/kahea/tools/testport"
)

// oldRelease is the stock file of 4.3.
const oldRelease = "../../../shared/data/stock/kamailio-4.3.cfg"

// edit is a change of a configuration: text behind the first place that fits.
type edit struct{ behind, text string }

// edits are those that make a stock file serve WebSocket: the lines that its users
// have written down, and where they leave something out (the handshake, replies of
// browsers) those of the documentation of Kamailio's module.
var edits = []edit{
	{`#!define FLB_NATSIPPING 7\n`, `
#!substdef "!MY_IP_ADDR!127.0.0.1!g"
#!substdef "!MY_WS_PORT!@@ws@@!g"
#!substdef "!MY_WSS_PORT!@@wss@@!g"
#!substdef "!MY_WS_ADDR!tcp:MY_IP_ADDR:MY_WS_PORT!g"
#!substdef "!MY_WSS_ADDR!tls:MY_IP_ADDR:MY_WSS_PORT!g"
#!define WITH_WEBSOCKETS
`},
	{`tcp_connection_lifetime=3605\n`, `
alias="phones.example"
#!ifdef WITH_WEBSOCKETS
listen=MY_WS_ADDR
#!ifdef WITH_TLS
listen=MY_WSS_ADDR
#!endif
#!endif
tcp_accept_no_cl=yes
tcp_rd_buf_size=16384
`},
	{`#!ifdef WITH_DEBUG\nloadmodule "debugger.so"\n#!endif\n`, `
#!ifdef WITH_WEBSOCKETS
loadmodule "xhttp.so"
loadmodule "websocket.so"
loadmodule "nathelper.so"
#!endif
`},
	{`(?s)setting module-specific parameters.*?\n`, `
#!ifdef WITH_WEBSOCKETS
modparam("nathelper|registrar", "received_avp", "$avp(RECEIVED)")
#!endif
`},
	{`\troute\(REQINIT\);\n`, `
#!ifdef WITH_WEBSOCKETS
	if (nat_uac_test("64")) {
		force_rport();
		if (is_method("REGISTER")) {
			fix_nated_register();
		} else {
			fix_nated_contact();
			if (!add_contact_alias()) {
				xlog("L_ERR", "Error aliasing contact <$ct>\n");
				sl_send_reply("400", "Bad Request");
				exit;
			}
		}
	}
#!endif
`},
	{`\tif \(loose_route\(\)\) \{\n`, `
#!ifdef WITH_WEBSOCKETS
		if ($du == "") {
			if (!handle_ruri_alias()) {
				xlog("L_ERR", "Bad alias <$ru>\n");
				sl_send_reply("400", "Bad Request");
				exit;
			}
		}
#!endif
`},
	{`onreply_route\[MANAGE_REPLY\] \{\n`, `
#!ifdef WITH_WEBSOCKETS
	if (nat_uac_test("64")) {
		add_contact_alias();
	}
#!endif
`},
	{`(?s)\z`, `
#!ifdef WITH_WEBSOCKETS
event_route[xhttp:request] {
	set_reply_close();
	set_reply_no_connect();
	if ($Rp != MY_WS_PORT
#!ifdef WITH_TLS
			&& $Rp != MY_WSS_PORT
#!endif
	) {
		xlog("L_WARN", "HTTP request received on $Rp\n");
		xhttp_reply("403", "Forbidden", "", "");
		exit;
	}
	if ($hdr(Upgrade)=~"websocket" && $hdr(Connection)=~"Upgrade" && $rm=~"GET") {
		if ($hdr(Host) == $null || !is_myself("sip:" + $hdr(Host))) {
			xlog("L_WARN", "Bad host $hdr(Host)\n");
			xhttp_reply("403", "Forbidden", "", "");
			exit;
		}
		if (ws_handle_handshake()) {
			exit;
		}
	}
	xhttp_reply("404", "Not found", "", "");
}
event_route[websocket:closed] {
	xlog("L_NOTICE", "WebSocket connection from $si:$sp has closed\n");
}
#!endif
`},
}

// site is a server that browsers reach.
type site struct {
	*refserver.Server
	ws, wss string // URLs
}

// serve starts a server with a stock file and the edits; flags go behind those of
// the command.
func serve(t *testing.T, command, file, flags string) *site {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		refserver.Absent(t, err.Error())
	}
	ws, err1 := testport.Free()
	wss, err2 := testport.Free()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	run := t.TempDir()
	cfg := string(text)
	for _, e := range edits {
		at := regexp.MustCompile(e.behind).FindStringIndex(cfg)
		if at == nil {
			t.Fatalf("%s has no %s", file, e.behind)
		}
		cfg = cfg[:at[1]] + e.text + cfg[at[1]:]
	}
	profile := secure(t, run)
	cfg = regexp.MustCompile(`(?m)^modparam\("tls", "config".*$`).ReplaceAllLiteralString(cfg, `modparam("tls", "config", "`+profile+`")`)
	cfg = strings.NewReplacer("@@ws@@", fmt.Sprint(ws), "@@wss@@", fmt.Sprint(wss)).Replace(cfg)
	edited := filepath.Join(run, "kamailio.cfg")
	if err := os.WriteFile(edited, []byte(cfg), 0o600); err != nil {
		t.Fatal(err)
	}
	server, err := refserver.Start(command+" -A WITH_TLS "+flags, edited, run)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Stop()
		if log, err := os.ReadFile(filepath.Join(run, "log")); err == nil && t.Failed() {
			t.Logf("the server:\n%s", log)
		}
	})
	return &site{server, fmt.Sprintf("ws://127.0.0.1:%d", ws), fmt.Sprintf("wss://127.0.0.1:%d", wss)}
}

// secure writes a certificate, and the profile that shows it.
func secure(t *testing.T, dir string) (profile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err1 := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	keyDER, err2 := x509.MarshalPKCS8PrivateKey(key)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	write := func(name string, text []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	certificate := write("server.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	private := write("server.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	return write("tls.cfg", fmt.Appendf(nil, "[server:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\nprivate_key = %s\ncertificate = %s\n", private, certificate))
}

// TestJsSIP registers a browser over ws and over wss with the stock file of 4.3 and
// with the installed one, lets it call a phone and be called by it, and another
// browser.
func TestJsSIP(t *testing.T) {
	start := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t)
	for name, file := range map[string]string{"4.3": oldRelease, "installed": refserver.StockCfg} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			s := serve(t, start, file, "")
			p := newPhone(t, s.Addr())
			p.register()
			b.register("ws", s.ws, "")
			b.register("wss", s.wss, "")
			for _, name := range []string{"ws", "wss"} {
				calls(b, p, name)
				isCalled(b, p, name)
			}
			between(b)
			b.do(command{Do: "stop", Name: "ws"})
			b.await("unregistered", "ws")
		})
	}
}

// TestAuthenticated: users with passwords register and call; who has another one
// does not; and a browser whose connection is closed comes back.
func TestAuthenticated(t *testing.T) {
	start := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamcmd")
	b := open(t)
	s := serve(t, start, refserver.StockCfg, fmt.Sprintf("--loadmodule=db_sqlite.so -A WITH_AUTH -A DBURL=%q", users(t, "ws", "wss")))
	b.do(command{Do: "register", Name: "stranger", URL: s.ws, URI: "sip:ws@phones.example", Password: "wrong"})
	if e := b.awaitBad("registrationFailed", "stranger"); e.Code != 401 {
		t.Errorf("the registration with a wrong password fails with %d", e.Code)
	}
	b.do(command{Do: "stop", Name: "stranger"})
	b.register("ws", s.ws, "secret")
	b.register("wss", s.wss, "secret")
	between(b)
	for _, id := range connections.FindAllStringSubmatch(s.rpc(t, "ws.dump"), -1) {
		s.rpc(t, "ws.close", id[1])
	}
	for _, name := range []string{"ws", "wss"} {
		if e := b.await("disconnected", name); e.Code != 1000 {
			t.Errorf("%s: the connection is closed with %d %s", name, e.Code, e.Cause)
		}
		b.await("registered", name)
	}
	between(b)
}

// connections are the numbers in ws.dump.
var connections = regexp.MustCompile(`(?m)^\s*(\d+): ws`)

// rpc runs a command with kamcmd.
func (s *site) rpc(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("kamcmd", append([]string{"-s", "unix:" + filepath.Join(s.Run, "kamailio_ctl")}, args...)...).CombinedOutput()
	if err != nil {
		t.Errorf("kamcmd %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// users makes a database with users whose password is "secret", and returns its URL.
func users(t *testing.T, names ...string) string {
	t.Helper()
	url := "sqlite:///" + filepath.Join(t.TempDir(), "kamailio.sqlite")
	u, err := db.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	d, err := db_sqlite.New().Open(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	store := d.(schema.Database)
	if _, err := schema.For("sqlite").On(store).Create(t.Context(), schema.Tables()); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, err := store.Raw(t.Context(), fmt.Sprintf("INSERT INTO subscriber (username, domain, password) VALUES ('%s', 'phones.example', 'secret')", name)); err != nil {
			t.Fatal(err)
		}
	}
	return url
}

// calls lets the browser call the phone; the session description arrives as it left.
func calls(b *tab, p *phone, name string) {
	b.t.Helper()
	b.do(command{Do: "call", Name: name, Target: "sip:phone@phones.example"})
	offer := p.takeCall()
	b.await("calling", name)
	if sent := b.await("sdp", name); sent.By != "local" || sent.SDP != offer {
		b.t.Errorf("%s: the offer\n%s\narrives as\n%s", name, sent.SDP, offer)
	}
	if got := b.await("sdp", name); got.By != "remote" || got.SDP != description("active") {
		b.t.Errorf("%s: the answer arrives as\n%s", name, got.SDP)
	}
	b.await("confirmed", name)
	p.hangUp()
	if e := b.await("ended", name); e.By != "remote" {
		b.t.Errorf("%s: the call is ended by %s", name, e.By)
	}
}

// isCalled lets the phone call the browser, which hangs up.
func isCalled(b *tab, p *phone, name string) {
	b.t.Helper()
	answered := make(chan string)
	go func() { answered <- p.invite("sip:" + name + "@phones.example") }()
	b.await("called", name)
	b.do(command{Do: "answer", Name: name})
	answer := <-answered
	b.await("sdp", name)
	if sent := b.await("sdp", name); sent.By != "local" || sent.SDP != answer {
		b.t.Errorf("%s: the answer\n%s\narrives as\n%s", name, sent.SDP, answer)
	}
	b.await("confirmed", name)
	b.do(command{Do: "hangUp", Name: name})
	p.answer(p.hearsRequest("BYE"), "200 OK", "")
	b.await("ended", name)
}

// between lets one browser call the other one: their media meet, and a second
// INVITE within the dialog finds its way.
func between(b *tab) {
	b.t.Helper()
	b.do(command{Do: "call", Name: "ws", Target: "sip:wss@phones.example"})
	b.await("called", "wss")
	b.do(command{Do: "answer", Name: "wss"})
	b.await("confirmed", "ws")
	for _, name := range []string{"ws", "wss"} {
		for b.await("media", name).Cause != "connected" {
		}
	}
	b.do(command{Do: "hangUp", Name: "wss"})
	b.await("ended", "ws")
	b.await("ended", "wss")
}
