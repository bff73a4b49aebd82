// SPDX-License-Identifier: Apache-2.0

package sip

import "strings"

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
func ParseNameAddr(s string) (NameAddr, error) {
	var a NameAddr
	err := a.parse(s, -1)
	return a, err
}

func (a *NameAddr) parse(s string, header int) error {
	*a = NameAddr{Raw: s, Header: header}
	open := 0
	if len(s) > 0 && s[0] == '"' {
		q := quotedLen(s)
		if q == 0 {
			return ErrNameAddr
		}
		for open = q; open < len(s) && isLWS(s[open]); open++ {
		}
		if open == len(s) || s[open] != '<' {
			return ErrNameAddr
		}
	} else {
		open = strings.IndexByte(s, '<')
		if open > 0 && strings.IndexByte(s[:open], '"') >= 0 {
			open = -1 // the bracket stands in a quoted parameter
		}
	}
	if open < 0 {
		return a.parseBare(s)
	}
	a.Display, a.Bracketed = trim(s[:open]), true
	shut := strings.IndexByte(s[open:], '>')
	if shut < 0 {
		return ErrNameAddr
	}
	a.URI = trim(s[open+1 : open+shut]) // blanks there are wrong, but meant well (RFC 4475 3.1.2.14)
	if a.URI == "" {
		return ErrNameAddr
	}
	return a.setParams(trim(s[open+shut+1:]))
}

// parseBare reads an address without brackets.
func (a *NameAddr) parseBare(s string) error {
	end := strings.IndexByte(s, ';')
	if end < 0 {
		end = len(s)
	}
	a.URI = trim(s[:end])
	if a.URI == "" {
		return ErrNameAddr
	}
	return a.setParams(s[end:])
}

func (a *NameAddr) setParams(s string) error {
	if s == "" {
		return nil
	}
	if s[0] != ';' {
		return ErrNameAddr
	}
	a.Params = Params(s[1:])
	return nil
}

// quotedLen is the length of the quoted string at the beginning of s, 0 when it does not end.
func quotedLen(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return 0
}

// DisplayName is the display name without quotes, escapes kept.
func (a *NameAddr) DisplayName() string { return Unquote(a.Display) }

// Tag is the tag parameter.
func (a *NameAddr) Tag() string {
	v, _ := a.Params.Lookup("tag")
	return v
}

// ParseURI parses the address's URI.
func (a *NameAddr) ParseURI() (URI, error) { return ParseURI(a.URI) }

// From is the From header; ErrAbsent or ErrFrom.
func (m *Message) From() (*NameAddr, error) {
	c := &m.cache
	if c.done&didFrom == 0 {
		c.done |= didFrom
		c.fromErr = m.address(&c.from, HeaderFrom, ErrFrom)
	}
	return &c.from, c.fromErr
}

// To is the To header; ErrAbsent or ErrTo.
func (m *Message) To() (*NameAddr, error) {
	c := &m.cache
	if c.done&didTo == 0 {
		c.done |= didTo
		c.toErr = m.address(&c.to, HeaderTo, ErrTo)
	}
	return &c.to, c.toErr
}

func (m *Message) address(a *NameAddr, t HeaderType, bad error) error {
	i := m.First(t)
	if i < 0 {
		*a = NameAddr{Header: -1}
		return ErrAbsent
	}
	if a.parse(m.value(&m.index[i]), i) != nil {
		return bad
	}
	return nil
}

// FromTag is the tag of From, "" when there is none.
func (m *Message) FromTag() string {
	a, _ := m.From()
	return a.Tag()
}

// ToTag is the tag of To, "" when there is none.
func (m *Message) ToTag() string {
	a, _ := m.To()
	return a.Tag()
}

// FromURI is the parsed URI of From, kept until the next Parse.
func (m *Message) FromURI() (*URI, error) {
	c := &m.cache
	if c.done&didFromURI == 0 {
		c.done |= didFromURI
		a, err := m.From()
		if c.fromURIErr = c.fromURI.parse(a.URI); err != nil {
			c.fromURIErr = err
		}
	}
	return &c.fromURI, c.fromURIErr
}

// ToURI is the parsed URI of To, kept until the next Parse.
func (m *Message) ToURI() (*URI, error) {
	c := &m.cache
	if c.done&didToURI == 0 {
		c.done |= didToURI
		a, err := m.To()
		if c.toURIErr = c.toURI.parse(a.URI); err != nil {
			c.toURIErr = err
		}
	}
	return &c.toURI, c.toURIErr
}

// RURI is the parsed Request-URI as received, kept until the next Parse.
func (m *Message) RURI() (*URI, error) {
	c := &m.cache
	if c.done&didRURI == 0 {
		c.done |= didRURI
		c.ruriErr = c.ruri.parse(m.RequestURI)
	}
	return &c.ruri, c.ruriErr
}

// AppendAddresses appends the addresses of all headers of type t (comma lists and several headers alike) to dst. On an error, ErrNameAddr,
// the addresses before the bad one are in the result.
func (m *Message) AppendAddresses(dst []NameAddr, t HeaderType) ([]NameAddr, error) {
	for i := m.First(t); i >= 0; i = m.Next(t, i) {
		list := m.value(&m.index[i])
		for value, rest, ok := NextListValue(list); ok; value, rest, ok = NextListValue(rest) {
			dst = append(dst, NameAddr{})
			if err := dst[len(dst)-1].parse(value, i); err != nil {
				return dst[:len(dst)-1], err
			}
		}
	}
	return dst, nil
}
