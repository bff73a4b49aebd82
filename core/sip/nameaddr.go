// SPDX-License-Identifier: Apache-2.0

package sip

// NameAddr is an address with parameters: what From, To, Contact, Route, Refer-To and their like hold (RFC 3261 20.10, 25.1).
type NameAddr struct {
	// Raw is the whole value.
	Raw string
	// Display is the display name as written, quotes kept; "" when there is none.
	Display string
	// URI is the text of the address without angle brackets.
	URI string
	// Params are the parameters outside the angle brackets.
	Params Params
	// Header is the index of the header field that holds the value, -1 outside of a message.
	Header int
	// Bracketed says whether the URI stood in angle brackets.
	Bracketed bool
}

// ParseNameAddr reads one address; the error is ErrNameAddr. Without angle brackets what follows the first semicolon are parameters
// of the header, not of the URI (RFC 3261 20).
func ParseNameAddr(s string) (NameAddr, error) { return NameAddr{}, nil }

// DisplayName is the display name without quotes, escapes kept.
func (a *NameAddr) DisplayName() string { return Unquote(a.Display) }

// Tag is the tag parameter.
func (a *NameAddr) Tag() string { return "" }

// ParseURI parses the address's URI.
func (a *NameAddr) ParseURI() (URI, error) { return ParseURI(a.URI) }

// From is the From header; ErrAbsent or ErrFrom.
func (m *Message) From() (*NameAddr, error) { return nil, nil }

// To is the To header; ErrAbsent or ErrTo.
func (m *Message) To() (*NameAddr, error) { return nil, nil }

// FromTag is the tag of From, "" when there is none.
func (m *Message) FromTag() string { return "" }

// ToTag is the tag of To, "" when there is none.
func (m *Message) ToTag() string { return "" }

// FromURI is the parsed URI of From, kept until the next Parse.
func (m *Message) FromURI() (*URI, error) { return nil, nil }

// ToURI is the parsed URI of To, kept until the next Parse.
func (m *Message) ToURI() (*URI, error) { return nil, nil }

// RURI is the parsed Request-URI as received, kept until the next Parse.
func (m *Message) RURI() (*URI, error) { return nil, nil }

// AppendAddresses appends the addresses of all headers of type t (comma lists and several headers alike) to dst. On an error the
// addresses before the bad one are in the result.
func (m *Message) AppendAddresses(dst []NameAddr, t HeaderType) ([]NameAddr, error) { return dst, nil }
