// SPDX-License-Identifier: Apache-2.0

package http_client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/cipher"
)

// options are how a connection is used.
type options struct {
	proxy, netInterface           string
	proxyPort                     int
	redirect, maxData, timeout    int
	userAgent                     string
	certificate, key, authorities string
	verifyPeer, verifyHost        int
	ciphers                       string
	tlsVersion                    uint16
	authMethod, keep              int
}

// connection is a server, or for http_client_query any.
type connection struct {
	options
	base           string // URL
	user, password string
	failover       string
	client         *http.Client

	mu   sync.Mutex
	last string // guarded by mu; URL of the last answer
}

// Limits where none is set.
const (
	usualMax     = 16 << 20 // bytes
	usualTimeout = time.Minute
	maxRedirects = 10
	maxTimeout   = 86400   // seconds
	maxSize      = 1 << 30 // bytes
)

var (
	errConnection = errors.New("a connection is name=>URL, with parameters behind semicolons")
	errUserAgent  = errors.New("useragent: there is a control byte in it")
	errTLSVersion = errors.New("a version of TLS is 0, 1, 4, 5 or 6, for the usual one, 1.0, 1.0, 1.1 and 1.2")
)

func (m *Client) setTLS(n int) (err error) {
	m.common.tlsVersion, err = tlsVersion(n)
	return err
}

func tlsVersion(n int) (uint16, error) {
	switch n {
	case 0, 6:
		return tls.VersionTLS12, nil
	case 1, 4:
		return tls.VersionTLS10, nil
	case 5:
		return tls.VersionTLS11, nil
	}
	return 0, errTLSVersion
}

// declare is the parameter httpcon.
func (m *Client) declare(text string) error {
	name, rest, ok := strings.Cut(text, "=>")
	base, params, _ := strings.Cut(rest, ";")
	name = strings.TrimSpace(name)
	u, err := url.Parse(strings.TrimSpace(base))
	if !ok || name == "" || err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errConnection
	}
	if m.connections[name] != nil {
		return fmt.Errorf("connection %s is defined twice", name)
	}
	c := &connection{options: m.common, user: u.User.Username()}
	c.password, _ = u.User.Password()
	u.User = nil
	c.base = u.String()
	for p := range strings.SplitSeq(params, ";") {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		key, value, _ := strings.Cut(p, "=")
		if err := c.set(strings.TrimSpace(key), strings.TrimSpace(value)); err != nil {
			return fmt.Errorf("connection %s, %s: %w", name, key, err)
		}
	}
	m.connections[name] = c
	m.declared = append(m.declared, name)
	return nil
}

// set sets a parameter of a connection.
func (c *connection) set(key, value string) error {
	texts := map[string]*string{"useragent": &c.userAgent, "client_cert": &c.certificate, "client_key": &c.key, "cacert": &c.authorities, "cipher_suites": &c.ciphers, "failover": &c.failover, "httpproxy": &c.proxy}
	type number struct {
		to  *int
		max int
	}
	numbers := map[string]number{"timeout": {&c.timeout, maxTimeout}, "maxdatasize": {&c.maxData, maxSize}, "httpredirect": {&c.redirect, 1}, "verify_peer": {&c.verifyPeer, 1},
		"verify_host": {&c.verifyHost, 2}, "authmethod": {&c.authMethod, authBasic | authDigest}, "keep_connections": {&c.keep, 1}, "httpproxyport": {&c.proxyPort, 65535}}
	if t := texts[key]; t != nil {
		*t = value
		return nil
	}
	n, err := strconv.ParseUint(value, 10, 31)
	switch {
	case key != "tlsversion" && numbers[key].to == nil:
		return errors.New("there is no such parameter")
	case err != nil:
		return fmt.Errorf("%q is no number", value)
	case key == "tlsversion":
		c.tlsVersion, err = tlsVersion(int(n))
		return err
	}
	if n > uint64(numbers[key].max) {
		return fmt.Errorf("%d is more than %d", n, numbers[key].max)
	}
	*numbers[key].to = int(n)
	return nil
}

