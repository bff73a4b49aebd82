// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
	"github.com/kahea-sip/kahea/tools/testport"
)

// tlsParts are the parts of the certificates whose variables are compared.
var tlsParts = []string{"version", "serial", "issuer_cn", "issuer_country", "issuer_locality", "issuer_organization", "issuer_state", "issuer_unit", "issuer",
	"subject", "subject_cn", "subject_country", "subject_locality", "subject_organization", "subject_state", "subject_unit", "subject_uid",
	"san_email", "san_hostname", "san_ip", "san_uri", "urlencoded_cert"}

var tlsSelects = []string{"tls.version", "tls.cipher", "tls.cipher.bits", "tls.peer.verified", "tls.peer.version", "tls.peer.sn", "tls.peer.subj.cn", "tls.peer.subject.commonName",
	"tls.peer.subj.o", "tls.peer.subj.unit", "tls.peer.issuer.cn", "tls.my.subj.cn", "tls.me.issuer.o", "tls.peer.dns", "tls.peer.ip", "tls.peer.uri", "tls.peer.email",
	"tls.peer.revoked", "tls.peer.expired", "tls.peer.self_signed", "tls.peer.host", "tls.my.serialNumber", "tls.myself.version", "tls.peer.subj.uid"}

// tlsConfig makes a configuration that answers with all variables.
func tlsConfig(dir string) string {
	var b strings.Builder
	b.WriteString("enable_tls=yes\nlog_stderror=yes\nauto_aliases=no\n")
	for _, m := range []string{"tls", "sl", "pv", "textops", "app_lua"} {
		fmt.Fprintf(&b, "loadmodule %q\n", m+".so")
	}
	fmt.Fprintf(&b, "modparam(\"tls\", \"config\", %q)\nrequest_route {\n\tif (proto != TLS) { sl_send_reply(\"200\", \"OK\"); exit; }\n", filepath.Join(dir, "tls.cfg"))
	names := []string{"tls_version", "tls_description", "tls_cipher_info", "tls_cipher_bits", "tls_peer_verified", "tls_peer_revoked", "tls_peer_expired",
		"tls_peer_selfsigned", "tls_peer_notBefore", "tls_peer_notAfter", "tls_peer_server_name"}
	for _, part := range tlsParts {
		names = append(names, "tls_peer_"+part, "tls_my_"+part)
	}
	for _, name := range []string{"m_issuer_line", "m_subject_line", "p_issuer_line", "p_subject_line"} {
		names = append(names, "tls("+name+")")
	}
	for i, name := range names {
		fmt.Fprintf(&b, "\tappend_to_reply(\"X-%d: %s <$(%s{s.trim})>\\r\\n\");\n", i, name, name)
	}
	for i, name := range tlsSelects {
		fmt.Fprintf(&b, "\t$var(x) = @%s;\n\tappend_to_reply(\"Y-%d: %s <$var(x)>\\r\\n\");\n", name, i, name)
	}
	fmt.Fprintf(&b, "\tlua_dofile(%q);\n", filepath.Join(dir, "tls.lua"))
	b.WriteString("\tif (is_peer_verified()) { append_to_reply(\"Z: verified\\r\\n\"); }\n\tsl_send_reply(\"200\", \"OK\");\n}\n")
	return b.String()
}

// tlsScript asks from Lua what can be asked of a connection.
const tlsScript = `
local function reply(name, text) KSR.hdr.append_to_reply("Z-" .. name .. ": " .. text .. "\r\n") end
reply("1", "verified " .. KSR.tls.is_peer_verified() .. " chosen " .. KSR.tls.set_connect_server_id("any"))
for i, name in ipairs{"tls_version", "tls_description", "tls_cipher_info", "tls_cipher_bits", "tls_nothing", ""} do
	local v = KSR.tls.cget(name)
	reply(i + 1, name .. " " .. type(v) .. ":" .. string.gsub(v, "%s+$", ""))
end
`

