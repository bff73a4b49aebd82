// SPDX-License-Identifier: Apache-2.0

package binrpc

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
)

// Client sends requests over one connection, stream or datagram. It serves
// one caller at a time.
type Client struct {
	conn net.Conn
	r    *bufio.Reader
}

// NewClient makes a client of a connection, which stays the caller's to close.
// Over "unixgram" the connection needs an address of its own for replies.
func NewClient(c net.Conn) *Client { return &Client{conn: c, r: bufio.NewReaderSize(c, maxDatagram)} }

// Call sends a request and returns the values of its reply. A fault is a
// *module.Fault; any other error says that the server was not reached.
func (c *Client) Call(method string, args ...any) ([]any, error) {
	var cookie [4]byte
	rand.Read(cookie[:])
	cookie[0] |= 1 // Kamailio drops leading zero octets of the cookie.
	if _, err := c.conn.Write(AppendRequest(nil, cookie[:], method, args...)); err != nil {
		return nil, fmt.Errorf("cannot send request: %w", err)
	}
	for {
		p, err := Read(c.r, MaxReply)
		if err != nil {
			return nil, fmt.Errorf("cannot read reply: %w", err)
		}
		if bytes.Equal(p.Cookie, cookie[:]) {
			return p.Values()
		}
		if !c.datagram() {
			return nil, errors.New("cannot read reply: it belongs to another request")
		}
	}
}

// datagram tells that late replies of earlier requests may still come.
func (c *Client) datagram() bool {
	n := c.conn.LocalAddr().Network()
	return n == "udp" || n == "unixgram"
}
