// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/cipher"
	"github.com/kahea-sip/kahea/core/module"
)

// loader reads the files that profiles name.
type loader struct {
	root               string // in front of all names; "" for the root that the process has
	configDir, workDir string
	now                func() time.Time
	log                *slog.Logger
	warned             func(error) // is told of warnings too, with their places; nil for nobody
	renewals           *renewals   // where a profile has certificates that renew themselves
}

func newLoader(core *module.Core, now func() time.Time, log *slog.Logger) *loader {
	return &loader{configDir: filepath.Dir(core.ConfigFile), workDir: core.WorkDir, now: now, log: log}
}

// path resolves the name of a file: one that begins with a dot lies in the
// working folder, any other that is not absolute in that of the configuration.
func (l *loader) path(name string) string {
	switch {
	case name == "":
		return ""
	case filepath.IsAbs(name):
	case name[0] == '.':
		name = filepath.Join(l.workDir, name)
		if full, err := filepath.Abs(name); err == nil && l.root == "" {
			name = full // so that mistakes show where it was looked for
		}
	default:
		name = filepath.Join(l.configDir, name)
	}
	if l.root == "" {
		return name
	}
	return filepath.Join(l.root, name)
}

// load reads all files of all profiles.
func (l *loader) load(ps *profiles) error {
	for _, p := range ps.all() {
		if err := l.profile(p); err != nil {
			return err
		}
	}
	return nil
}

// profile reads the files of a profile and makes what its connections begin with.
func (l *loader) profile(p *profile) (err error) {
	v, err := method(p.method)
	if err != nil {
		return p.errorf(attrMethod, "%v", err)
	}
	suites, err := cipher.Parse(p.cipherList)
	if err != nil {
		return p.errorf(attrCiphers, "%q: %v", p.cipherList, err)
	}
	if p.mode, err = p.verification(); err != nil {
		return err
	}
	p.base = &tls.Config{MinVersion: v.min, MaxVersion: v.max, CipherSuites: suites, Time: l.now}
	for _, step := range []func(*profile) error{l.certificate, l.authorities, l.revocations} {
		if err := step(p); err != nil {
			return err
		}
	}
	p.secure()
	return nil
}

// certificate reads certificate and private_key. A client needs none.
func (l *loader) certificate(p *profile) error {
	if len(p.acme.domains) > 0 {
		return l.renewing(p)
	}
	if p.certificate == "" {
		if p.client {
			return nil
		}
		return p.errorf(attrCertificate, "a server needs one")
	}
	certText, err := os.ReadFile(l.path(p.certificate))
	if err != nil {
		return p.errorf(attrCertificate, "cannot read %s: %v", l.path(p.certificate), cause(err))
	}
	keyFile := p.key
	if keyFile == "" {
		keyFile = p.certificate
	}
	if strings.HasPrefix(keyFile, "/engine:") || strings.HasPrefix(keyFile, "/uri:") {
		return p.errorf(attrKey, "keys in hardware (%s) are not supported, write the name of a file", keyFile)
	}
	keyText, err := os.ReadFile(l.path(keyFile))
	if err != nil {
		return p.errorf(attrKey, "cannot read %s: %v", l.path(keyFile), cause(err))
	}
	if encrypted(keyText) {
		return p.errorf(attrKey, "%s is encrypted: nobody is there to type the password, decrypt it with openssl pkey", l.path(keyFile))
	}
	pair, err := tls.X509KeyPair(certText, keyText)
	if err != nil {
		return p.errorf(attrCertificate, "%s and %s: %s", l.path(p.certificate), l.path(keyFile), strings.TrimPrefix(err.Error(), "tls: "))
	}
	l.checkTime(p, pair.Leaf)
	p.base.Certificates = []tls.Certificate{pair}
	return nil
}

func encrypted(key []byte) bool {
	for {
		block, rest := pem.Decode(key)
		if block == nil {
			return false
		}
		if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return true
		}
		key = rest
	}
}

// checkTime warns of a certificate whose time is over or has not come.
func (l *loader) checkTime(p *profile, c *x509.Certificate) {
	switch now := l.now(); {
	case now.After(c.NotAfter):
		l.warn(p, attrCertificate, "certificate has expired", p.certificate, "since", c.NotAfter)
	case now.Before(c.NotBefore):
		l.warn(p, attrCertificate, "certificate is not valid yet", p.certificate, "from", c.NotBefore)
	}
}

// warn tells of a file of a profile that is accepted and likely not meant.
func (l *loader) warn(p *profile, attribute, message, file, key string, when time.Time) {
	at := when.UTC().Format(time.RFC3339)
	l.log.Warn(message, "profile", p.String(), "file", l.path(file), key, at)
	if l.warned != nil {
		l.warned(p.errorf(attribute, "%s: %s, %s %s", l.path(file), message, key, at))
	}
}

// authorities reads ca_list and ca_path. As with OpenSSL a chain ends at a
// certificate that has signed itself; others only help to build it.
func (l *loader) authorities(p *profile) error {
	p.roots, p.middle = x509.NewCertPool(), x509.NewCertPool()
	shown := x509.NewCertPool()
	if p.caList != "" {
		list, err := readCertificates(l.path(p.caList))
		if err != nil {
			return p.errorf(attrCAList, "%v", err)
		}
		for _, c := range list {
			shown.AddCert(c)
			p.trust(c)
		}
	}
	if p.caPath != "" {
		entries, err := os.ReadDir(l.path(p.caPath))
		if err != nil {
			return p.errorf(attrCAPath, "cannot read %s: %v", l.path(p.caPath), cause(err))
		}
		for _, e := range entries {
			// Other files may lie there, as revocation lists do.
			list, err := readCertificates(filepath.Join(l.path(p.caPath), e.Name()))
			if err != nil {
				l.log.Debug("no certificate in a file of ca_path", "file", e.Name(), "err", err)
			}
			for _, c := range list {
				p.trust(c)
			}
		}
	}
	p.base.ClientCAs = shown
	return nil
}

func (p *profile) trust(c *x509.Certificate) {
	if slices.Equal(c.RawIssuer, c.RawSubject) {
		p.roots.AddCert(c)
		return
	}
	p.middle.AddCert(c)
}

var errNoCertificate = errors.New("there is no certificate in it")

func readCertificates(file string) ([]*x509.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", file, cause(err))
	}
	var out []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" && block.Type != "TRUSTED CERTIFICATE" && block.Type != "X509 CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: %w", file, errNoCertificate)
	}
	return out, nil
}

var errNoList = errors.New("there is no revocation list in it")

// revocations reads crl.
func (l *loader) revocations(p *profile) error {
	if p.crl == "" {
		return nil
	}
	file := l.path(p.crl)
	text, err := os.ReadFile(file)
	if err != nil {
		return p.errorf(attrCRL, "cannot read %s: %v", file, cause(err))
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "X509 CRL" {
			continue
		}
		list, err := x509.ParseRevocationList(block.Bytes)
		if err != nil {
			return p.errorf(attrCRL, "%s: %v", file, err)
		}
		if l.now().After(list.NextUpdate) && !list.NextUpdate.IsZero() {
			l.warn(p, attrCRL, "revocation list has expired: nobody is let in by it", p.crl, "since", list.NextUpdate)
		}
		p.crls = append(p.crls, list)
	}
	if len(p.crls) == 0 {
		return p.errorf(attrCRL, "%s: %v", file, errNoList)
	}
	return nil
}
