// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
)

// lines joins header lines and a body to a message text. A header that a script
// gives stands in the place of the one that the peer would write; "Name:" alone
// leaves it out.
func lines(first string, headers, extra []string, body string) []byte {
	var b strings.Builder
	b.WriteString(first + "\r\n")
	for _, h := range headers {
		if !named(extra, headerName(h)) {
			b.WriteString(h + "\r\n")
		}
	}
	for _, h := range extra {
		if name, value, _ := strings.Cut(h, ":"); strings.TrimSpace(value) != "" {
			b.WriteString(strings.TrimSpace(name) + ": " + strings.TrimSpace(value) + "\r\n")
		}
	}
	if body != "" && !named(extra, "Content-Type") {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return []byte(b.String())
}

func headerName(line string) string {
	name, _, _ := strings.Cut(line, ":")
	return strings.TrimSpace(name)
}

func named(headers []string, name string) bool {
	return slices.ContainsFunc(headers, func(h string) bool { return strings.EqualFold(headerName(h), name) })
}

// copied returns the header fields of a type as lines.
func copied(m *message, types ...sip.HeaderType) []string {
	var out []string
	for i := range m.NumHeaders() {
		h := m.Header(i)
		for _, t := range types {
			if h.Type == t {
				out = append(out, t.String()+": "+h.Value)
			}
		}
	}
	return out
}

// contact is the URI under which the peer is reached.
func (p *peer) contact() string {
	uri := "sip:" + p.name + "@" + p.host()
	switch p.proto {
	case "udp":
	case "wss":
		uri += ";transport=ws"
	default:
		uri += ";transport=" + p.proto
	}
	return uri
}

func (p *peer) via(branch string) string {
	return fmt.Sprintf("Via: SIP/2.0/%s %s;branch=%s", strings.ToUpper(p.proto), p.host(), branch)
}

// buildReply makes the response of a user agent to a request.
func (p *peer) buildReply(req *message, code int, reason string, extra []string, body string) []byte {
	if reason == "" {
		reason = sip.StatusText(code)
	}
	headers := copied(req, sip.HeaderVia, sip.HeaderRecordRoute, sip.HeaderFrom)
	to := req.Value(sip.HeaderTo)
	if code > 100 && req.ToTag() == "" {
		to += ";tag=" + p.name
	}
	headers = append(headers, "To: "+to)
	headers = append(headers, copied(req, sip.HeaderCallID, sip.HeaderCSeq)...)
	if answersInvite(req) && code > 100 && code < 300 {
		headers = append(headers, "Contact: <"+p.contact()+">")
	}
	return lines(fmt.Sprintf("SIP/2.0 %d %s", code, reason), headers, extra, body)
}

// buildNew makes a request outside of any dialog: from the user of the peer's
// name at the server, to the URI.
func (p *peer) buildNew(method, uri, server, branch, callID string, extra []string, body string) []byte {
	self := "<sip:" + p.name + "@" + server + ">"
	to := "<" + uri + ">"
	if method == "REGISTER" {
		to = self
	}
	headers := []string{p.via(branch), "Max-Forwards: 70", "From: " + self + ";tag=" + p.name, "To: " + to,
		"Call-ID: " + callID, "CSeq: 1 " + method}
	switch method {
	case "INVITE", "REGISTER", "SUBSCRIBE":
		headers = append(headers, "Contact: <"+p.contact()+">")
	}
	return lines(method+" "+uri+" SIP/2.0", headers, extra, body)
}

var errNoDialog = errors.New("there is no answered INVITE")

// buildInDialog makes a request inside of the dialog that the last INVITE made,
// with its route set (RFC 3261 12.2.1.1).
func (p *peer) buildInDialog(method, branch string, extra []string, body string) ([]byte, error) {
	d := p.dialog
	if d == nil {
		return nil, errNoDialog
	}
	number := p.cseq + 1
	if method == "ACK" {
		if p.invite == nil {
			return nil, errNoDialog
		}
		q, err := p.invite.CSeq()
		if err != nil {
			return nil, err
		}
		number = q.Number
	}
	headers := []string{p.via(branch), "Max-Forwards: 70"}
	if len(d.routes) > 0 {
		headers = append(headers, "Route: "+strings.Join(d.routes, ", "))
	}
	headers = append(headers, "From: "+d.local, "To: "+d.remote, "Call-ID: "+d.callID, fmt.Sprintf("CSeq: %d %s", number, method))
	if method == "INVITE" || method == "UPDATE" {
		headers = append(headers, "Contact: <"+p.contact()+">")
	}
	return lines(method+" "+d.target+" SIP/2.0", headers, extra, body), nil
}

// buildSame makes the CANCEL, or the ACK to a negative response, of the last
// INVITE that the peer sent.
func (p *peer) buildSame(method string, extra []string) ([]byte, error) {
	inv := p.invite
	if inv == nil {
		return nil, errors.New("there is no INVITE of this peer")
	}
	q, err := inv.CSeq()
	if err != nil {
		return nil, err
	}
	headers := copied(inv, sip.HeaderVia, sip.HeaderRoute, sip.HeaderMaxForwards, sip.HeaderFrom)
	to := inv
	if method == "ACK" {
		if to = p.final; to == nil {
			return nil, errors.New("there is no response to acknowledge")
		}
	}
	headers = append(headers, copied(to, sip.HeaderTo)...)
	headers = append(headers, copied(inv, sip.HeaderCallID)...)
	headers = append(headers, fmt.Sprintf("CSeq: %d %s", q.Number, method))
	return lines(method+" "+inv.RequestURI+" SIP/2.0", headers, extra, ""), nil
}
