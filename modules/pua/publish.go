// SPDX-License-Identifier: Apache-2.0

package pua

import (
	"cmp"
	"errors"
	"strconv"

	"github.com/kahea-sip/kahea/core/transaction"
)

// Publication is a state that is to be published (RFC 3903). Its texts are not
// those of a message.
type Publication struct {
	// URI is whose state it is. With Event, Source and ID it names the
	// publication: what comes later under that name takes its place.
	URI, ID string
	Event   *Event
	Source  Source
	// Expires is the lifetime in seconds; 0 ends the publication, less than 0
	// is default_expires, and for good.
	Expires int
	// Body is the document; empty renews what was published before.
	Body string
	// Renew has Body sent only where nothing is published yet.
	Renew bool
	// ContentType is that of the package where it is empty.
	ContentType string
	// ETag is what the publication must have as entity tag; empty for any.
	ETag string
	// Proxy is the URI that the request goes to instead of URI; Headers are
	// further header fields with their line ends.
	Proxy, Headers string
	// Done, if set, hears what became of it; it must not wait.
	Done func(Outcome)
}

// Outcome is what became of a request.
type Outcome struct {
	// Code and Reason are those of the reply; 0 where a later state has taken
	// the place of one that had not been sent.
	Code    int
	Reason  string
	ETag    string
	Expires int64
}

var errEvent = errors.New("no event package")

// maxExpires bounds lifetimes, in seconds: 68 years.
const maxExpires = 1<<31 - 1

// attempts bounds the requests that one state is published with.
const attempts = 3

// Publish publishes a state. It does not wait: an error is about what was asked
// for, Done hears the rest. There is one request at a time for a publication
// (RFC 3903 4.1); of the states that come meanwhile the last one is sent.
func (m *Module) Publish(p *Publication) error {
	if p.Event == nil || p.Event == Watchers {
		return errEvent
	}
	if err := checkURIs(p.URI, p.Proxy); err != nil {
		return err
	}
	m.flights.begin(&publishing{m: m, Publication: *p})
	return nil
}

// publishing is a state on its way.
type publishing struct {
	m *Module
	Publication
	over  func()
	tries int
	// r is what was published before, nil for nothing.
	r    *record
	life int64
	// renewal is set where the lifetime was asked for before.
	renewal bool
	// spare is a body that is not sent unless the server has forgotten.
	spare string
}

// identity implements job.
func (p *publishing) identity() identity {
	return identity{uri: p.URI, id: p.ID, event: p.Event.number, source: p.Source}
}

// replaced implements job.
func (p *publishing) replaced() { p.tell(Outcome{}) }

func (p *publishing) tell(o Outcome) {
	if p.Done != nil {
		p.Done(o)
	}
}

// end ends the job.
func (p *publishing) end(o Outcome) {
	p.tell(o)
	p.over()
}

// run implements job: it finds what was published before, and sends.
func (p *publishing) run(over func()) {
	p.over = over
	m := p.m
	var err error
	if p.r, err = m.keep.find(m.ctx, p.identity()); err != nil {
		m.log.Error("a state is not published", "uri", p.URI, "event", p.Event.Name, "err", err)
		p.end(Outcome{Code: 500, Reason: err.Error()})
		return
	}
	p.life = m.lifetime(p.Expires)
	if p.Renew && p.r != nil && !p.r.stale {
		p.spare, p.Body = p.Body, ""
	}
	switch {
	case p.ETag != "" && (p.r == nil || p.r.etag != p.ETag):
		p.end(Outcome{Code: 500, Reason: "Wrong ETag"})
	case p.r == nil && p.life == 0:
		p.end(Outcome{Code: 200, Reason: "OK"})
	case p.r == nil && p.Body == "":
		p.end(Outcome{Code: 500, Reason: "there is nothing published that could be renewed, and no body"})
	default:
		p.send()
	}
}

// lifetime is what to ask for.
func (m *Module) lifetime(expires int) int64 {
	switch {
	case expires < 0:
		return int64(m.defaultExpires)
	case expires == 0:
		return 0
	}
	return int64(max(expires, m.minExpires))
}

// send sends the PUBLISH.
func (p *publishing) send() {
	m := p.m
	p.tries++
	next := p.next()
	body := p.Body
	if body != "" && p.Event.dress != nil {
		var err error
		if body, err = p.Event.dress(m, body, &next); err != nil {
			m.log.Warn("a state is not published", "uri", p.URI, "event", p.Event.Name, "err", err)
			p.end(Outcome{Code: 400, Reason: err.Error()})
			return
		}
	}
	uri := "<" + p.URI + ">"
	req := transaction.LocalRequest{Method: "PUBLISH", URI: p.URI, From: uri + ";tag=" + m.host.Transactions().NewTag(), To: uri,
		NextHop: cmp.Or(next.proxy, m.outboundProxy), Headers: p.headers(&next), Body: body}
	m.transmit(&req, func(re reply) { p.answered(&next, &re) })
}

