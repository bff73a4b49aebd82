// SPDX-License-Identifier: Apache-2.0

package lwsc

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/weblink"
)

// silent is the result where a server does not answer, as in Kamailio.
const silent module.Result = -2

var errEmpty = errors.New("the URL, the subprotocol or the message is empty")

// reply is what a server has answered to a message of SIP.
type reply struct {
	serial uint64
	given  bool
	text   string
}

func (m *Client) replyOf(c *module.Call) *reply {
	return c.Local(m, func() any { return new(reply) }).(*reply)
}

// request is lwsc_request(wsurl, data).
func (m *Client) request(c *module.Call, url, protocol, data string) module.Result {
	r := m.replyOf(c)
	*r = reply{serial: c.Serial}
	var text string
	err := m.ask(c, name{url, protocol, false}, data, func(ctx context.Context, s *weblink.Server, l weblink.Limits, data []byte) (err error) {
		text, _, err = s.Ask(ctx, l, data, func(string) bool { return true })
		return err
	})
	if err != nil {
		c.Fail("lwsc_request", err)
		if errors.Is(err, weblink.ErrSilent) {
			return silent
		}
		return module.False
	}
	r.given, r.text = true, text
	return module.True
}

// notify is lwsc_notify(wsurl, data).
func (m *Client) notify(c *module.Call, url, protocol, data string) module.Result {
	err := m.ask(c, name{url, protocol, true}, data, func(ctx context.Context, s *weblink.Server, l weblink.Limits, data []byte) error {
		return s.Tell(ctx, l, data)
	})
	if err != nil {
		return c.Fail("lwsc_notify", err)
	}
	return module.True
}

// ask talks to a server while another worker takes the place of this one.
func (m *Client) ask(c *module.Call, of name, data string, talk func(context.Context, *weblink.Server, weblink.Limits, []byte) error) (err error) {
	if of.url == "" || of.protocol == "" || data == "" {
		return errEmpty
	}
	if err := weblink.Check(of.url); err != nil {
		return err
	}
	s, kept := m.servers.find(of)
	if !kept {
		defer s.Close()
	}
	text := []byte(data)
	c.Block(func() {
		err = talk(c.Context(), s, m.limits(), text)
	})
	return err
}

// limits are the times that a server has.
func (m *Client) limits() weblink.Limits {
	return weblink.Limits{Connect: time.Duration(m.connect) * time.Microsecond, Reply: time.Duration(m.answer) * time.Microsecond}
}

// servers are those that were asked. Safe for concurrent use.
type servers struct {
	mu    sync.Mutex
	known map[name]*weblink.Server // guarded by mu
}

// name is what a server is found by.
type name struct {
	url, protocol string
	told          bool // not asked
}

// maxServers bounds those whose connections are kept: a script may make URLs of what the network sends.
const maxServers = 256

// find returns a server, and whether its connections are kept.
func (s *servers) find(n name) (*weblink.Server, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.known[n]; one != nil {
		return one, true
	}
	n.url, n.protocol = strings.Clone(n.url), strings.Clone(n.protocol)
	one := &weblink.Server{URL: n.url, Protocol: n.protocol}
	if len(s.known) >= maxServers {
		return one, false
	}
	if s.known == nil {
		s.known = map[name]*weblink.Server{}
	}
	s.known[n] = one
	return one, true
}

func (s *servers) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.known {
		one.Close()
	}
}
