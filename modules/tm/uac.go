// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// Errors of requests of our own that scripts and operators describe.
var (
	errFrom        = errors.New("From header missing")
	errTo          = errors.New("To header missing")
	errContentType = errors.New("Content-Type missing")
	errMethod      = errors.New("Invalid method")
	errMaxForwards = errors.New("Max-Forwards is no number of 0 to 255")
	errCSeq        = errors.New("CSeq is no number")
)

// request makes a local request of what a script or an operator gives: headers
// are those of the whole request, of which From, To, Call-ID, CSeq and Route
// mean more than text. "." stands for nothing, as empty does.
func (m *TM) request(method, uri, nextHop, socket, headers, body string) (*transaction.LocalRequest, error) {
	r := &transaction.LocalRequest{Method: method, URI: uri, NextHop: plain(nextHop), Body: body}
	if !sip.IsToken(method) {
		return nil, errMethod
	}
	if _, err := sip.ParseURI(uri); err != nil {
		return nil, fmt.Errorf("Invalid request uri %q", uri)
	}
	if r.NextHop != "" {
		if u, err := sip.ParseURI(r.NextHop); err != nil || !u.IsSIP() {
			return nil, fmt.Errorf("Invalid next-hop uri %q", r.NextHop)
		}
	}
	if s := plain(socket); s != "" {
		if r.Socket = m.host.Transport().SocketByText(s); r.Socket == nil {
			return nil, fmt.Errorf("No local socket for %q", s)
		}
	}
	hasType, err := readHeaders(r, headers)
	switch {
	case err != nil:
		return nil, err
	case r.From == "":
		return nil, errFrom
	case r.To == "":
		return nil, errTo
	case body != "" && !hasType:
		return nil, errContentType
	}
	if a, err := sip.ParseNameAddr(r.From); err == nil && a.Tag() == "" {
		r.From += ";tag=" + m.layer.NewTag()
	}
	return r, nil
}

// readHeaders takes the header fields apart; hasType tells of Content-Type.
func readHeaders(r *transaction.LocalRequest, headers string) (hasType bool, err error) {
	var rest strings.Builder
	for line := range strings.Lines(headers) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			rest.WriteString(line + "\r\n") // the folded part of the line before
			continue
		}
		value = strings.TrimSpace(value)
		switch sip.ParseHeaderType(strings.TrimSpace(name)) {
		case sip.HeaderFrom:
			r.From = value
		case sip.HeaderTo:
			r.To = value
		case sip.HeaderCallID:
			r.CallID = value
		case sip.HeaderCSeq:
			number, _, _ := strings.Cut(value, " ")
			n, ok := sip.ParseUint(number)
			if !ok {
				return false, errCSeq
			}
			r.CSeq = n
		case sip.HeaderRoute:
			if r.Route != "" {
				r.Route += ", "
			}
			r.Route += value
		case sip.HeaderMaxForwards:
			n, ok := sip.ParseUint(value)
			if !ok || n > 255 {
				return false, errMaxForwards
			}
			r.MaxForwards = int(n)
		case sip.HeaderContentLength, sip.HeaderVia:
		case sip.HeaderContentType:
			hasType = true
			rest.WriteString(line + "\r\n")
		default:
			rest.WriteString(line + "\r\n")
		}
	}
	r.Headers = rest.String()
	return hasType, nil
}

func plain(s string) string {
	if s == "." {
		return ""
	}
	return s
}

// uacSend is t_uac_send(method, ruri, nexthop, socket, headers, body).
func (m *TM) uacSend(c *module.Call, a module.Args) module.Result {
	r, err := m.request(a.Str(0), a.Str(1), a.Str(2), a.Str(3), a.Str(4), a.Str(5))
	if err != nil {
		return c.Fail("t_uac_send", err)
	}
	r.Gen, r.By = c.Gen, c
	t, err := m.layer.Send(r, nil)
	if err != nil {
		if t != nil {
			t.Unref()
		}
		return c.Fail("t_uac_send", err)
	}
	t.Unref()
	return module.True
}