// prepare makes what sends the requests.
func (c *connection) prepare() error {
	if !plain(c.userAgent) {
		return errUserAgent
	}
	t := &http.Transport{DisableKeepAlives: c.keep == 0, MaxIdleConnsPerHost: 16, IdleConnTimeout: usualTimeout, DisableCompression: true, ForceAttemptHTTP2: true}
	if c.netInterface != "" {
		t.DialContext = from(c.netInterface)
	}
	if c.proxy != "" {
		u, err := url.Parse(c.proxy)
		if err != nil || u.Host == "" {
			return fmt.Errorf("httpproxy: %q is no URL", c.proxy)
		}
		if c.proxyPort != 0 {
			u.Host = u.Hostname() + ":" + strconv.Itoa(c.proxyPort)
		}
		t.Proxy = http.ProxyURL(u)
	}
	var err error
	if t.TLSClientConfig, err = c.secure(); err != nil {
		return err
	}
	c.client = &http.Client{Transport: t, Timeout: usualTimeout, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		switch {
		case c.redirect == 0:
			return http.ErrUseLastResponse
		case len(via) >= maxRedirects:
			return errRedirects
		}
		return nil
	}}
	if c.timeout > 0 {
		c.client.Timeout = time.Duration(c.timeout) * time.Second
	}
	return nil
}

// secure is how connections over TLS are secured.
func (c *connection) secure() (*tls.Config, error) {
	s := &tls.Config{MinVersion: max(c.tlsVersion, tls.VersionTLS10), InsecureSkipVerify: c.verifyPeer == 0 || c.verifyHost == 0}
	if c.tlsVersion == 0 {
		s.MinVersion = tls.VersionTLS12
	}
	if c.ciphers != "" {
		var err error
		if s.CipherSuites, err = cipher.Parse(openSSL(c.ciphers)); err != nil {
			return nil, fmt.Errorf("cipher_suites: %q: %w", c.ciphers, err)
		}
	}
	if c.certificate != "" || c.key != "" {
		pair, err := tls.LoadX509KeyPair(c.certificate, c.key)
		if err != nil {
			return nil, fmt.Errorf("client_cert, client_key: %w", err)
		}
		s.Certificates = []tls.Certificate{pair}
	}
	if c.authorities != "" {
		pem, err := os.ReadFile(c.authorities)
		if err != nil {
			return nil, fmt.Errorf("cacert: %w", err)
		}
		if s.RootCAs = x509.NewCertPool(); !s.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("cacert: there is no certificate in %s", c.authorities)
		}
	}
	if c.verifyPeer != 0 && c.verifyHost == 0 {
		s.VerifyConnection = func(state tls.ConnectionState) error {
			o := x509.VerifyOptions{Roots: s.RootCAs, Intermediates: x509.NewCertPool()}
			for _, k := range state.PeerCertificates[1:] {
				o.Intermediates.AddCert(k)
			}
			_, err := state.PeerCertificates[0].Verify(o)
			return err
		}
	}
	return s, nil
}

// openSSL writes the suites of a list that cURL knows by the names of NSS, such as
// rsa_aes_128_gcm_sha_256, with OpenSSL's; the rest of the list stays.
func openSSL(list string) string {
	shorter := strings.NewReplacer("tls_", "", "_with", "", "sha256", "sha_256", "sha384", "sha_384")
	var pairs []string
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		name := shorter.Replace(strings.ToLower(s.Name))
		if old, ok := strings.CutSuffix(name, "_cbc_sha"); ok {
			name = strings.TrimSuffix(old, "_ede") + "_sha"
		}
		pairs = append(pairs, name, cipher.Of(s.ID).Name)
	}
	words := strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(":,; ", r) })
	for i, w := range words {
		for k := 0; k < len(pairs); k += 2 {
			if w == pairs[k] {
				words[i] = pairs[k+1]
			}
		}
	}
	return strings.Join(words, ":")
}
