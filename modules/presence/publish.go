// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// The answers that requests are refused with.
var (
	refuseExpires  = &Refusal{Code: 400, Reason: "Bad request"}
	refuseEmpty    = &Refusal{Code: 400, Reason: "Invalid request"}
	refuseETag     = &Refusal{Code: 412, Reason: "Conditional request failed"}
	refuseInternal = &Refusal{Code: 500, Reason: "Server Internal Error"}
	refuseUnknown  = &Refusal{Code: 481, Reason: "Subscription does not exist"}
	refuseContact  = &Refusal{Code: 400, Reason: "Bad request"}
	refuseLong     = &Refusal{Code: 400, Reason: "Bad request"}
	refuseGiven    = &Refusal{Code: 400, Reason: "Bad request"}
	refuseURI      = &Refusal{Code: 416, Reason: "Unsupported URI scheme"}
)

// publishing is a PUBLISH.
type publishing struct {
	who      Presentity
	etag     string // SIP-If-Match
	body     string
	ctype    string
	sender   string
	expires  int64 // seconds
	priority int64
}

// handlePublish is handle_publish([sender_uri]).
func (p *Presence) handlePublish(c *module.Call, a module.Args) module.Result {
	if p.library {
		return c.Fail("handle_publish", errLibrary)
	}
	r, err := p.readPublish(c, a)
	var etag string
	var at *presentity
	if err == nil {
		p.block(c, func() { etag, at, err = p.publish(c.Context(), r) })
	}
	if err != nil {
		return p.refuse(c, "handle_publish", err)
	}
	p.published.Inc()
	left := max(r.expires-int64(p.expiresOffset), 0)
	if err := p.sl.SendReply(c, 200, "OK", fmt.Sprintf("Expires: %d\r\nSIP-ETag: %s\r\n", left, etag)); err != nil {
		c.Log().Debug("a PUBLISH cannot be answered", "err", err)
	}
	p.announce(at)
	return module.True
}

// readPublish reads a PUBLISH (RFC 3903 6). What it returns lives as long as the
// message.
func (p *Presence) readPublish(c *module.Call, a module.Args) (*publishing, error) {
	m := c.Msg
	e, _, err := p.eventOf(m)
	if err != nil {
		return nil, err
	}
	if e.IsWinfo() {
		return nil, p.badEvent()
	}
	r := &publishing{etag: m.Value(sip.HeaderSIPIfMatch), body: m.Body(), ctype: m.Value(sip.HeaderContentType)}
	if r.expires, err = p.expiresOf(m, e); err != nil {
		return nil, err
	}
	if r.body == "" && r.etag == "" {
		return nil, refuseEmpty
	}
	if r.body != "" && e.CheckPublish != nil {
		if err := e.CheckPublish(m); err != nil {
			return nil, refusal(err, 415, "Unsupported media type")
		}
	}
	if r.who, err = p.target(c); err != nil {
		return nil, err
	}
	if p.db != nil && (len(r.who.User) > maxUser || len(r.who.Domain) > maxUser || len(r.etag) > maxTag || len(a.Str(0)) > maxText) {
		return nil, refuseLong
	}
	r.who.Event = e
	sender, err := givenURI(a)
	if err != nil {
		return nil, err
	}
	r.sender = sender.Raw
	r.priority = p.priority(c)
	return r, nil
}

// givenURI is the URI that a script gives of who publishes or watches, or a header field
// with a name that it has taken it from; that of no argument is empty.
func givenURI(a module.Args) (sip.URI, error) {
	if !a[0].Given {
		return sip.URI{}, nil
	}
	text := a.Str(0)
	if s, err := sip.ParseNameAddr(text); err == nil {
		text = s.URI
	}
	u, err := sip.ParseURI(text)
	if err != nil || u.Scheme == sip.SchemeOther {
		return sip.URI{}, refuseGiven
	}
	return u, nil
}

// eventOf finds the package that Event names, and its id.
func (p *Presence) eventOf(m *sip.Message) (e *Event, id string, err error) {
	name, params, _ := strings.Cut(m.Value(sip.HeaderEvent), ";")
	name = strings.TrimSpace(name)
	for x, rest, ok := sip.Params(params).Next(); ok; x, rest, ok = rest.Next() {
		switch {
		case sip.EqualFold(x.Name, "id"):
			id = x.Value
		case x.Value != "":
			name += ";" + x.Name + "=" + x.Value
		default:
			name += ";" + x.Name
		}
	}
	if e = p.Event(name); e == nil {
		return nil, "", p.badEvent()
	}
	return e, id, nil
}

// badEvent is the refusal for a package that nobody brings: it says which there
// are.
func (p *Presence) badEvent() error {
	names := make([]string, 0, len(p.events))
	for i := len(p.events) - 1; i >= 0; i-- {
		names = append(names, p.events[i].Name)
	}
	return &Refusal{Code: 489, Reason: "Bad Event", Headers: "Allow-Events: " + strings.Join(names, ", ") + "\r\n"}
}

