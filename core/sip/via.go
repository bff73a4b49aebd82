// SPDX-License-Identifier: Apache-2.0

package sip

// Via is one value of the Via header fields (RFC 3261 20.42, RFC 3581).
type Via struct {
	// Raw is the whole value.
	Raw string
	// ProtoText is the sent-protocol's name and version as written: "SIP/2.0".
	ProtoText string
	// TransportText is the transport as written.
	TransportText string
	// Host is sent-by's host as written, IPv6 in brackets.
	Host string
	// PortText is sent-by's port as written.
	PortText string
	// Params are all parameters.
	Params Params
	// Branch, Received, Rport, Maddr, I and Alias are the values of parameters that the server interprets.
	Branch, Received, RportText, Maddr, TTL, I string
	// Header is the index of the header field that holds the value, -1 outside of a message.
	Header int
	// Port is sent-by's port, 0 when none was written.
	Port int
	// Rport is the number of rport, 0 when it has no value.
	Rport int
	// Transport of the Via.
	Transport Transport
	// HasRport, HasAlias and HasI say that the parameter is there, perhaps without a value.
	HasRport, HasAlias, HasI bool
}

// ParseVia reads one Via value; the error is ErrVia.
func ParseVia(s string) (Via, error) { return Via{Header: -1}, nil }

// HasMagicCookie says whether the branch begins as RFC 3261 8.1.1.7 asks, so that it names the transaction alone.
func (v *Via) HasMagicCookie() bool { return false }

// SentByPort is the port of sent-by, or the transport's default where none is written.
func (v *Via) SentByPort() int { return 0 }

// NumVias is the number of Via values; it looks at all Via headers.
func (m *Message) NumVias() int { return 0 }

// Via is the i-th Via value from the top, counted over header fields and comma lists. ErrAbsent when there are fewer, ErrVia when it
// cannot be read.
func (m *Message) Via(i int) (*Via, error) { return nil, nil }
