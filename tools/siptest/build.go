// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
)

// lines joins header lines and a body to a message text.
func lines(first string, headers []string, extra []string, body string) []byte {
	var b strings.Builder
	b.WriteString(first + "\r\n")
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	for _, h := range extra {
		b.WriteString(h + "\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return []byte(b.String())
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

// buildReply makes the response of a user agent to the last request that it
// received.
func (p *peer) buildReply(req *message, code int, reason string, extra []string) []byte {
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
	if q, err := req.CSeq(); err == nil && q.Method == sip.MethodInvite && code > 100 && code < 300 && !named(extra, "Contact") {
		headers = append(headers, "Contact: <"+p.contact()+">")
	}
	return lines(fmt.Sprintf("SIP/2.0 %d %s", code, reason), headers, extra, "")
}

func named(headers []string, name string) bool {
	for _, h := range headers {
		n, _, _ := strings.Cut(h, ":")
		if strings.EqualFold(strings.TrimSpace(n), name) {
			return true
		}
	}
	return false
}

func (p *peer) contact() string {
	uri := "sip:" + p.name + "@" + p.addr.String()
	if p.proto == "tcp" {
		uri += ";transport=tcp"
	}
	return uri
}

var errNoDialog = errors.New("there is no answered INVITE")

// buildInDialog makes a request inside of the dialog that the last answered
// INVITE made, with its route set (RFC 3261 12.2.1.1).
func (p *peer) buildInDialog(method, branch string, extra []string) ([]byte, error) {
	inv, ok := p.invite, p.accept
	if inv == nil || ok == nil {
		return nil, errNoDialog
	}
	caller := inv == p.sent || p.sentBy(inv)
	var routes []string
	for _, h := range copied(ok, sip.HeaderRecordRoute) {
		_, v, _ := strings.Cut(h, ": ")
		for rest := v; ; {
			one, r, more := sip.NextListValue(rest)
			if !more {
				break
			}
			routes = append(routes, one)
			rest = r
		}
	}
	from, to, target := ok.Value(sip.HeaderFrom), ok.Value(sip.HeaderTo), ""
	contact := ok.Value(sip.HeaderContact)
	if caller {
		for i, j := 0, len(routes)-1; i < j; i, j = i+1, j-1 {
			routes[i], routes[j] = routes[j], routes[i]
		}
	} else {
		from, to = to, from
		contact = inv.Value(sip.HeaderContact)
	}
	a, err := sip.ParseNameAddr(contact)
	if err != nil {
		return nil, fmt.Errorf("no Contact to send to: %w", err)
	}
	target = a.URI
	number := p.cseq + 1
	if q, err := inv.CSeq(); err == nil && method == "ACK" {
		number = q.Number
	}
	var headers []string
	headers = append(headers, fmt.Sprintf("Via: SIP/2.0/%s %s;branch=%s", strings.ToUpper(p.proto), p.addr, branch), "Max-Forwards: 70")
	if len(routes) > 0 {
		headers = append(headers, "Route: "+strings.Join(routes, ", "))
	}
	headers = append(headers, "From: "+from, "To: "+to, "Call-ID: "+inv.Value(sip.HeaderCallID),
		fmt.Sprintf("CSeq: %d %s", number, method))
	if method == "INVITE" || method == "UPDATE" {
		headers = append(headers, "Contact: <"+p.contact()+">")
	}
	return lines(method+" "+target+" SIP/2.0", headers, extra, ""), nil
}

// sentBy reports whether the peer sent m: its own address stands in the last
// Via, which is the only one there.
func (p *peer) sentBy(m *message) bool {
	v, err := m.Via(0)
	return err == nil && m.NumVias() == 1 && v.Port == int(p.addr.Port())
}

// buildSame makes the CANCEL, or the ACK to a negative response, of the last
// INVITE that the peer sent.
func (p *peer) buildSame(method string) ([]byte, error) {
	inv := p.invite
	if inv == nil || !p.sentBy(inv) {
		return nil, errors.New("there is no INVITE of this peer")
	}
	q, err := inv.CSeq()
	if err != nil {
		return nil, err
	}
	headers := copied(inv, sip.HeaderVia, sip.HeaderRoute, sip.HeaderMaxForwards, sip.HeaderFrom)
	if method == "ACK" {
		if p.reply == nil {
			return nil, errors.New("there is no response to acknowledge")
		}
		headers = append(headers, copied(p.reply, sip.HeaderTo)...)
	} else {
		headers = append(headers, copied(inv, sip.HeaderTo)...)
	}
	headers = append(headers, copied(inv, sip.HeaderCallID)...)
	headers = append(headers, fmt.Sprintf("CSeq: %d %s", q.Number, method))
	return lines(method+" "+inv.RequestURI+" SIP/2.0", headers, nil, ""), nil
}
