// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Certificates are files for a server on 127.0.0.1, which has no other name.
type Certificates struct {
	// Cert and Key are the server's, Root is its authority, and Other an
	// authority that has signed nothing of it.
	Cert, Key, Root, Other string
}

// NewCertificates makes them in a folder of their own.
func NewCertificates(tb testing.TB) Certificates {
	tb.Helper()
	dir, other := tb.TempDir(), tb.TempDir()
	c := Certificates{filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key"), filepath.Join(dir, "root.pem"), filepath.Join(other, "other.pem")}
	root, rootKey := certificate(tb, "root", nil, nil)
	writePEM(tb, c.Root, "CERTIFICATE", root.Raw)
	stranger, _ := certificate(tb, "other", nil, nil)
	writePEM(tb, c.Other, "CERTIFICATE", stranger.Raw)
	own, key := certificate(tb, "server", root, rootKey)
	writePEM(tb, c.Cert, "CERTIFICATE", own.Raw)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	writePEM(tb, c.Key, "PRIVATE KEY", der)
	return c
}

// certificate makes one that an authority has signed, or without one that of an
// authority.
func certificate(tb testing.TB, name string, by *x509.Certificate, byKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	text := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	if by == nil {
		text.IsCA, text.BasicConstraintsValid, text.KeyUsage, text.ExtKeyUsage, text.IPAddresses = true, true, x509.KeyUsageCertSign, nil, nil
		by, byKey = text, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, text, by, key.Public(), byKey)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		tb.Fatal(err)
	}
	return cert, key
}

// writePEM writes a file that servers of other users can read, too.
func writePEM(tb testing.TB, file, kind string, der []byte) {
	tb.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o644); err != nil {
		tb.Fatal(err)
	}
}
