// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// The values of path_mode.
const (
	pathOff = iota
	pathLazy
	pathStrict
)

// readPath joins the values of all Path fields (RFC 3327 5.3).
func (s *saving) readPath() *rejection {
	m := s.c.Msg
	first := m.First(sip.HeaderPath)
	if first < 0 {
		return nil
	}
	values, err := m.PathValues()
	if err != nil || len(values) == 0 {
		return errPath
	}
	for i := range values {
		if !values[i].Bracketed {
			return errPath
		}
	}
	if m.Next(sip.HeaderPath, first) < 0 {
		s.path = m.HeaderValueAt(first)
		return nil
	}
	text := s.c.Mem.Begin()
	for i := first; i >= 0; i = m.Next(sip.HeaderPath, i) {
		if i != first {
			text = append(text, ',')
		}
		text = append(text, m.HeaderValueAt(i)...)
	}
	s.path = s.c.Mem.Keep(text)
	return nil
}

// pathReceived is the received parameter of the first Path URI, unescaped.
func (s *saving) pathReceived() string {
	values, err := s.c.Msg.PathValues()
	if err != nil {
		return ""
	}
	u, err := values[0].ParseURI()
	if err != nil {
		return ""
	}
	v, _ := u.Params.Lookup("received")
	return s.c.Mem.Keep(sip.AppendUnescaped(s.c.Mem.Begin(), v))
}

// appendPath appends the Path of the reply; a client that does not know Path is
// told so with path_mode 2.
func (s *saving) appendPath(dst []byte) ([]byte, *rejection) {
	if s.path == "" || s.r.pathMode == pathOff {
		return dst, nil
	}
	known := s.c.Msg.HasOption(sip.HeaderSupported, "path")
	switch {
	case known:
	case s.r.pathMode == pathLazy:
		return dst, nil
	default:
		dst = append(dst, "Unsupported: path\r\n"...)
	}
	dst = append(append(append(dst, "Path: "...), s.path...), "\r\n"...)
	if !known {
		return dst, errNoPath
	}
	return dst, nil
}

// route is the Path of a contact as a request takes it: the first URI is the next
// hop, the whole the Route. With path_check_local the first one is left out where
// it is this server.
func (r *Registrar) route(c *module.Call, path string) (uri, route string) {
	value, rest, ok := sip.NextListValue(path)
	if !ok {
		return "", ""
	}
	a, err := sip.ParseNameAddr(value)
	if err != nil {
		return "", ""
	}
	if r.pathLocal != 0 {
		u, err := a.ParseURI()
		if err == nil && c.Host.Transport().IsMyself(u.Host, u.Port, transport.Proto(u.Transport())) {
			if value, _, ok = sip.NextListValue(rest); !ok {
				return "", ""
			}
			if a, err = sip.ParseNameAddr(value); err != nil {
				return "", ""
			}
			for rest != "" && (rest[0] == ' ' || rest[0] == ',') {
				rest = rest[1:]
			}
			path = rest
		}
	}
	return a.URI, path
}
