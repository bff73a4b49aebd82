// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/gobwas/ws"
)

// webConn is the connection that name/ws stands for: what is written goes as a WebSocket message, and what is read are the messages that
// came, one behind the other. A control frame is a message of its own: its name, its status and data in quotes.
type webConn struct {
	net.Conn
	text bytes.Buffer // read, not yet taken
}

// dialWeb opens a connection and asks for frames. Header fields in own stand in the place of the client's; the answer is the first that
// is read.
func dialWeb(server string, own []string) (*webConn, error) {
	c, err := dial(server)
	if err != nil {
		return nil, err
	}
	d := draft{start: "GET /ws HTTP/1.1", headers: []string{"Host: " + server, "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: sip"}}
	d.apply(own)
	if _, err := c.Write([]byte(d.start + "\r\n" + strings.Join(d.headers, "\r\n") + "\r\n\r\n")); err != nil {
		return nil, err
	}
	w := &webConn{Conn: c}
	c.SetReadDeadline(time.Now().Add(patience))
	defer c.SetReadDeadline(time.Time{})
	for one := []byte{0}; !bytes.HasSuffix(w.text.Bytes(), []byte("\r\n\r\n")); {
		if _, err := c.Read(one); err != nil {
			return nil, fmt.Errorf("no answer to the handshake: %w", err)
		}
		w.text.Write(one)
	}
	return w, nil
}

// Read implements net.Conn.
func (w *webConn) Read(b []byte) (int, error) {
	for w.text.Len() == 0 {
		h, err := ws.ReadHeader(w.Conn)
		if err != nil {
			return 0, err
		}
		payload := make([]byte, min(h.Length, 1<<20))
		if _, err := io.ReadFull(w.Conn, payload); err != nil {
			return 0, err
		}
		w.text.Write(shown(h.OpCode, payload))
	}
	return w.text.Read(b)
}

// shown is what is recorded of a frame.
func shown(op ws.OpCode, payload []byte) []byte {
	name := map[ws.OpCode]string{ws.OpPing: "PING", ws.OpPong: "PONG", ws.OpBinary: "BINARY", ws.OpClose: "CLOSE"}[op]
	switch {
	case op == ws.OpText:
		return payload
	case op == ws.OpClose && len(payload) >= 2:
		name, payload = fmt.Sprintf("CLOSE %d", binary.BigEndian.Uint16(payload)), payload[2:]
	}
	return fmt.Appendf(nil, "%s %q\r\n\r\n", name, payload)
}

// Write implements net.Conn.
func (w *webConn) Write(b []byte) (int, error) {
	return len(b), w.send(ws.NewTextFrame(b))
}

func (w *webConn) send(f ws.Frame) error {
	return ws.WriteFrame(w.Conn, ws.MaskFrameWith(f, [4]byte{1, 2, 3, 4}))
}

// openWeb opens the connection that name/ws stands for, unless it is open.
func (p *peer) openWeb(own []string) error {
	if p.web != nil {
		return nil
	}
	w, err := dialWeb(p.server, own)
	if err != nil {
		return err
	}
	p.web = w
	p.follow(w, p.name+"/ws")
	return nil
}

// openWeb is that of the peer, and returns when the server knows the connection by what it has become: the answer to the handshake
// leaves before.
func (p *player) openWeb(peer *peer, own []string) error {
	if err := peer.openWeb(own); err != nil {
		return err
	}
	return p.server.Rest()
}

// upgrade LINE: opens a WebSocket connection; the block changes the fields of the handshake.
func (p *player) upgrade(s step) error {
	peer, _, err := p.at(s, 2)
	if err != nil {
		return err
	}
	peer.web = nil
	return p.openWeb(peer, p.block(s))
}

var errNoWeb = errors.New("there is no WebSocket connection")

// frame LINE OPCODE [fin=no] [mask=no] [rsv=N]: sends a frame; the block holds quoted strings, as that of bytes.
func (p *player) frame(s step) error {
	peer, _, err := p.at(s, 3)
	if err != nil {
		return err
	}
	if peer.web == nil {
		return errNoWeb
	}
	op, known := map[string]ws.OpCode{"continuation": ws.OpContinuation, "text": ws.OpText, "binary": ws.OpBinary, "close": ws.OpClose, "ping": ws.OpPing, "pong": ws.OpPong}[s.words[2]]
	if !known {
		n, err := strconv.Atoi(s.words[2])
		if err != nil {
			return err
		}
		op = ws.OpCode(n)
	}
	data, err := quoted(p.block(s))
	if err != nil {
		return err
	}
	p.sent.Write(data)
	f, masked := ws.NewFrame(op, true, data), true
	for _, word := range s.words[3:] {
		switch name, value, _ := strings.Cut(word, "="); name {
		case "fin":
			f.Header.Fin = value != "no"
		case "mask":
			masked = value != "no"
		case "rsv":
			n, err := strconv.Atoi(value)
			if err != nil {
				return err
			}
			f.Header.Rsv = byte(n)
		default:
			return fmt.Errorf("line %d: unknown word %q", s.line, word)
		}
	}
	if !masked {
		return ws.WriteFrame(peer.web.Conn, f)
	}
	return peer.web.send(f)
}
