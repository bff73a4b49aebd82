// SPDX-License-Identifier: Apache-2.0

package sanity

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// The checks, as their documentation numbers them. 8 and 16 have been without
// effect for years; they are taken and do nothing.
const (
	checkVersion       = 1
	checkScheme        = 2
	checkRequired      = 4
	checkCSeqMethod    = 32
	checkCSeqValue     = 64
	checkContentLength = 128
	checkExpires       = 256
	checkProxyRequire  = 512
	checkURIs          = 1024
	checkDigest        = 2048
	checkTags          = 4096
	checkAuthorization = 8192
	checkVia           = 16384

	defaultChecks = checkVersion | checkScheme | checkRequired | checkCSeqMethod | checkCSeqValue |
		checkContentLength | checkExpires | checkProxyRequire | checkDigest
)

// The URIs of check 1024.
const (
	uriRequest = 1
	uriFrom    = 2
	uriTo      = 4
	uriContact = 8

	defaultURIs = uriRequest | uriFrom | uriTo
)

// fault is what is wrong with a message: the reply that says so.
type fault struct {
	code    int
	reason  string
	headers string
}

func (s *Sanity) setProxyRequire(list string) error {
	s.proxyRequire = nil
	for tag := range strings.SplitSeq(list, ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			s.proxyRequire = append(s.proxyRequire, tag)
		}
	}
	return nil
}

// check is sanity_check([checks [, uris]]).
func (s *Sanity) check(c *module.Call, a module.Args) module.Result {
	f := s.find(c, a.Int(0, s.checks), a.Int(1, s.uris))
	if f == nil {
		return module.True
	}
	if s.noReply != 0 {
		c.Fault = f
	} else {
		send(c, f)
	}
	if s.autodrop != 0 {
		return module.Stop
	}
	return module.False
}

// checkInLua is KSR.sanity.sanity_check: a script in Lua has to end itself.
func (s *Sanity) checkInLua(c *module.Call, a module.Args) module.Result {
	if s.check(c, a) != module.True {
		return module.False
	}
	return module.True
}

// reply is sanity_reply().
func (s *Sanity) reply(c *module.Call, _ module.Args) module.Result {
	f, ok := c.Fault.(*fault)
	if !ok || s.noReply == 0 {
		return module.False
	}
	c.Fault = nil
	return module.Bool(send(c, f))
}

// replier is what sanity needs of sl.
type replier interface {
	SendReply(c *module.Call, code int, reason, headers string) error
}

// send answers the request. A reply and an ACK are never answered.
func send(c *module.Call, f *fault) bool {
	if !c.Msg.IsRequest() || c.Msg.Method == sip.MethodAck {
		return false
	}
	return c.Host.Module("sl").(replier).SendReply(c, f.code, f.reason, f.headers) == nil
}

func bad(reason string) *fault { return &fault{code: 400, reason: reason} }

// find does the checks in the order of their documentation and returns the
// first fault, or nil.
func (s *Sanity) find(c *module.Call, checks, uris int) *fault {
	m := c.Msg
	if checks&checkVia != 0 {
		if v, err := m.Via(0); err != nil || v.Host == "" {
			return bad("Bad Via Header")
		}
	}
	request := m.IsRequest()
	if checks&checkVersion != 0 && !strings.EqualFold(m.Proto, sip.Version) { // RFC 3261 7.1
		return &fault{code: 505, reason: "Version Not Supported"}
	}
	if checks&checkScheme != 0 && request {
		u, err := m.RURI()
		switch {
		case u.Scheme == sip.SchemeOther:
			// RFC 3261 16.3 step 2; Kamailio says 400.
			return &fault{code: 416, reason: "Unsupported URI Scheme"}
		case err != nil:
			return bad("Bad Request URI")
		}
	}
	if checks&checkRequired != 0 {
		for _, t := range required {
			if !m.HasHeader(t) {
				return bad("Missing Required Header in Request")
			}
		}
	}
	if checks&(checkCSeqMethod|checkCSeqValue) != 0 {
		if f := cseq(m, checks); f != nil {
			return f
		}
	}
	if checks&checkContentLength != 0 {
		if f := contentLength(m, c); f != nil {
			return f
		}
	}
	if checks&checkExpires != 0 && m.HasHeader(sip.HeaderExpires) {
		if _, err := m.Expires(); err != nil {
			return bad("Expires value is illegal")
		}
	}
	if checks&checkProxyRequire != 0 && request {
		if f := s.proxyRequired(m); f != nil {
			return f
		}
	}
	if checks&checkURIs != 0 {
		if f := parseURIs(m, uris); f != nil {
			return f
		}
	}
	if checks&checkDigest != 0 && !digestsComplete(m, sip.HeaderProxyAuthorization, sip.HeaderAuthorization) {
		return bad("Bad Auth Credentials")
	}
	if checks&checkAuthorization != 0 && !digestsComplete(m, sip.HeaderAuthorization) {
		return bad("Bad Authorization Header")
	}
	if checks&checkTags != 0 {
		return duplicateTags(m)
	}
	return nil
}

