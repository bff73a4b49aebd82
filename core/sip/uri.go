// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"net/netip"
	"strings"
)

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

var schemeNames = [...]string{SchemeNone: "", SchemeSIP: "sip", SchemeSIPS: "sips", SchemeTel: "tel", SchemeTels: "tels", SchemeURN: "urn"}

// String is the scheme in small letters, "" for SchemeOther.
func (s Scheme) String() string {
	if s < SchemeOther {
		return schemeNames[s]
	}
	return ""
}

// URI is a parsed URI; its strings are views of the text that was parsed. RFC 3261 19.1.1, RFC 3966.
type URI struct {
	// Raw is the whole text.
	Raw string
	// SchemeText is the scheme as written, without the colon.
	SchemeText string
	// User is the user part as written (escapes kept), user parameters included; where the URI has user=phone it is the number, as of a
	// tel URI. Of other schemes it is everything up to parameters.
	User string
	// PhoneParams are the parameters of that number, without the first semicolon (RFC 3261 19.1.6).
	PhoneParams Params
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
	// HasUser says that an at sign stood in it, HasPassword that a colon stood before it, perhaps with nothing behind.
	HasUser, HasPassword bool
}

// ParseURI reads a URI. It interprets sip, sips and tel; of other schemes (urn among them) it only tells User from Params. The error
// is ErrURIScheme when there is no scheme, else ErrURI.
func ParseURI(s string) (URI, error) {
	var u URI
	err := u.parse(s)
	return u, err
}

func (u *URI) parse(s string) error {
	*u = URI{Raw: s}
	colon := strings.IndexByte(s, ':')
	if colon <= 0 {
		return ErrURIScheme
	}
	u.SchemeText = s[:colon]
	u.Scheme = parseScheme(u.SchemeText)
	if u.Scheme == SchemeNone {
		return ErrURIScheme
	}
	for i := colon; i < len(s); i++ {
		if s[i] <= ' ' || s[i] == 0x7f {
			return ErrURI
		}
	}
	rest := s[colon+1:]
	if u.IsSIP() {
		return u.parseSIP(rest)
	}
	if i := strings.IndexByte(rest, ';'); i >= 0 {
		rest, u.Params = rest[:i], Params(rest[i+1:])
	}
	u.User = rest
	if rest == "" || u.IsTel() && !isTelNumber(rest) {
		return ErrURI
	}
	return nil
}

func parseScheme(s string) Scheme {
	switch {
	case s == "sip":
		return SchemeSIP
	case s == "sips":
		return SchemeSIPS
	}
	for i := SchemeSIP; i < SchemeOther; i++ {
		if equalFold(s, schemeNames[i]) {
			return i
		}
	}
	if c := lower(s[0]); c < 'a' || c > 'z' {
		return SchemeNone
	}
	for i := 1; i < len(s); i++ {
		if c := lower(s[i]); (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' {
			return SchemeNone
		}
	}
	return SchemeOther
}

// isTelNumber says whether s could be dialled (RFC 3966 3): digits, hexadecimal in local numbers, star, hash and visual separators.
func isTelNumber(s string) bool {
	digits := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case classes[c]&classHex != 0, c == '*', c == '#':
			digits++
		case c == '-', c == '.', c == '(', c == ')':
		case c == '+' && i == 0:
		case c == '%': // an escaped hash or separator, as some phones send
		default:
			return false
		}
	}
	return digits > 0
}

// parseSIP reads what follows the scheme. The user part ends at the first at sign, before which semicolons and question marks belong to
// the user (RFC 3261 25.1).
func (u *URI) parseSIP(s string) error {
	if at := strings.IndexByte(s, '@'); at >= 0 {
		u.User, u.HasUser = s[:at], true
		s = s[at+1:]
		if c := strings.IndexByte(u.User, ':'); c >= 0 {
			u.User, u.Password, u.HasPassword = u.User[:c], u.User[c+1:], true
		}
		if u.User == "" {
			return ErrURI
		}
	}
	n, ok := hostLen(s)
	if !ok {
		return ErrURI
	}
	u.Host, s = s[:n], s[n:]
	if len(s) > 0 && s[0] == ':' {
		i := 1
		for i < len(s) && s[i] != ';' && s[i] != '?' {
			i++
		}
		port, ok := ParseUint(s[1:i])
		if !ok || port > 65535 {
			return ErrURI
		}
		u.PortText, u.Port, s = s[1:i], int(port), s[i:]
	}
	if len(s) == 0 {
		return nil
	}
	if q := strings.IndexByte(s, '?'); q >= 0 {
		u.Headers, s = s[q+1:], s[:q]
		if s == "" {
			return nil
		}
	}
	if s[0] != ';' {
		return ErrURI
	}
	u.Params = Params(s[1:])
	if i := strings.IndexByte(u.User, ';'); i > 0 && u.PhoneUser() && cutsPhoneParams() {
		u.User, u.PhoneParams = u.User[:i], Params(u.User[i+1:])
	}
	return nil
}

