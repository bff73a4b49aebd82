// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"errors"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
)

var (
	errNoDialog  = errors.New("there is no dialog")
	errNotActive = errors.New("the dialog is not answered")
	errSide      = errors.New(`the side is "caller", "callee" or "all"`)
)

// timedOut ends a call that has lasted too long: the timeout route and dialog:end
// run, then BYEs go to both sides where that was asked for.
func (d *Dialog) timedOut() {
	m := d.m
	d.mu.Lock()
	if d.state != Answered && d.state != Confirmed || d.ending || m.now() < d.lifeEnd {
		d.mu.Unlock()
		return
	}
	d.ending = true
	d.lifeEnd = 0
	route, bye := d.timeoutRoute, d.iflags&timeoutBye != 0
	d.lookAt(m.now() + time.Duration(m.endTimeout)*time.Second)
	d.uses++
	d.mu.Unlock()
	m.expired.Inc()
	if route != "" {
		if ref, ok := m.timeoutRef(route); ok {
			m.runRoute(d, nil, module.RequestRoute, ref)
		}
	}
	m.run(d, "dialog:end", nil)
	if bye {
		d.bye("", Caller, Callee)
	} else {
		d.end("timeout")
	}
	m.tell(Expired, d, nil, nil)
	d.use(-1)
}

// Terminate ends an answered call: dialog:end runs, and BYEs go to both sides.
// headers are further header fields with their CRLF, reason is what dlg.list
// shows.
func (d *Dialog) Terminate(c *module.Call, headers, reason string, sides ...Side) error {
	if len(sides) == 0 {
		sides = []Side{Caller, Callee}
	}
	d.mu.Lock()
	if d.state != Answered && d.state != Confirmed || d.ending {
		d.mu.Unlock()
		return errNotActive
	}
	d.ending = true
	d.reason = reason
	d.lifeEnd = 0
	d.lookAt(d.m.now() + time.Duration(d.m.endTimeout)*time.Second)
	d.uses++
	d.mu.Unlock()
	d.m.run(d, "dialog:end", c)
	d.m.tell(Terminated, d, c, nil)
	d.bye(headers, sides...)
	d.use(-1)
	return nil
}

// bye sends BYE to sides. The dialog has ended when all are answered, or
// nobody answers.
func (d *Dialog) bye(headers string, sides ...Side) {
	d.mu.Lock()
	d.byes += len(sides)
	d.mu.Unlock()
	for _, s := range sides {
		done := new(bool)
		d.send(&within{method: "BYE", to: s, headers: headers, next: true}, func(*transaction.Notice) {
			if *done {
				return
			}
			*done = true
			d.mu.Lock()
			d.byes--
			last := d.byes <= 0
			d.mu.Unlock()
			if last {
				d.closed(nil, nil)
				d.abandon("BYE")
			}
		})
	}
}

// within is a request of our own inside of a dialog.
type within struct {
	method  string
	to      Side
	headers string
	ctype   string
	body    string
	// next takes the next CSeq number of the side that the request pretends to
	// come from; else it is the one that was used last.
	next bool
}

// send sends a request to one side, in the name of the other one (RFC 3261
// 12.2.1.1). done is called once, with the notice of its end, or nil where it
// could not be sent.
func (d *Dialog) send(w *within, done func(n *transaction.Notice)) {
	m := d.m
	shift := uint32(0)
	if w.to == Callee {
		shift = d.cseqShift()
	}
	d.mu.Lock()
	to, from := d.leg(w.to), d.leg(w.to.other())
	toURI, fromURI := d.fromURI, d.toURI
	if w.to == Callee {
		toURI, fromURI = d.toURI, d.fromURI
	}
	cseq := from.cseq
	if w.next {
		cseq++
		from.cseq = cseq
		d.touch()
	}
	r := &transaction.LocalRequest{
		Method: w.method, URI: to.contact, To: address(toURI, to.tag), From: address(fromURI, from.tag),
		CallID: d.callID, CSeq: cseq + shift, ZeroCSeq: true, Route: to.routes, Socket: to.socket, Body: w.body,
		Gen: m.host.Generation(), Events: transaction.LocalDone,
		Heard: func(n *transaction.Notice) {
			if done != nil {
				done(n)
			}
		},
	}
	d.mu.Unlock()
	if r.URI == "" {
		r.URI = toURI
	}
	r.Headers = w.headers + m.extraHeaders
	if w.to == Callee {
		r.Headers += m.calleeHeaders
	}
	if w.ctype != "" {
		r.Headers = "Content-Type: " + w.ctype + "\r\n" + r.Headers
	}
	t, err := m.host.Transactions().Send(r, nil)
	if t != nil {
		t.Unref()
	}
	if err != nil {
		m.log.Debug("a request inside of a dialog cannot be sent", "method", w.method, "uri", r.URI, "err", err)
		if done != nil {
			done(nil)
		}
	}
}

func address(uri, tag string) string {
	var b strings.Builder
	b.WriteByte('<')
	b.WriteString(uri)
	b.WriteByte('>')
	if tag != "" {
		b.WriteString(";tag=")
		b.WriteString(tag)
	}
	return b.String()
}

// sides reads an argument that names sides.
func sides(text string) ([]Side, error) {
	switch text {
	case "caller":
		return []Side{Caller}, nil
	case "callee":
		return []Side{Callee}, nil
	case "all", "both":
		return []Side{Caller, Callee}, nil
	}
	return nil, errSide
}