// tlsProfiles are those of the servers; the names of files are completed with the folder.
const tlsProfiles = `
[server:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = no
certificate = DIR/server.pem
private_key = DIR/server.key
ca_list = DIR/root.pem
[server:any]
certificate = DIR/other.pem
private_key = DIR/other.key
verify_certificate = no
server_name = other.test
server_name_mode = 1
[server:any]
certificate = DIR/other.pem
private_key = DIR/other.key
server_name = below.test
server_name_mode = 2
[server:any]
certificate = DIR/server.pem
private_key = DIR/server.key
server_name = loose.test
verify_client = optional_no_ca
ca_list = DIR/root.pem
[server:any]
certificate = DIR/server.pem
private_key = DIR/server.key
server_name = on.test
verify_client = on
ca_list = DIR/root.pem
[server:any]
certificate = DIR/server.pem
private_key = DIR/server.key
server_name = require.test
verify_certificate = no
require_certificate = yes
ca_list = DIR/root.pem
[server:any]
certificate = DIR/server.pem
private_key = DIR/server.key
server_name = middle.test
verify_client = on
ca_list = DIR/sub.pem
[server:any]
certificate = DIR/server.pem
private_key = DIR/server.key
server_name = crl.test
verify_client = on
verify_certificate = yes
require_certificate = yes
ca_list = DIR/root.pem
crl = DIR/root.crl
[server:any]
certificate = DIR/server.pem
private_key = DIR/server.key
server_name = crls.test
verify_certificate = yes
require_certificate = yes
ca_list = DIR/root.pem
crl = DIR/both.crl
[client:default]
verify_certificate = no
`

// tlsDepth is a server whose profile allows for few authorities: with names OpenSSL takes the depth of the default profile for all.
const tlsDepth = `
[server:default]
certificate = DIR/server.pem
private_key = DIR/server.key
ca_list = DIR/root.pem
verify_client = on
verify_depth = DEPTH
`

// tlsNames are the servers that are asked for, tlsClients the certificates that are shown to them.
var (
	tlsNames   = []string{"", "nobody.test", "other.test", "x.other.test", "xother.test", "below.test", "x.below.test", "loose.test", "on.test", "require.test", "middle.test", "crl.test", "crls.test"}
	tlsClients = []string{"", "client", "deep", "deeper", "self", "old", "gone", "serveronly"}
)

// TestTLS: for servers of many names and clients with many certificates kahea lets in whom Kamailio lets in, and all variables and
// selects tell the same of them.
func TestTLS(t *testing.T) {
	kahea := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamailio")
	files := makeTLSFiles(t)
	for name, text := range map[string]string{"names": tlsProfiles, "depth 0": strings.ReplaceAll(tlsDepth, "DEPTH", "0"), "depth 1": strings.ReplaceAll(tlsDepth, "DEPTH", "1")} {
		write(t, filepath.Join(files, "tls.cfg"), strings.ReplaceAll(text, "DIR", files))
		names := tlsNames
		if name != "names" {
			names = names[:1]
		}
		t.Run(name, func(t *testing.T) {
			compareTLS(t, askTLS(t, refserver.ReferenceCommand, files, names), askTLS(t, kahea, files, names))
		})
	}
}

// compareTLS compares answers line by line.
func compareTLS(t *testing.T, want, got map[string]string) {
	t.Helper()
	let := 0
	for key, w := range want {
		if strings.HasPrefix(w, "200") {
			let++
		}
		g := strings.Split(got[key], "\n")
		for i, line := range strings.Split(w, "\n") {
			if i >= len(g) || g[i] != line {
				t.Errorf("%s: kahea %q, the reference %q", key, g[min(i, len(g)-1)], line)
				if i == 0 {
					break
				}
			}
		}
	}
	if let == 0 || let == len(want) {
		t.Errorf("%d of %d were let in: the test compares nothing", let, len(want))
	}
}

// askTLS connects to a server in all ways.
func askTLS(t *testing.T, command, files string, names []string) map[string]string {
	t.Helper()
	run := t.TempDir()
	cfg := filepath.Join(run, "tls-test.cfg")
	write(t, cfg, tlsConfig(files))
	write(t, filepath.Join(files, "tls.lua"), tlsScript)
	port, err := testport.Free()
	if err != nil {
		t.Fatal(err)
	}
	s, err := refserver.Start(fmt.Sprintf("%s -l tls:127.0.0.1:%d", command, port), cfg, run)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	replies := map[string]string{}
	for _, name := range names {
		for _, client := range tlsClients {
			reply, err := tlsAnswer(fmt.Sprintf("127.0.0.1:%d", port), name, client, files)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("%s, %s: %v; the end of the log:\n%s", name, client, err, s.LogTail())
			}
			if err != nil {
				reply = "refused"
			}
			replies[fmt.Sprintf("server %q, client %q", name, client)] = reply
		}
	}
	return replies
}

