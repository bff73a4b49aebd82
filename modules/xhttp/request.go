// SPDX-License-Identifier: Apache-2.0

package xhttp

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

var (
	errNotHTTP  = errors.New("the message is no request of HTTP")
	errAnswered = errors.New("the request was answered already")
	errCode     = errors.New("the code is none of 100 to 699")
)

// exchange is what is remembered of the request that is handled.
type exchange struct {
	serial   uint64 // of the Call, whose request it is
	answered bool
}

func (x *XHTTP) exchange(c *module.Call) *exchange {
	e := c.Local(x, func() any { return new(exchange) }).(*exchange)
	if e.serial != c.Serial {
		*e = exchange{serial: c.Serial}
	}
	return e
}

// take runs the event route for a request; false leaves it to others.
func (x *XHTTP) take(c *module.Call) bool {
	u := c.Msg.RequestURI
	if x.skip != nil && x.skip.MatchString(u) || x.match != nil && !x.match.MatchString(u) {
		return false
	}
	route, ok := x.host.Route(module.EventRoute, eventRequest)
	if !ok {
		return false
	}
	x.requests.Inc()
	if c.Msg.FirstNamed("Transfer-Encoding") >= 0 {
		// Where such a body ends is not known: what comes behind could be taken for a request (RFC 9112 6.1).
		c.ReplyClose = true
		x.answer(c, http.StatusNotImplemented, "Not Implemented", "", "", "")
		return true
	}
	c.Gen.Program.Run(c, route)
	return true
}

// reply is xhttp_reply(code, reason, ctype, body).
func (x *XHTTP) reply(c *module.Call, a module.Args) module.Result {
	for i := range a {
		if a[i].Err != nil {
			return c.Fail("xhttp_reply", a[i].Err)
		}
	}
	if err := x.Reply(c, a.Int(0, 0), a.Str(1), a.Str(2), a.Str(3)); err != nil {
		return c.Fail("xhttp_reply", err)
	}
	return module.True
}

// Reply answers the request of a call, once. Other modules call it as well.
func (x *XHTTP) Reply(c *module.Call, code int, reason, contentType, body string) error {
	e := x.exchange(c)
	switch {
	case !c.Msg.IsHTTP() || !c.Msg.IsRequest() || c.MadeUp:
		return errNotHTTP
	case code < 100 || code > 699:
		return errCode
	case e.answered:
		return errAnswered
	}
	if err := x.answer(c, code, reason, contentType, c.ReplyHeaders, body); err != nil {
		return err
	}
	e.answered = true
	return nil
}

// answer sends an answer.
func (x *XHTTP) answer(c *module.Call, code int, reason, contentType, headers, body string) error {
	p := &c.Packet
	d := transport.Destination{Proto: p.Socket.Proto, Addr: p.Src, Socket: p.Socket, Conn: p.Conn, NoConnect: true,
		Close: c.ReplyClose || lastOf(c.Msg)}
	err := c.Out.Send(d, appendAnswer(c.Mem.Begin(), c, code, reason, contentType, headers, body, d.Close, x.host.Core().ServerHeader))
	if err == nil {
		x.answered.Inc()
	}
	return err
}

// appendAnswer prints an answer in the form of Kamailio's module: Sia tells where the request came from.
func appendAnswer(dst []byte, c *module.Call, code int, reason, contentType, headers, body string, last bool, server string) []byte {
	dst = append(append(dst, c.Msg.Proto...), ' ')
	dst = append(dst, byte('0'+code/100), byte('0'+code/10%10), byte('0'+code%10), ' ')
	dst = append(append(dst, oneLine(reason)...), "\r\nSia: SIP/2.0/"...)
	dst = append(append(dst, strings.ToUpper(c.Packet.Socket.Proto.String())...), ' ')
	dst = append(c.Packet.Src.AppendTo(dst), "\r\n"...)
	if contentType != "" {
		dst = append(append(append(dst, "Content-Type: "...), oneLine(contentType)...), "\r\n"...)
	}
	dst = append(dst, headers...)
	if server != "" {
		dst = append(append(dst, server...), "\r\n"...)
	}
	if last {
		dst = append(dst, "Connection: close\r\n"...)
	}
	if code != http.StatusSwitchingProtocols {
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, int64(len(body)), 10)
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "\r\n"...)
	if c.Msg.MethodName == http.MethodHead {
		return dst // RFC 9110 9.3.2: the fields of the answer without its body
	}
	return append(dst, body...)
}

// oneLine keeps a text from ending its header line: it may be made of what a client sent.
func oneLine(text string) string {
	if i := strings.IndexAny(text, "\r\n"); i >= 0 {
		return text[:i]
	}
	return text
}

// lastOf tells whether a request is the last one of its connection (RFC 9112 9.3).
func lastOf(m *sip.Message) bool {
	keep := !strings.EqualFold(m.Proto, "HTTP/1.0")
	for i := m.FirstNamed("Connection"); i >= 0; i = m.NextNamed("Connection", i) {
		for option := range strings.SplitSeq(m.HeaderValueAt(i), ",") {
			switch strings.ToLower(strings.TrimSpace(option)) {
			case "close":
				return true
			case "keep-alive":
				keep = true
			}
		}
	}
	return !keep
}
