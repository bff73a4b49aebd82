// SPDX-License-Identifier: Apache-2.0

package sip

import "net/netip"

// Scheme is the scheme of a URI.
type Scheme uint8

// Schemes. SchemeOther is any scheme that is none of these.
const (
	SchemeNone Scheme = iota
	SchemeSIP
	SchemeSIPS
	SchemeTel
	SchemeTels
	SchemeURN
	SchemeOther
)

// URI is a parsed URI; its strings are views of the text that was parsed. RFC 3261 19.1.1, RFC 3966.
type URI struct {
	// Raw is the whole text.
	Raw string
	// SchemeText is the scheme as written, without the colon.
	SchemeText string
	// User is the user part as written (escapes kept), user parameters included. Of a tel URI the number, of other schemes everything
	// up to parameters.
	User string
	// Password is what stood behind a colon in the user part.
	Password string
	// Host as written, IPv6 in its brackets.
	Host string
	// PortText is the port as written.
	PortText string
	// Params is the parameter list, without the first semicolon.
	Params Params
	// Headers is what follows the question mark.
	Headers string
	// Port is the port's number, 0 when none was written.
	Port int
	// Scheme of the URI.
	Scheme Scheme
	// HasPassword says that a colon stood in the user part, perhaps with nothing behind it.
	HasPassword bool
	// HasUser says that an at sign stood in it.
	HasUser bool
}

// ParseURI reads a URI. It interprets sip, sips, tel and urn; of other schemes only the scheme. The error is ErrURI, or ErrURIScheme
// when there is no scheme.
func ParseURI(s string) (URI, error) { return URI{}, nil }

// IsSIP says whether the scheme is sip or sips.
func (u *URI) IsSIP() bool { return u.Scheme == SchemeSIP || u.Scheme == SchemeSIPS }

// IsTel says whether the scheme is tel or tels.
func (u *URI) IsTel() bool { return u.Scheme == SchemeTel || u.Scheme == SchemeTels }

// Addr is the host as an IP address; ok is false when the host is a name.
func (u *URI) Addr() (addr netip.Addr, ok bool) { return netip.Addr{}, false }

// Transport is the transport parameter's value, TransportNone when absent.
func (u *URI) Transport() Transport { return TransportNone }

// Maddr is the maddr parameter's value.
func (u *URI) Maddr() string { return "" }

// LooseRouting says whether the lr parameter is there (RFC 3261 19.1.1).
func (u *URI) LooseRouting() bool { return u.Params.Has("lr") }

// PhoneUser says whether user=phone is there.
func (u *URI) PhoneUser() bool { return false }

// UserWithoutParams is the user up to its first semicolon.
func (u *URI) UserWithoutParams() string { return "" }

// UserParams is what follows the first semicolon of the user (RFC 3261 19.1.6).
func (u *URI) UserParams() Params { return "" }

// Append appends the URI as put together from its fields (Raw is not looked at), so that a URI with changed fields can be printed.
func (u *URI) Append(dst []byte) []byte { return dst }

// String is Append as a string.
func (u *URI) String() string { return string(u.Append(nil)) }

// ParseHostAddr reads a host of a URI or Via as an IP address, IPv6 with or without brackets; ok is false for names.
func ParseHostAddr(host string) (addr netip.Addr, ok bool) { return netip.Addr{}, false }

// AppendUnescaped appends s with %HH escapes resolved (RFC 3261 25.1).
func AppendUnescaped(dst []byte, s string) []byte { return dst }

// AppendEscapedUser appends s with everything escaped that must not stand plain in a user part.
func AppendEscapedUser(dst []byte, s string) []byte { return dst }
