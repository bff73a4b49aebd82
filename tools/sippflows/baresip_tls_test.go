// SPDX-License-Identifier: Apache-2.0

package sippflows

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// secureProfiles are those of /etc/kamailio/tls.cfg, but that phones need no authority.
const secureProfiles = `
[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
private_key = DIR/both.pem
certificate = DIR/both.pem
[client:default]
verify_certificate = no
require_certificate = no
`

// securePhonesCall lets phones that speak TLS, to the stock configuration with its TLS switched on, register and call each other, and one
// on UDP.
func securePhonesCall(t *testing.T, command string) {
	refserver.Needs(t, "baresip", "openssl")
	dir := t.TempDir()
	os.Chmod(dir, 0o755)
	both := filepath.Join(dir, "both.pem")
	if out, err := exec.Command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
		"-keyout", both, "-out", filepath.Join(dir, "cert.pem")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cert, err := os.ReadFile(filepath.Join(dir, "cert.pem"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(both)
	if err != nil {
		t.Fatal(err)
	}
	stock, err := os.ReadFile(refserver.StockCfg)
	if err != nil {
		t.Fatal(err)
	}
	profiles := filepath.Join(dir, "tls.cfg")
	cfg := filepath.Join(dir, "kamailio.cfg")
	for name, text := range map[string]string{both: string(key) + string(cert), profiles: strings.ReplaceAll(secureProfiles, "DIR", dir),
		cfg: strings.ReplaceAll(string(stock), "/etc/kamailio/tls.cfg", profiles)} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	port := freePort(t)
	server, err := refserver.Start(fmt.Sprintf("%s -A WITH_TLS -l tls:127.0.0.1:%d", command, port), cfg, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	secure := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	own := []string{"sip_certificate " + both, "sip_verify_server no"}
	anna := startPhone(t, secure, "anna", "tls", own...)
	ben := startPhone(t, secure, "ben", "tls", own...)
	carl := startPhone(t, server.Addr(), "carl", "udp")
	for _, p := range []*phone{anna, ben, carl} {
		p.registered(t)
	}
	call(t, secure+";transport=tls", anna, ben)
	call(t, secure+";transport=tls", ben, carl)
	call(t, server.Addr(), carl, anna)
}

func TestReferenceSecurePhones(t *testing.T) {
	refserver.Needs(t, "kamailio")
	securePhonesCall(t, refserver.ReferenceCommand)
}

func TestKaheaSecurePhones(t *testing.T) {
	securePhonesCall(t, refserver.KaheaCommand(t, "../kahea"))
}