var required = []sip.HeaderType{sip.HeaderTo, sip.HeaderFrom, sip.HeaderCSeq, sip.HeaderCallID, sip.HeaderVia}

// cseq checks what Message.Check has left: it is there and can be read.
func cseq(m *sip.Message, checks int) *fault {
	q, err := m.CSeq()
	switch {
	case err == sip.ErrAbsent:
	case checks&checkCSeqMethod != 0 && m.IsRequest() && q.MethodName != m.MethodName:
		return bad("CSeq method does not match request method")
	case checks&checkCSeqValue != 0 && err != nil:
		return bad("CSeq number is illegal")
	}
	return nil
}

// contentLength compares with the bytes that came. On a stream the length is
// what made them a message, so it cannot differ.
func contentLength(m *sip.Message, c *module.Call) *fault {
	if !m.HasHeader(sip.HeaderContentLength) {
		return nil
	}
	if !m.HasEnd() {
		return bad("Content-Length Body Failure")
	}
	n, err := m.ContentLength()
	if err != nil || int(n) != len(m.Raw())-m.BodyStart() {
		return bad("Content-Length mis-match")
	}
	return nil
}

func (s *Sanity) proxyRequired(m *sip.Message) *fault {
	for i := m.First(sip.HeaderProxyRequire); i >= 0; i = m.Next(sip.HeaderProxyRequire, i) {
		for rest := m.Header(i).Value; ; {
			tag, more, ok := sip.NextListValue(rest)
			if !ok {
				break
			}
			if !s.understands(tag) {
				return &fault{420, "Bad Proxy Require Extension", "Unsupported: " + tag + "\r\n"}
			}
			rest = more
		}
	}
	return nil
}

func (s *Sanity) understands(tag string) bool {
	for _, t := range s.proxyRequire {
		if sip.EqualFold(t, tag) {
			return true
		}
	}
	return false
}

func parseURIs(m *sip.Message, uris int) *fault {
	if uris&uriRequest != 0 && m.IsRequest() {
		if u, err := m.RURI(); err != nil || u.Scheme == sip.SchemeOther {
			return bad("Bad Request URI")
		}
	}
	if uris&uriFrom != 0 {
		if u, err := m.FromURI(); err != nil || u.Scheme == sip.SchemeOther {
			return bad("Invalid From Header")
		}
	}
	if uris&uriTo != 0 {
		if u, err := m.ToURI(); err != nil || u.Scheme == sip.SchemeOther {
			// The missing letter is Kamailio's; scripts may look for it.
			return bad("Ivalid To Header")
		}
	}
	if uris&uriContact != 0 {
		for i := m.First(sip.HeaderContact); i >= 0; i = m.Next(sip.HeaderContact, i) {
			for rest := m.Header(i).Value; ; {
				one, more, ok := sip.NextListValue(rest)
				if !ok {
					break
				}
				contact, err := sip.ParseContact(one)
				if err == nil && !contact.Star {
					_, err = contact.ParseURI()
				}
				if err != nil {
					return bad("Bad Contact URI")
				}
				rest = more
			}
		}
	}
	return nil
}

func duplicateTags(m *sip.Message) *fault {
	if from, err := m.From(); err == nil && tags(from.Params) > 1 {
		return bad("Multiple From Tags")
	}
	if to, err := m.To(); err == nil && tags(to.Params) > 1 {
		return bad("Multiple To Tags")
	}
	return nil
}

func tags(p sip.Params) int {
	n := 0
	for {
		one, rest, ok := p.Next()
		if !ok {
			return n
		}
		if sip.EqualFold(one.Name, "tag") {
			n++
		}
		p = rest
	}
}
