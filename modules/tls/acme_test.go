// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/certmagic"
	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"

	"github.com/kahea-sip/kahea/tools/testport"
)

// acmeServer is a local ACME server, which asks for the domain on tlsPort.
// Its certificates are good for so many seconds.
func acmeServer(t *testing.T, httpPort, tlsPort int, life uint64) (directory, trust string) {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "0")
	quiet := log.New(io.Discard, "", 0)
	store := db.NewMemoryStore()
	authority := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "d", ValidityPeriod: life}})
	validation := va.New(quiet, httpPort, tlsPort, false, "", store)
	front := wfe.New(quiet, store, validation, authority, nil, false, false, 0, 0)
	s := httptest.NewTLSServer(front.Handler())
	t.Cleanup(s.Close)
	return s.URL + wfe.DirectoryPath, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

// freePort is one that nobody else takes.
func freePort(t *testing.T) int {
	t.Helper()
	port, err := testport.Free()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// TestCertificatesRenewThemselves: a profile gets its certificate of an ACME server, by either challenge, keeps it in its folder, and has
// it again without asking after a reload.
func TestCertificatesRenewThemselves(t *testing.T) {
	for _, challenge := range []string{"http", "tls"} {
		t.Run(challenge, func(t *testing.T) {
			dir, httpPort, tlsPort := t.TempDir(), freePort(t), freePort(t)
			directory, trust := acmeServer(t, httpPort, tlsPort, 3600)
			profile := fmt.Sprintf("[server:default]\nacme_domains = localhost\nacme_agree = yes\nacme_email = a@example.com\nacme_directory = %s\nacme_ca = trust.pem\nacme_storage = kept\n", directory)
			if challenge == "http" {
				profile += fmt.Sprintf("acme_http_port = %d\nacme_tls_port = 0\n", httpPort)
			} else {
				profile += fmt.Sprintf("acme_http_port = 0\nacme_tls_port = %d\n", tlsPort)
			}
			for name, text := range map[string]string{"trust.pem": trust, "tls.cfg": profile} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			m := New()
			var lines bytes.Buffer
			m.log = slog.New(slog.NewTextHandler(&lines, nil))
			m.renewals = newRenewals(m.log, lookEvery)
			ctx, cancel := context.WithCancel(context.Background())
			defer func() { m.renewals.cache.Stop() }()
			defer cancel()
			first := renewed(t, ctx, m, dir)
			if first == nil {
				t.Fatalf("no certificate came; the log:\n%s", lines.String())
			}
			if len(first.DNSNames) != 1 || first.DNSNames[0] != "localhost" {
				t.Errorf("the certificate is for %v", first.DNSNames)
			}
			m.renewals.cache.Stop()
			m.renewals = newRenewals(m.log, lookEvery)
			if again := renewed(t, ctx, m, dir); again == nil || again.SerialNumber.Cmp(first.SerialNumber) != 0 {
				t.Error("the certificate that is there was not used again")
			}
		})
	}
}

// TestRenewalAtTheEnd: a certificate whose end is near is replaced by a new one
// while the server runs, before it has ended.
func TestRenewalAtTheEnd(t *testing.T) {
	const life = 90 // seconds, of which all but nine are there for the renewal
	dir, httpPort := t.TempDir(), freePort(t)
	directory, trust := acmeServer(t, httpPort, freePort(t), life)
	profile := fmt.Sprintf("[server:default]\nacme_domains = localhost\nacme_agree = yes\nacme_email = a@example.com\nacme_directory = %s\nacme_ca = trust.pem\nacme_storage = kept\nacme_http_port = %d\nacme_tls_port = 0\n", directory, httpPort)
	for name, text := range map[string]string{"trust.pem": trust, "tls.cfg": profile} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := New()
	m.log = slog.New(slog.DiscardHandler)
	m.renewals = newRenewals(m.log, 50*time.Millisecond)
	defer m.renewals.cache.Stop()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	// The moment that the server advises (RFC 9773) is any of the life.
	first := renewed(t, ctx, m, dir, func(c *certmagic.Config) { c.DisableARI, c.RenewalWindowRatio = true, 0.9 })
	if first == nil {
		t.Fatal("no certificate came")
	}
	client := &tls.Config{InsecureSkipVerify: true, ServerName: "localhost"}
	for {
		state, _, err := dial(t, m, client)
		if err != nil {
			t.Fatal(err)
		}
		now, shown := time.Now(), state.PeerCertificates[0]
		if now.After(shown.NotAfter) {
			t.Fatalf("a certificate is shown that ended %v ago", now.Sub(shown.NotAfter))
		}
		if shown.SerialNumber.Cmp(first.SerialNumber) != 0 {
			if !shown.NotAfter.After(first.NotAfter) {
				t.Errorf("the new one ends %v, the first %v", shown.NotAfter, first.NotAfter)
			}
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// renewed reads the profiles, and returns the certificate that a peer is shown
// once it is there.
func renewed(t *testing.T, ctx context.Context, m *TLS, dir string, set ...func(*certmagic.Config)) *x509.Certificate {
	t.Helper()
	ps, err := readProfiles(filepath.Join(dir, "tls.cfg"), attributes{method: defaultMethod, depth: 9, acme: newACME()}, attributes{method: defaultMethod})
	if err != nil {
		t.Fatal(err)
	}
	l := &loader{configDir: dir, now: time.Now, log: m.log, renewals: m.renewals}
	if err := l.load(ps); err != nil {
		t.Fatal(err)
	}
	for _, f := range set {
		f(ps.defaultServer.magic)
	}
	m.current.Store(ps)
	if err := m.renewals.manage(ctx, ps); err != nil {
		t.Fatal(err)
	}
	client := &tls.Config{InsecureSkipVerify: true, ServerName: "localhost"}
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(5 * time.Millisecond) {
		if state, s, err := dial(t, m, client); err == nil {
			if s.own() == nil || !s.own().Equal(state.PeerCertificates[0]) {
				t.Errorf("the own certificate is %v", s.own())
			}
			return state.PeerCertificates[0]
		}
	}
	return nil
}

func TestMistakesInRenewal(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"[server:default]\nacme_domains = a.test\n", "2:16: acme_domains: " + errNotAgreed.Error()},
		{"[client:default]\nacme_domains = a.test\nacme_agree = yes\n[server:default]\nacme_domains = b.test\nacme_agree = yes\n", "2:16: acme_domains: " + errClientACME.Error()},
		{"[server:default]\nacme_domains = a.test\nacme_agree = yes\ncertificate = a.pem\n", "2:16: acme_domains: " + errTwoWays.Error()},
		{"[server:default]\nacme_domains = a.test\nacme_agree = yes\nacme_http_port = 0\nacme_tls_port = 0\n", "2:16: acme_domains: " + errNoChallenge.Error()},
		{"[server:default]\nacme_domains = a.test\nacme_agree = yes\nacme_http_port = 70000\n", "4:18: acme_http_port: 70000 is no port"},
		{"[server:default]\nacme_domains = a.test\nacme_agree = yes\nacme_ca = nowhere.pem\n", "4:11: acme_ca: cannot read"},
	} {
		file := filepath.Join(t.TempDir(), "tls.cfg")
		if err := os.WriteFile(file, []byte(row.text), 0o600); err != nil {
			t.Fatal(err)
		}
		ps, err := readProfiles(file, attributes{method: defaultMethod, acme: newACME()}, attributes{method: defaultMethod, acme: newACME()})
		if err == nil {
			r := newRenewals(slog.New(slog.DiscardHandler), lookEvery)
			err = (&loader{configDir: t.TempDir(), now: time.Now, log: slog.New(slog.DiscardHandler), renewals: r}).load(ps)
			r.cache.Stop()
		}
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: got %v, want %s", row.text, err, row.want)
		}
	}
}
