// SPDX-License-Identifier: Apache-2.0

package websocket

import (
	"crypto/sha1" // RFC 6455 4.2.2 asks for it; nothing is kept secret by it
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// acceptGUID is what RFC 6455 1.3 has behind the key of a client.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// subProtocol is the name of SIP in a handshake (RFC 7118 4.1).
const subProtocol = "sip"

// The answers to handshakes that are no good.
var (
	errBadRequest = errors.New("400 Bad Request")
	errVersion    = errors.New("426 Upgrade Required")
	errDisabled   = errors.New("503 Service Unavailable")
)

// handshake is ws_handle_handshake(): it answers the request, and makes a
// WebSocket connection of the one that it came by.
func (m *WebSocket) handshake(c *module.Call, _ module.Args) module.Result {
	if !c.Msg.IsHTTP() || !c.Msg.IsRequest() || c.MadeUp || c.Packet.Conn == 0 {
		return c.Fail("ws_handle_handshake", errNotHTTP)
	}
	err := m.check(c.Msg)
	switch err {
	case nil:
		err = m.accept(c)
	case errBadRequest:
		m.refuse(c, http.StatusBadRequest, "Bad Request", "Sec-WebSocket-Protocol: "+subProtocol+"\r\nSec-WebSocket-Version: 13\r\n")
	case errVersion:
		m.refuse(c, http.StatusUpgradeRequired, "Upgrade Required", "Sec-WebSocket-Version: 13\r\n")
	case errDisabled:
		m.refuse(c, http.StatusServiceUnavailable, "Service Unavailable", "")
	}
	if err != nil {
		c.Log().Debug("a WebSocket handshake was refused", "src", c.Packet.Src, "err", err)
		return module.Stop
	}
	return module.True
}

var (
	errNotHTTP = errors.New("the message is no request of HTTP from a connection")
	errUpgrade = errors.New("the connection cannot become one of WebSocket")
)

// check says what is wrong with a handshake (RFC 6455 4.2.1).
func (m *WebSocket) check(msg *sip.Message) error {
	switch version := only(msg, "Sec-WebSocket-Version"); {
	case m.clients.disabled.Load():
		return errDisabled
	case !lists(msg, "Connection", "upgrade"), !lists(msg, "Upgrade", "websocket"), !lists(msg, "Sec-WebSocket-Protocol", subProtocol):
		return errBadRequest
	case only(msg, "Host") == "", msg.MethodName != http.MethodGet, msg.Proto == "HTTP/1.0", !isKey(only(msg, "Sec-WebSocket-Key")), version == "":
		return errBadRequest
	case version != "13":
		return errVersion
	}
	return nil
}

// only is the value of a header that may be there once; empty where it is missing, or there again (RFC 6455 11.3, RFC 9112 3.2).
func only(msg *sip.Message, header string) string {
	i := msg.FirstNamed(header)
	if i < 0 || msg.NextNamed(header, i) >= 0 {
		return ""
	}
	return strings.TrimSpace(msg.HeaderValueAt(i))
}

// lists tells whether a header that is a list has a word, in any case.
func lists(msg *sip.Message, header, word string) bool {
	for i := msg.FirstNamed(header); i >= 0; i = msg.NextNamed(header, i) {
		for one := range strings.SplitSeq(msg.HeaderValueAt(i), ",") {
			if strings.EqualFold(strings.TrimSpace(one), word) {
				return true
			}
		}
	}
	return false
}

// isKey tells whether a text is the key of a client: 16 bytes in base64.
func isKey(text string) bool {
	key, err := base64.StdEncoding.DecodeString(text)
	return err == nil && len(key) == 16
}

// accept answers a good handshake.
func (m *WebSocket) accept(c *module.Call) error {
	sum := sha1.Sum([]byte(c.Msg.ValueNamed("Sec-WebSocket-Key") + acceptGUID))
	head := append(c.Mem.Begin(), c.ReplyHeaders...)
	head = append(append(head, m.allowOrigin(c.Msg)...), "Sec-WebSocket-Protocol: "+subProtocol+"\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: "...)
	head = append(base64.StdEncoding.AppendEncode(head, sum[:]), "\r\n"...)
	c.ReplyHeaders = c.Keep(c.Mem.Keep(head))
	if err := c.AnswerHTTP(http.StatusSwitchingProtocols, "Switching Protocols", "", ""); err != nil {
		return err
	}
	client := &client{id: c.Packet.Conn, clients: m.clients}
	client.framing = framing{max: c.Host.Transport().MaxMessage(), count: &m.count, client: client}
	client.used()
	m.clients.add(client)
	if !c.Host.Transport().Upgrade(client.id, &client.framing) {
		m.clients.remove(client.id)
		c.Host.Transport().CloseConn(client.id)
		return errUpgrade
	}
	m.count.handshakes.Inc()
	return nil
}

// allowOrigin is the header of cors_mode.
func (m *WebSocket) allowOrigin(msg *sip.Message) string {
	const name = "Access-Control-Allow-Origin: "
	origin := msg.ValueNamed("Origin")
	switch {
	case m.cors == corsAny:
		return name + "*\r\n"
	case m.cors == corsSame && origin != "" && !strings.ContainsAny(origin, "\r\n"):
		return name + origin + "\r\n"
	}
	return ""
}

// refuse answers a handshake that is no good, and closes its connection.
func (m *WebSocket) refuse(c *module.Call, code int, reason, headers string) {
	m.count.refused.Inc()
	c.ReplyClose = true
	c.ReplyHeaders = c.Keep(c.ReplyHeaders + headers)
	if err := c.AnswerHTTP(code, reason, "", ""); err != nil {
		c.Fail("ws_handle_handshake", err)
	}
}
