// SPDX-License-Identifier: Apache-2.0

package sip

import "net/netip"

// Outgoing says how a message leaves: everything that printing needs beside the message itself.
type Outgoing struct {
	// RequestURI replaces the Request-URI of a request; "" keeps it.
	RequestURI string
	// Transport is that of the sending socket.
	Transport Transport
	// Host and Port are sent-by of our own Via: the sending (or advertised) address, IPv6 in brackets. Port 0 is not written, nor is 5060
	// where it is the default.
	Host string
	Port int
	// Branch is the value of the branch parameter of our own Via, magic cookie included.
	Branch string
	// Rport asks the next hop for rport (RFC 3581 3), Alias for reuse of the connection (RFC 5923).
	Rport, Alias bool
	// ConnID is the number of the connection that the request came by, printed as i=HEX in our own Via; 0 prints none.
	ConnID uint32
	// ViaParams are further parameters of our own Via with their semicolons: ";foo=1".
	ViaParams string
	// NoVia leaves our own Via out.
	NoVia bool
	// Route is a route set to be put in front of the Route headers, values separated by commas: a Path vector, an outbound proxy.
	Route string
	// Edits are applied instead of the message's own when not nil.
	Edits *Edits
	// Local is the address of the sending socket, Remote the next hop: for TextFuncs.
	Local, Remote netip.AddrPort
	// Socket and Data are for the TextFuncs of other packages; sip does not look at them.
	Socket, Data any
}

// Reliable says whether the message leaves by a reliable transport.
func (o *Outgoing) Reliable() bool { return o.Transport.Reliable() }
