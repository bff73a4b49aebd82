// SPDX-License-Identifier: Apache-2.0

package sip

import "strings"

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
	// Branch, Received, RportText, Maddr, TTL and I are the values of the parameters with these names, "" when absent or empty.
	Branch, Received, RportText, Maddr, TTL, I string
	// Header is the index of the header field that holds the value, -1 outside of a message.
	Header int
	// Port is sent-by's port, 0 when none was written.
	Port int
	// Rport is the number of rport, 0 when it has no value.
	Rport int
	// Transport of the Via.
	Transport Transport
	// HasRport, HasAlias, HasI and HasReceived say that the parameter is there, perhaps without a value.
	HasRport, HasAlias, HasI, HasReceived bool

	empty bool // a parameter has no name: ";;", or a semicolon at the end

	// Where in Raw parameters begin (the first semicolon, or its end), and where rport and received stand, their semicolons included;
	// zero when absent.
	paramsAt               int32
	rportAt, rportTo       int32
	receivedAt, receivedTo int32
}

// ParseVia reads one Via value; the error is ErrVia.
func ParseVia(s string) (Via, error) {
	var v Via
	err := v.parse(s, -1)
	return v, err
}

func (v *Via) parse(s string, header int) error {
	*v = Via{Raw: s, Header: header}
	p := v.parseProtocol(s)
	if p < 0 {
		return ErrVia
	}
	p = skipLWS(s, p)
	n, ok := hostLen(s[p:])
	if !ok {
		return ErrVia
	}
	v.Host = s[p : p+n]
	p = skipLWS(s, p+n)
	if p < len(s) && s[p] == ':' {
		p = skipLWS(s, p+1)
		start := p
		for p < len(s) && classes[s[p]]&classDigit != 0 {
			p++
		}
		port, ok := ParseUint(s[start:p])
		if !ok || port > 65535 {
			return ErrVia
		}
		v.PortText, v.Port = s[start:p], int(port)
		p = skipLWS(s, p)
	}
	v.paramsAt = int32(p)
	if p == len(s) {
		return nil
	}
	if s[p] != ';' {
		return ErrVia
	}
	v.Params = Params(s[p+1:])
	v.parseParams(p)
	return nil
}

// parseProtocol reads "SIP/2.0/UDP", white space around the slashes let pass, and returns the offset behind it, -1 when it is bad.
func (v *Via) parseProtocol(s string) int {
	p := len(Version)
	if strings.HasPrefix(s, "SIP/2.0/") {
		v.ProtoText = s[:p]
	} else {
		slash := strings.IndexByte(s, '/')
		if slash <= 0 || !IsToken(trim(s[:slash])) {
			return -1
		}
		p = skipLWS(s, slash+1)
		for p < len(s) && classes[s[p]]&classToken != 0 {
			p++
		}
		v.ProtoText = s[:p]
		if p = skipLWS(s, p); p == len(s) || s[p] != '/' {
			return -1
		}
	}
	p = skipLWS(s, p+1)
	start := p
	for p < len(s) && classes[s[p]]&classToken != 0 {
		p++
	}
	if p == start || p == len(s) || !isLWS(s[p]) {
		return -1
	}
	v.TransportText = s[start:p]
	v.Transport = ParseTransport(v.TransportText)
	return p
}

// IsSIP2 says whether sent-protocol is SIP/2.0, white space around the slash let pass.
func (v *Via) IsSIP2() bool {
	if v.ProtoText == Version {
		return true
	}
	name, version := cutAt(v.ProtoText, '/')
	return equalFold(trim(name), "SIP") && trim(version) == "2.0"
}

func skipLWS(s string, p int) int {
	for p < len(s) && isLWS(s[p]) {
		p++
	}
	return p
}

// parseParams picks out the parameters that the server interprets. p is the offset of the first semicolon.
func (v *Via) parseParams(p int) {
	s := v.Raw
	for p < len(s) {
		end := p + 1 + listEnd(s[p+1:], ';')
		item := s[p+1 : end]
		x := splitParam(trim(item))
		if x.Name == "" {
			v.empty = true
		}
		to := int32(end)
		for isLWS(s[to-1]) {
			to--
		}
		v.setParam(x, int32(p), to)
		p = end
	}
}

func (v *Via) setParam(x Param, at, to int32) {
	switch len(x.Name) {
	case len("i"):
		if equalFold(x.Name, "i") {
			v.I, v.HasI = x.Value, true
		}
	case len("ttl"):
		if equalFold(x.Name, "ttl") {
			v.TTL = x.Value
		}
	case len("rport"): // and maddr, alias
		switch {
		case equalFold(x.Name, "rport"):
			v.RportText, v.HasRport, v.rportAt, v.rportTo = x.Value, true, at, to
			if n, ok := ParseUint(x.Value); ok && n <= 65535 {
				v.Rport = int(n)
			}
		case equalFold(x.Name, "maddr"):
			v.Maddr = x.Value
		case equalFold(x.Name, "alias"):
			v.HasAlias = true
		}
	case len("branch"):
		if equalFold(x.Name, "branch") {
			v.Branch = x.Value
		}
	case len("received"):
		if equalFold(x.Name, "received") {
			v.Received, v.HasReceived, v.receivedAt, v.receivedTo = x.Value, true, at, to
		}
	}
}

// HasMagicCookie says whether the branch begins as RFC 3261 8.1.1.7 asks, so that it names the transaction alone.
func (v *Via) HasMagicCookie() bool {
	return len(v.Branch) > len(MagicCookie) && equalFold(v.Branch[:len(MagicCookie)], MagicCookie)
}

// SentByPort is the port of sent-by, or the transport's default where none is written.
func (v *Via) SentByPort() int {
	if v.Port != 0 {
		return v.Port
	}
	return v.Transport.DefaultPort()
}

// viaCache keeps the Vias read so far: mostly only the topmost is asked for.
type viaCache struct {
	list   []Via
	header int    // index of the header that rest belongs to, -1 before the first
	rest   string // what is left of its list
	err    error  // why reading stopped
}

func (c *viaCache) reset() { c.list, c.header, c.rest, c.err = c.list[:0], -1, "", nil }

// NumVias is the number of Via values that can be read; it looks at all Via headers.
func (m *Message) NumVias() int {
	for m.nextVia() {
	}
	return len(m.cache.vias.list)
}

// Via is the i-th Via value from the top, counted over header fields and comma lists. ErrAbsent when there are fewer, ErrVia when it or
// one above it cannot be read. The pointer is good until the next Parse; what it points to is not to be changed.
func (m *Message) Via(i int) (*Via, error) {
	c := &m.cache.vias
	for len(c.list) <= i {
		if !m.nextVia() {
			return nil, c.err
		}
	}
	return &c.list[i], nil
}

// nextVia reads one more Via; false at the end or at a bad one.
func (m *Message) nextVia() bool {
	c := &m.cache.vias
	if c.err != nil {
		return false
	}
	value, rest, ok := NextListValue(c.rest)
	for !ok {
		if c.header < 0 {
			c.header = m.First(HeaderVia)
		} else {
			c.header = m.Next(HeaderVia, c.header)
		}
		if c.header < 0 {
			c.err = ErrAbsent
			return false
		}
		value, rest, ok = NextListValue(m.value(&m.index[c.header]))
	}
	c.rest = rest
	c.list = append(c.list, Via{})
	if c.err = c.list[len(c.list)-1].parse(value, c.header); c.err != nil {
		c.list = c.list[:len(c.list)-1]
		return false
	}
	return true
}
