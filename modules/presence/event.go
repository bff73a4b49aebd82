// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
)

// Event is an event package (RFC 6665 7.2): what presence must know to take
// publications and subscriptions of it. A module that brings one gives it to
// AddEvent in its Start. It does not change afterwards, and its functions are
// called by many goroutines at once.
type Event struct {
	// Name is what the Event header field says: "presence". A parameter belongs
	// to the name where it makes a package of its own: "dialog;sla".
	Name string
	// ContentType is the type of the bodies of NOTIFYs.
	ContentType string
	// DefaultExpires is the lifetime, in seconds, where a request names none.
	DefaultExpires int
	// KeepETag leaves a publication its first ETag when it is refreshed or
	// changed; else it gets a new one each time (RFC 3903 6).
	KeepETag bool
	// Policy says who may watch, and what of it; nil shows everybody all.
	Policy Policy
	// CheckPublish looks at a PUBLISH with a body, CheckSubscribe at a SUBSCRIBE.
	// An error refuses the request: a *Refusal as it says, any other with
	// 415 and 400. nil takes all.
	CheckPublish   func(m *sip.Message) error
	CheckSubscribe func(m *sip.Message) error
	// Aggregate makes one body of what is published for a presentity, in the
	// order of the documents' priority, the least first; there is at least one.
	// An empty body is a NOTIFY without one. nil takes the last document as it
	// is.
	Aggregate func(p Presentity, documents []Document) string
	// Empty makes the body where nothing is published; nil is a NOTIFY without
	// one.
	Empty func(p Presentity) string
	// HardState reads the document for pidf-manipulation that a URI names (RFC
	// 4827); ok is false where there is none. It may wait. nil: there are none.
	HardState func(ctx context.Context, p Presentity, uri string) (body string, ok bool, err error)
	// PerWatcher makes the body of one NOTIFY out of the one that all watchers
	// share: where a number counts the NOTIFYs of a subscription. It is called
	// for each NOTIFY with a body, and costs the sharing. nil leaves it as it is.
	PerWatcher func(w Watcher, body string) string

	// winfo is the package EVENT.winfo, of the watchers of this one; of is the
	// package whose watchers this one is about.
	winfo, of *Event
}

// IsWinfo tells that the package is about the watchers of another one (RFC
// 3857): its name is that one's with ".winfo" behind it.
func (e *Event) IsWinfo() bool { return strings.HasSuffix(e.Name, ".winfo") }

// Presentity is whose state is published or watched.
type Presentity struct {
	// URI is "sip:user@domain".
	URI          string
	User, Domain string
	Event        *Event
}

// Document is one publication of a presentity.
type Document struct {
	Body string
	ETag string
	// ContentType is what its PUBLISH said; "" for one of a database, which has
	// no column for it.
	ContentType string
	// Sender is the URI whose subscription gets no NOTIFY of it; mostly "".
	Sender   string
	Received time.Time
	Expires  time.Time
	Priority int64
	// Gone tells that it has expired or was removed just now: watchers hear of
	// it a last time.
	Gone bool

	reading *reading // nil where nothing is kept
}

// Status is how a subscription stands (Subscription-State).
type Status int

// The states, with the numbers of Kamailio's tables and of pres_auth_status.
const (
	Active     Status = 1
	Pending    Status = 2
	Terminated Status = 3
	Waiting    Status = 4
)

// String returns the word of Subscription-State.
func (s Status) String() string {
	switch s {
	case Active:
		return "active"
	case Pending:
		return "pending"
	case Terminated:
		return "terminated"
	case Waiting:
		return "waiting"
	}
	return "unknown"
}

// Watcher is who watches: one subscription.
type Watcher struct {
	// URI is "sip:user@domain" of the subscriber.
	URI          string
	User, Domain string
	// Version counts the NOTIFYs of the subscription, from 1.
	Version int
	Status  Status
	Reason  string
	// CallID and the tags name its dialog; ToTag is ours.
	CallID, FromTag, ToTag string
	UserAgent              string
}

// Policy says who may watch.
type Policy interface {
	// Judge tells how a subscription stands, and what of the state it sees. It
	// may wait, for a database.
	Judge(ctx context.Context, p Presentity, w Watcher) (Judgement, error)
}

// Judgement is what a Policy says of a subscription.
type Judgement struct {
	Status Status
	// Reason is the parameter of Subscription-State; it may have others behind
	// it ("probation;retry-after=30").
	Reason string
	// View is what of the body an active subscription sees; nil for all of it.
	View View
}

// View shows a part of a body. Subscriptions whose views have the same key share
// what Apply made.
type View interface {
	Key() string
	Apply(p Presentity, body string) string
}

// Refusal is a negative answer to a request.
type Refusal struct {
	Code    int
	Reason  string
	Headers string // with line ends
	// Cause says more for the log; nil where the answer says it all.
	Cause error
}

// Error implements error.
func (r *Refusal) Error() string { return fmt.Sprintf("%d %s", r.Code, r.Reason) }

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Cause }

// The errors of AddEvent.
var (
	errEventName = errors.New("an event package has no name")
	errLate      = errors.New("event packages are added while modules start")
)

// AddEvent makes a package known. Modules call it in Start, which runs after
// that of presence.
func (p *Presence) AddEvent(e *Event) error {
	switch {
	case e.Name == "":
		return errEventName
	case p.ready.Load():
		return errLate
	case p.Event(e.Name) != nil:
		return fmt.Errorf("the event package %s is there twice", e.Name)
	}
	if e.DefaultExpires == 0 {
		e.DefaultExpires = 3600
	}
	p.events = append(p.events, e)
	for _, other := range p.events {
		switch {
		case other.Name == e.Name+".winfo":
			e.winfo, other.of = other, e
		case e.Name == other.Name+".winfo":
			other.winfo, e.of = e, other
		}
	}
	return nil
}

// Event returns the package of a name, or nil.
func (p *Presence) Event(name string) *Event {
	for _, e := range p.events {
		if strings.EqualFold(e.Name, name) {
			return e
		}
	}
	return nil
}