var tlsHeader = regexp.MustCompile(`(?m)^[XYZ][-0-9]*: .*$`)

// tlsAnswer sends an OPTIONS and returns what the server told, "200" and a line for each variable.
func tlsAnswer(addr, name, client, files string) (string, error) {
	config := &tls.Config{ServerName: name, InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}}
	if client != "" {
		pair, err := tls.LoadX509KeyPair(filepath.Join(files, client+".pem"), filepath.Join(files, client+".key"))
		if err != nil {
			return "", fmt.Errorf("%w: %w", os.ErrDeadlineExceeded, err)
		}
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: 10 * time.Second}, "tcp", addr, config)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(c, "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\nContent-Length: 0\r\n\r\n", c.LocalAddr())
	var text []byte
	for buf := make([]byte, 65536); !strings.Contains(string(text), "\r\n\r\n"); {
		n, err := c.Read(buf)
		text = append(text, buf[:n]...)
		if err == io.EOF {
			return "", err
		}
		if err != nil {
			return "", err
		}
	}
	lines := tlsHeader.FindAllString(strings.ReplaceAll(string(text), "\r", ""), -1)
	return "200\n" + strings.Join(lines, "\n"), nil
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// issued is a certificate with its key.
type issued struct {
	*x509.Certificate
	key *ecdsa.PrivateKey
	der []byte
}

// makeTLSFiles makes certificates, revocation lists and profiles in a folder.
func makeTLSFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	os.Chmod(dir, 0o755)
	authority := func(c *x509.Certificate) {
		c.IsCA, c.ExtKeyUsage, c.KeyUsage = true, nil, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	}
	rich := func(c *x509.Certificate) {
		u, _ := url.Parse("sip:alice@client.test")
		c.Subject = pkix.Name{CommonName: c.Subject.CommonName, Country: []string{"DE"}, Province: []string{"Hessen"}, Locality: []string{"Frankfurt"},
			Organization: []string{"Client AG"}, OrganizationalUnit: []string{"Dev", "Ops"}}
		c.DNSNames, c.IPAddresses, c.URIs, c.EmailAddresses = []string{"client.test", "c2.client.test"}, []net.IP{net.IPv4(127, 0, 0, 2)}, []*url.URL{u}, []string{"alice@client.test"}
	}
	root := issue(t, dir, "root", nil, authority)
	sub := issue(t, dir, "sub", root, authority)
	subsub := issue(t, dir, "subsub", sub, authority)
	issue(t, dir, "server", root, rich)
	issue(t, dir, "other", root)
	issue(t, dir, "client", root, rich)
	issue(t, dir, "deep", sub)
	issue(t, dir, "deeper", subsub)
	issue(t, dir, "self", nil)
	issue(t, dir, "old", root, func(c *x509.Certificate) { c.NotAfter = time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC) })
	gone := issue(t, dir, "gone", root)
	issue(t, dir, "serveronly", root, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	appendChain(t, dir, "deep", sub)
	appendChain(t, dir, "deeper", subsub, sub)
	list := revocation(t, root, gone)
	write(t, filepath.Join(dir, "root.crl"), list)
	write(t, filepath.Join(dir, "both.crl"), list+revocation(t, sub))
	return dir
}

// issue makes a certificate that by has signed, itself where that is nil.
func issue(t *testing.T, dir, name string, by *issued, change ...func(c *x509.Certificate)) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	c := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	for _, f := range change {
		f(c)
	}
	parent, signer := c, key
	if by != nil {
		parent, signer = by.Certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, name+".pem"), pemText("CERTIFICATE", der))
	write(t, filepath.Join(dir, name+".key"), pemText("PRIVATE KEY", keyDER))
	return &issued{made, key, der}
}

// appendChain puts authorities behind a certificate in its file.
func appendChain(t *testing.T, dir, name string, above ...*issued) {
	t.Helper()
	file := filepath.Join(dir, name+".pem")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range above {
		text = append(text, pemText("CERTIFICATE", a.der)...)
	}
	write(t, file, string(text))
}

func revocation(t *testing.T, by *issued, gone ...*issued) string {
	t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NextUpdate: time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC)}
	for _, g := range slices.All(gone) {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: g.SerialNumber, RevocationTime: list.ThisUpdate})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, by.Certificate, by.key)
	if err != nil {
		t.Fatal(err)
	}
	return pemText("X509 CRL", der)
}

func pemText(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