// next is the record as it will be when the server accepts.
func (p *publishing) next() record {
	next := record{identity: p.identity()}
	if p.r != nil {
		next = *p.r
		next.version++
	}
	next.stale = false
	next.proxy = cmp.Or(p.Proxy, next.proxy)
	next.headers = cmp.Or(p.Headers, next.headers)
	next.contentType = cmp.Or(p.ContentType, next.contentType, p.Event.ContentType)
	if p.Body != "" {
		next.body = p.Body
	}
	return next
}

// headers are the header fields of the PUBLISH.
func (p *publishing) headers(next *record) string {
	var f fields
	f.add("Event", p.Event.Name)
	f.add("Expires", strconv.FormatInt(p.asked(), 10))
	f.add("SIP-If-Match", next.etag)
	if p.Body != "" {
		f.add("Content-Type", next.contentType)
	}
	return f.with(next.headers)
}

// asked is the lifetime in the PUBLISH: a second more than is wanted, so that what
// follows comes before the end.
func (p *publishing) asked() int64 {
	if p.life == 0 {
		return 0
	}
	return p.life + 1
}

// answered follows the reply.
func (p *publishing) answered(next *record, re *reply) {
	switch {
	case re.code < 300:
		p.accepted(next, re)
	case re.code == 412 && (p.overtaken() || p.anew(next)), re.code == 423 && p.longer(re):
		p.send()
		return
	default:
		p.m.log.Warn("a PUBLISH was not accepted", "uri", p.URI, "event", p.Event.Name, "code", re.code, "reason", re.reason)
		p.refused(re)
	}
	p.end(Outcome{re.code, re.reason, re.etag, re.expires})
}

// overtaken takes the entity tag that another server has got meanwhile, which
// shares the table.
func (p *publishing) overtaken() bool {
	if p.m.dbMode != inTable || p.r == nil || p.tries >= attempts {
		return false
	}
	r, err := p.m.keep.find(p.m.ctx, p.identity())
	p.note(err)
	if r == nil || r.etag == p.r.etag {
		return false
	}
	p.r = r
	return true
}

// anew prepares to publish what the server has forgotten (RFC 3903 4.4); false
// where there is nothing to publish.
func (p *publishing) anew(next *record) bool {
	p.Body = cmp.Or(p.Body, p.spare, next.body)
	if p.r == nil || p.tries >= attempts || p.Body == "" || p.life == 0 {
		return false
	}
	p.Proxy, p.Headers, p.ContentType = next.proxy, next.headers, next.contentType
	p.note(p.m.keep.drop(p.m.ctx, p.r))
	p.r = nil
	return true
}

// longer asks for the lifetime that the server wants at least.
func (p *publishing) longer(re *reply) bool {
	if p.tries >= attempts || p.life == 0 || re.minExpires <= p.life {
		return false
	}
	p.life = re.minExpires
	return true
}

// accepted keeps what was published.
func (p *publishing) accepted(next *record, re *reply) {
	m := p.m
	if re.expires < 0 {
		re.expires = p.life
	}
	if re.expires == 0 || p.life == 0 || re.etag == "" {
		if p.r != nil {
			p.note(m.keep.drop(m.ctx, p.r))
		}
		return
	}
	now := m.now()
	next.etag, next.expires = re.etag, now+re.expires
	switch {
	case p.Expires < 0:
		next.desired = 0
	case !p.renewal:
		next.desired = now + p.life
	}
	next.own()
	p.note(m.keep.put(m.ctx, next))
}

// refused follows a failure. What nobody answered is sent again as long as the
// server keeps the state before; what a server refuses is given up.
func (p *publishing) refused(re *reply) {
	m, r := p.m, p.r
	switch {
	case r == nil:
	case re.code != 408 && re.code < 500 || m.now() >= r.expires:
		p.note(m.keep.drop(m.ctx, r))
	default:
		r.body, r.contentType, r.stale = cmp.Or(p.Body, r.body), cmp.Or(p.ContentType, r.contentType), true
		if !p.renewal {
			r.desired = m.now() + p.life
		}
		r.own()
		p.note(m.keep.put(m.ctx, r))
	}
}

// note tells of a database that does not keep what it should.
func (p *publishing) note(err error) {
	if err != nil {
		p.m.log.Error("a publication is not kept", "uri", p.URI, "event", p.Event.Name, "err", err)
	}
}