// expiresOf is the lifetime that a request asks for, at most max_expires.
func (p *Presence) expiresOf(m *sip.Message, e *Event) (int64, error) {
	n, err := m.Expires()
	switch {
	case errors.Is(err, sip.ErrAbsent):
		n = uint32(min(e.DefaultExpires, 1<<31))
	case err != nil:
		return 0, refuseExpires
	}
	return min(int64(n), int64(p.maxExpires)), nil
}

// target is whom the Request-URI names.
func (p *Presence) target(c *module.Call) (Presentity, error) {
	u, err := c.Msg.RURI()
	if err != nil || !u.IsSIP() {
		return Presentity{}, refuseURI
	}
	return Presentity{URI: joinURI(u.User, u.Host), User: u.User, Domain: u.Host}, nil
}

// priority is that of what is published: what the script says in
// $xavp(NAME=>priority), else the time, where xavp_cfg is set.
func (p *Presence) priority(c *module.Call) int64 {
	if p.xavpCfg == "" {
		return 0
	}
	if it := c.XAVPs.At(p.xavpCfg, 0); it != nil && it.Fields != nil {
		if f := it.Fields.At("priority", 0); f != nil {
			if n, ok := number(f.Value); ok {
				return n
			}
		}
	}
	return p.now()
}

func number(v avp.Value) (int64, bool) {
	if v.Kind == avp.Str {
		n, err := strconv.ParseInt(v.Str, 10, 64)
		return n, err == nil
	}
	return v.Int, v.Kind == avp.Int || v.Kind == avp.Both
}

// publish keeps what is published, and returns its entity tag and the presentity,
// whose watchers are to be told.
func (p *Presence) publish(ctx context.Context, r *publishing) (etag string, at *presentity, err error) {
	at = p.open(r.who)
	defer p.close(at)
	d, gone, err := p.keep(ctx, at, r)
	if err == nil && (r.expires != 0 || gone != nil) {
		p.change(at, gone, d.sender)
	}
	return d.tag(), at, err
}

// keep does what RFC 3903 6 asks for; gone is what was removed. The change lock
// is held.
func (p *Presence) keep(ctx context.Context, at *presentity, r *publishing) (d, gone *publication, err error) {
	now := p.now()
	d = &publication{sender: strings.Clone(r.sender), received: now, expires: now + r.expires, priority: r.priority}
	if r.etag == "" {
		d.etag, d.ruid = p.etags.next(""), p.etags.ruid()
	} else {
		old, err := p.pubs.find(ctx, at, r.etag, now)
		if errors.Is(err, errNoETag) {
			return nil, nil, refuseETag
		}
		if err != nil {
			return nil, nil, err
		}
		d.body, d.ctype, d.ruid = old.body, old.ctype, old.ruid
		switch {
		case r.expires == 0:
			d.etag = old.etag
			return d, &old, p.pubs.remove(ctx, at, old.etag)
		case at.Event.KeepETag:
			d.etag = old.etag
		default:
			d.etag = p.etags.next(old.etag)
		}
	}
	if r.body != "" {
		d.body, d.ctype = strings.Clone(r.body), strings.Clone(r.ctype)
	}
	if r.expires == 0 {
		return d, nil, nil
	}
	return d, nil, p.pubs.put(ctx, at, d, r.etag)
}

// refusal is the error of a check as the answer to its request: what it says itself,
// else a code.
func refusal(err error, code int, reason string) error {
	var r *Refusal
	if errors.As(err, &r) {
		return err
	}
	return &Refusal{Code: code, Reason: reason, Cause: err}
}

// refuse answers a request that was not accepted. What the answer does not say is
// logged: a database that does not answer, what is wrong with a body.
func (p *Presence) refuse(c *module.Call, function string, err error) module.Result {
	var r *Refusal
	switch {
	case !errors.As(err, &r):
		_ = c.Fail(function, err)
		r = refuseInternal
	case r.Cause != nil:
		_ = c.Fail(function, fmt.Errorf("the request is refused with %d: %w", r.Code, r.Cause))
	}
	if err := p.sl.SendReply(c, r.Code, r.Reason, r.Headers); err != nil {
		c.Log().Debug("a request cannot be answered", "err", err)
	}
	return module.False
}

// etags makes entity tags, in the form of Kamailio's: when the server started,
// a number of this one, how many there were, how often the publication changed.
type etags struct {
	prefix string
	count  atomic.Uint64 // of tags
	rows   atomic.Uint64
}

func (t *etags) start(h module.Host) {
	t.prefix = fmt.Sprintf("%d.%d", h.Clock().Now().Unix(), h.Rand().Uint32()>>1)
}

// next returns a tag that nobody had before; old is that of the publication so
// far, empty for a new one.
func (t *etags) next(old string) string {
	changes := uint64(0)
	if old != "" {
		n, _ := strconv.ParseUint(old[strings.LastIndexByte(old, '.')+1:], 10, 32)
		changes = n + 1
	}
	return fmt.Sprintf("a.%s.%d.%d", t.prefix, t.count.Add(1), changes)
}

// ruid names a row.
func (t *etags) ruid() string { return fmt.Sprintf("pres-%s-%d", t.prefix, t.rows.Add(1)) }
