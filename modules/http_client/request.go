// SPDX-License-Identifier: Apache-2.0

package http_client

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Bits of authmethod.
const (
	authBasic = 1 << iota
	authDigest
)

// request is what a script asks for.
type request struct {
	method, url string
	post        bool
	kind        string // type of the body; empty for the usual one
	body        string
	headers     string // lines
}

// answer is what came.
type answer struct {
	code int64 // of HTTP, or below 100 of cURL
	body string
}

var errHeader = errors.New("a header field is name: value")

// usualType is the type of a body that no header field names.
const usualType = "application/x-www-form-urlencoded"

// build makes the request of a script.
func (c *connection) build(ctx context.Context, r *request) (*http.Request, code, error) {
	text := r.url
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return nil, badURL, nil
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, unsupportedScheme, nil
	}
	if !plain(r.kind) {
		return nil, 0, errHeader
	}
	q, err := http.NewRequestWithContext(ctx, r.method, u.String(), nil)
	if err != nil {
		return nil, badURL, nil
	}
	q.Header.Set("User-Agent", c.userAgent)
	q.Header.Set("Accept", "*/*")
	if r.post || r.body != "" {
		body := r.body
		q.Body, q.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		q.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
		q.Header.Set("Content-Type", cmp.Or(strings.TrimSpace(r.kind), usualType))
	}
	for line := range strings.Lines(r.headers) {
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !ok || name == "" || !plain(line) || strings.ContainsAny(name, " \t\r\n\"(),/:;<=>?@[\\]{}"):
			return nil, 0, errHeader
		case strings.EqualFold(name, "host"):
			q.Host = value
		default:
			q.Header.Set(name, value)
		}
	}
	return q, 0, nil
}

// plain tells whether a text can stand in a header field.
func plain(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// do sends a request and reads the answer. It may wait.
func (m *Client) do(ctx context.Context, c *connection, r *request) (answer, error) {
	q, bad, err := c.build(ctx, r)
	if err != nil {
		return answer{}, err
	}
	if bad != 0 {
		m.failed.Inc()
		return answer{code: int64(bad)}, nil
	}
	p, err := c.client.Do(q)
	if err == nil && p.StatusCode == http.StatusUnauthorized && c.user != "" {
		p, err = c.answerChallenge(p, q)
	}
	if err != nil {
		m.failed.Inc()
		return answer{code: int64(codeOf(err))}, nil
	}
	defer p.Body.Close()
	most := int64(usualMax)
	if c.maxData > 0 {
		most = int64(c.maxData)
	}
	var b strings.Builder
	if _, err := io.Copy(&b, io.LimitReader(p.Body, most)); err != nil {
		m.failed.Inc()
		return answer{code: int64(codeOf(err))}, nil
	}
	if p.StatusCode/100 == 2 {
		m.ok.Inc()
	} else {
		m.failed.Inc()
	}
	c.mu.Lock()
	c.last = p.Request.URL.String()
	c.mu.Unlock()
	a := answer{code: int64(p.StatusCode)}
	if p.StatusCode < 500 {
		a.body = b.String()
	}
	return a, nil
}

// connect sends a request over a connection of httpcon, and where that fails over
// its failover, each once.
func (m *Client) connect(ctx context.Context, c *connection, r request) (a answer, err error) {
	path := r.url
	for tried := map[*connection]bool{}; c != nil && !tried[c]; c = m.connections[c.failover] {
		tried[c] = true
		r.url = c.base
		if path != "" {
			r.url = strings.TrimSuffix(c.base, "/") + "/" + strings.TrimPrefix(path, "/")
		}
		if a, err = m.do(ctx, c, &r); err != nil || a.code >= 100 && a.code < 500 {
			break
		}
	}
	return a, err
}
