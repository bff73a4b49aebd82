// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"fmt"
	"regexp"
	"strings"
)

// expect takes the next message at a peer and looks at it. A 100 that is not
// asked for is passed over: hardly a script is about it.
func (s *scene) expect(p *peer, pattern string, checks []string) error {
	m, err := p.next()
	for err == nil && m.Status == 100 && !m.IsHTTP() && !strings.HasPrefix(pattern, "100") {
		m, err = p.next()
	}
	if err != nil {
		return fmt.Errorf("%w, want %q", err, pattern)
	}
	first := m.firstLine()
	if first != pattern && !strings.HasPrefix(first, pattern+" ") {
		return fmt.Errorf("%s got %q, want %q\n%s", p.name, first, pattern, m.text)
	}
	for _, c := range checks {
		if err := check(m, s.fillAs(c, regexp.QuoteMeta)); err != nil {
			return fmt.Errorf("%s: %w\n%s", p.name, err, m.text)
		}
	}
	return nil
}

// forgetAll passes over all that has arrived at any peer, from a server that has
// ended too.
func (s *scene) forgetAll() error {
	if s.daemon != nil {
		if err := s.settle(); err != nil {
			return err
		}
	}
	for _, p := range s.peers {
		if err := p.drain(); err != nil {
			return err
		}
		p.mu.Lock()
		p.arrived = nil
		p.mu.Unlock()
	}
	return nil
}

// forget passes over all that has arrived at a peer.
func (s *scene) forget(p *peer, pattern string) error {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	if err := s.settle(); err != nil {
		return err
	}
	if err := p.drain(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.arrived {
		if !re.MatchString(m.firstLine()) {
			return fmt.Errorf("%s got %q, want %q\n%s", p.name, m.firstLine(), pattern, m.text)
		}
	}
	p.arrived = nil
	return p.failed
}

// firstLine is the first line of a message, without the version of a response.
func (m *message) firstLine() string { return strings.TrimPrefix(m.FirstLine(), "SIP/2.0 ") }

// check looks at one part: "Name=REGEXP", "Name", "!Name", "uri=REGEXP",
// "body=REGEXP".
func check(m *message, c string) error {
	if name, absent := strings.CutPrefix(c, "!"); absent {
		if m.FirstNamed(name) >= 0 {
			return fmt.Errorf("there is a header %s", name)
		}
		return nil
	}
	name, want, ok := strings.Cut(c, "=")
	if !ok {
		if m.FirstNamed(c) < 0 {
			return fmt.Errorf("there is no header %s", c)
		}
		return nil
	}
	re, err := regexp.Compile(want)
	if err != nil {
		return err
	}
	got := ""
	switch name {
	case "body":
		got = m.Body()
	case "uri":
		got = m.RequestURI
	default:
		var values []string
		for i := m.FirstNamed(name); i >= 0; i = m.NextNamed(name, i) {
			values = append(values, m.Header(i).Value)
		}
		got = strings.Join(values, ", ")
	}
	if !re.MatchString(got) {
		return fmt.Errorf("%s is %q, want %q", name, got, want)
	}
	return nil
}
