// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// snapshot is a subscription as $subs shows it.
type snapshot struct {
	Watcher
	presURI, event, eventID      string
	fromUser, fromDomain         string
	toUser, toDomain             string
	contact, localContact, route string
	remoteCSeq, localCSeq        uint32
	expires                      int64
	flags                        int
	// deleted tells that event_route[presence:notify-reply] wants the
	// subscription removed.
	deleted bool
}

// snapshot returns the subscription as it is. The lock is held.
func (s *subscription) snapshot(now int64) snapshot {
	return snapshot{Watcher: s.watcher(), presURI: s.of.URI, event: s.of.Event.Name, eventID: s.eventID, fromUser: s.fromUser, fromDomain: s.fromDomain,
		toUser: s.toUser, toDomain: s.toDomain, contact: s.contact, localContact: s.localContact, route: recordRoute(s.routes),
		remoteCSeq: s.remoteCSeq, localCSeq: s.localCSeq, expires: s.left(now), flags: s.flags}
}

// shown is what $subs and $notify_reply show in a Call.
type shown struct {
	serial uint64
	subs   *snapshot
	reply  *sip.Message
}

// show makes $subs show a subscription for the message at work.
func (x *shown) show(c *module.Call, s snapshot) { *x = shown{serial: c.Serial, subs: &s} }

// attributes are those of $subs.
var attributes = map[string]func(s *snapshot) module.Value{
	"uri":              func(s *snapshot) module.Value { return avp.String(s.presURI) },
	"pres_uri":         func(s *snapshot) module.Value { return avp.String(s.presURI) },
	"to_user":          func(s *snapshot) module.Value { return avp.String(s.toUser) },
	"to_domain":        func(s *snapshot) module.Value { return avp.String(s.toDomain) },
	"from_user":        func(s *snapshot) module.Value { return avp.String(s.fromUser) },
	"from_domain":      func(s *snapshot) module.Value { return avp.String(s.fromDomain) },
	"watcher_username": func(s *snapshot) module.Value { return avp.String(s.User) },
	"watcher_domain":   func(s *snapshot) module.Value { return avp.String(s.Domain) },
	"event":            func(s *snapshot) module.Value { return avp.String(s.event) },
	"event_id":         func(s *snapshot) module.Value { return avp.String(s.eventID) },
	"to_tag":           func(s *snapshot) module.Value { return avp.String(s.ToTag) },
	"from_tag":         func(s *snapshot) module.Value { return avp.String(s.FromTag) },
	"callid":           func(s *snapshot) module.Value { return avp.String(s.CallID) },
	"remote_cseq":      func(s *snapshot) module.Value { return avp.Number(int64(s.remoteCSeq)) },
	"local_cseq":       func(s *snapshot) module.Value { return avp.Number(int64(s.localCSeq)) },
	"contact":          func(s *snapshot) module.Value { return avp.String(s.contact) },
	"local_contact":    func(s *snapshot) module.Value { return avp.String(s.localContact) },
	"record_route":     func(s *snapshot) module.Value { return avp.String(s.route) },
	"expires":          func(s *snapshot) module.Value { return avp.Number(s.expires) },
	"status":           func(s *snapshot) module.Value { return avp.Number(int64(s.Status)) },
	"reason":           func(s *snapshot) module.Value { return avp.String(s.Reason) },
	"version":          func(s *snapshot) module.Value { return avp.Number(int64(s.Version)) },
	"flags":            func(s *snapshot) module.Value { return avp.Number(int64(s.flags)) },
	"user_agent":       func(s *snapshot) module.Value { return avp.String(s.UserAgent) },
}

var errNotifyReply = errors.New("$notify_reply(name) names a variable of a message: $notify_reply($rs)")

// bindSubs binds $subs(attribute).
func (p *Presence) bindSubs(_ module.Binder, inner string) (module.Accessor, error) {
	get, ok := attributes[strings.ToLower(inner)]
	if !ok {
		return nil, fmt.Errorf("$subs has no attribute %q", inner)
	}
	return module.Getter(func(c *module.Call) module.Value {
		x := p.local(c)
		if p.subsVar == 0 || x.subs == nil || x.serial != c.Serial {
			return module.Value{}
		}
		return get(x.subs)
	}), nil
}

// bindReply binds $notify_reply($variable).
func (p *Presence) bindReply(b module.Binder, inner string) (module.Accessor, error) {
	if inner == "" {
		return nil, errNotifyReply
	}
	v, err := b.Var(inner)
	if err != nil {
		return nil, err
	}
	return module.Getter(func(c *module.Call) module.Value {
		x := p.local(c)
		if x.reply == nil || x.serial != c.Serial {
			return module.Value{}
		}
		was := c.Msg
		c.Msg = x.reply
		defer func() { c.Msg = was }()
		return v.Get(c, module.Index{})
	}), nil
}