// hostLen is the length of the host at the beginning of s: a name, an IPv4 address, or an IPv6 address in brackets.
func hostLen(s string) (int, bool) {
	if len(s) > 0 && s[0] == '[' {
		for i := 1; i < len(s); i++ {
			switch c := s[i]; {
			case c == ']':
				return i + 1, i > 2
			case classes[c]&classHex == 0 && c != ':' && c != '.':
				return 0, false
			}
		}
		return 0, false
	}
	i := 0
	for i < len(s) && (classes[s[i]]&classHost != 0 || extraHostChar(s[i])) {
		i++
	}
	return i, i > 0
}

// IsSIP says whether the scheme is sip or sips.
func (u *URI) IsSIP() bool { return u.Scheme == SchemeSIP || u.Scheme == SchemeSIPS }

// IsTel says whether the scheme is tel or tels.
func (u *URI) IsTel() bool { return u.Scheme == SchemeTel || u.Scheme == SchemeTels }

// TelToSIP makes of a tel URI the SIP URI of its number, which has still to get its host (RFC 3261 19.1.6); others stay.
func (u *URI) TelToSIP() {
	if u.Scheme == SchemeTel {
		u.Scheme, u.SchemeText, u.HasUser = SchemeSIP, "sip", true
		u.PhoneParams, u.Params = u.Params, "user=phone"
	}
}

// Addr is the host as an IP address; ok is false when the host is a name.
func (u *URI) Addr() (addr netip.Addr, ok bool) { return ParseHostAddr(u.Host) }

// Transport is the transport parameter's value, TransportNone when absent.
func (u *URI) Transport() Transport {
	v, _ := u.Params.Lookup("transport")
	return ParseTransport(v)
}

// Maddr is the maddr parameter's value.
func (u *URI) Maddr() string {
	v, _ := u.Params.Lookup("maddr")
	return v
}

// LooseRouting says whether the lr parameter is there (RFC 3261 19.1.1).
func (u *URI) LooseRouting() bool { return u.Params.Has("lr") }

// PhoneUser says whether user=phone is there.
func (u *URI) PhoneUser() bool {
	v, _ := u.Params.Lookup("user")
	return equalFold(v, "phone")
}

// UserWithoutParams is the user up to its first semicolon.
func (u *URI) UserWithoutParams() string {
	if i := strings.IndexByte(u.User, ';'); i >= 0 {
		return u.User[:i]
	}
	return u.User
}

// UserParams is what follows the first semicolon of the user (RFC 3261 19.1.6).
func (u *URI) UserParams() Params {
	if i := strings.IndexByte(u.User, ';'); i >= 0 {
		return Params(u.User[i+1:])
	}
	return u.PhoneParams
}

// Append appends the URI as put together from its fields (Raw is not looked at), so that a URI with changed fields can be printed. The
// port is PortText where that is set, else Port where positive.
func (u *URI) Append(dst []byte) []byte {
	dst = append(dst, u.SchemeText...)
	dst = append(dst, ':')
	dst = append(dst, u.User...)
	if u.PhoneParams != "" && u.User != "" {
		dst = append(append(dst, ';'), u.PhoneParams...)
	}
	if u.IsSIP() {
		if u.HasPassword {
			dst = append(dst, ':')
			dst = append(dst, u.Password...)
		}
		if u.User != "" {
			dst = append(dst, '@')
		}
		dst = append(dst, u.Host...)
		if u.PortText != "" {
			dst = append(dst, ':')
			dst = append(dst, u.PortText...)
		} else if u.Port > 0 {
			dst = append(dst, ':')
			dst = appendUint(dst, uint64(u.Port))
		}
	}
	if u.Params != "" {
		dst = append(dst, ';')
		dst = append(dst, u.Params...)
	}
	if u.Headers != "" {
		dst = append(dst, '?')
		dst = append(dst, u.Headers...)
	}
	return dst
}

// String is Append as a string.
func (u *URI) String() string { return string(u.Append(nil)) }

// ParseHostAddr reads a host of a URI or Via as an IP address, IPv6 with or without brackets; ok is false for names.
func ParseHostAddr(host string) (addr netip.Addr, ok bool) {
	n := len(host)
	if n > 2 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	} else if n == 0 || classes[host[0]]&classHex == 0 && host[0] != ':' || strings.IndexByte(host, ':') < 0 && host[n-1] > '9' {
		return netip.Addr{}, false // a name; netip would build an error, which allocates
	}
	addr, err := netip.ParseAddr(host)
	return addr, err == nil && addr.Zone() == ""
}

// AppendUnescaped appends s with %HH escapes resolved (RFC 3261 25.1); a percent sign without two digits stays.
func AppendUnescaped(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c, ok := escapedByte(s[i:]); ok {
			dst = append(dst, c)
			i += 2
			continue
		}
		dst = append(dst, s[i])
	}
	return dst
}

// escapedByte is the byte that an escape at the beginning of s stands for.
func escapedByte(s string) (byte, bool) {
	if len(s) < 3 || s[0] != '%' || classes[s[1]]&classHex == 0 || classes[s[2]]&classHex == 0 {
		return 0, false
	}
	return hexValue(s[1])<<4 | hexValue(s[2]), true
}

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return lower(c) - 'a' + 10
}

const hexDigits = "0123456789ABCDEF"

// AppendEscapedUser appends s with everything escaped that must not stand plain in a user part, percent signs included.
func AppendEscapedUser(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; classes[c]&classUser != 0 && c != '%' {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return dst
}
