// SPDX-License-Identifier: Apache-2.0

package module

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

var (
	errNotHTTP  = errors.New("the message is no request of HTTP")
	errAnswered = errors.New("the request was answered already")
	errCode     = errors.New("the code is none of 100 to 699")
)

// AnswerHTTP answers a request of HTTP, once, with the header fields that the script has added.
func (c *Call) AnswerHTTP(code int, reason, contentType, body string) error {
	switch {
	case !c.Msg.IsHTTP() || !c.Msg.IsRequest() || c.MadeUp:
		return errNotHTTP
	case code < 100 || code > 699:
		return errCode
	case c.answered:
		return errAnswered
	}
	p := &c.Packet
	d := transport.Destination{Proto: p.Socket.Proto, Addr: p.Src, Socket: p.Socket, Conn: p.Conn, NoConnect: true,
		Close: code != http.StatusSwitchingProtocols && (c.ReplyClose || lastOf(c.Msg))}
	err := c.Out.Send(d, appendAnswer(c.Mem.Begin(), c, code, reason, contentType, c.ReplyHeaders, body, d.Close, c.Host.Core().ServerHeader))
	c.answered = err == nil
	return err
}

// appendAnswer prints an answer in the form of Kamailio: Sia tells where the request came from.
func appendAnswer(dst []byte, c *Call, code int, reason, contentType, headers, body string, last bool, server string) []byte {
	dst = append(append(dst, c.Msg.Proto...), ' ')
	dst = append(dst, byte('0'+code/100), byte('0'+code/10%10), byte('0'+code%10), ' ')
	dst = append(append(dst, oneLine(reason)...), "\r\nSia: SIP/2.0/"...)
	dst = append(append(dst, strings.ToUpper(c.Packet.Socket.Proto.String())...), ' ')
	dst = append(c.Packet.Src.AppendTo(dst), "\r\n"...)
	dst = append(dst, headers...)
	if contentType != "" {
		dst = append(append(append(dst, "Content-Type: "...), oneLine(contentType)...), "\r\n"...)
	}
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
