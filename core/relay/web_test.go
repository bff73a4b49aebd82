// SPDX-License-Identifier: Apache-2.0

package relay

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// serveWeb answers short commands over WebSocket with themselves, over the first connection only one. It returns its node.
func serveWeb(t *testing.T, count *atomic.Int64) *Node {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go serveConn(conn, count.Add(1) == 1)
		}
	}()
	n, err := ParseNode("ws://" + ln.Addr().String() + "/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.web.Close)
	return n
}

func serveConn(conn net.Conn, once bool) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	proof := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) // RFC 6455 4.2.2
	io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: "+webProtocol+
		"\r\nSec-WebSocket-Accept: "+base64.StdEncoding.EncodeToString(proof[:])+"\r\n\r\n")
	for answered := false; ; answered = true {
		var head [6]byte // flags, length, mask
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return
		}
		text := make([]byte, head[1]&0x7f)
		if _, err := io.ReadFull(in, text); err != nil {
			return
		}
		if once && answered {
			continue
		}
		for i := range text {
			text[i] ^= head[2+i%4]
		}
		conn.Write(append([]byte{head[0], byte(len(text))}, text...))
	}
}

// TestKeptSilent: a connection that was kept and has gone silent is not the only one that a node is asked over before it counts as away.
func TestKeptSilent(t *testing.T) {
	var count atomic.Int64
	n := serveWeb(t, &count)
	for i, patience := range []time.Duration{10 * time.Second, 500 * time.Millisecond} {
		a := Asking{Patience: patience, Tries: 1}
		if got, _, err := a.Ask(t.Context(), n, "c", []byte("x")); got != "x" || err != nil || count.Load() != int64(i+1) {
			t.Errorf("%q, %v over %d connections", got, err, count.Load())
		}
	}
}
