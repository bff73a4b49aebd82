// SPDX-License-Identifier: Apache-2.0

package msilo

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var (
	errOwner   = errors.New("the owner is no URI with a user")
	errBody    = errors.New("the message has no body, or no Content-Type")
	errFrom    = errors.New("From cannot be read")
	errTo      = errors.New("To cannot be read")
	errFull    = errors.New("the owner has as many messages as max_messages allows")
	errAddress = errors.New("an address is a URI")
)

// store is m_store([owner]).
func (s *Silo) store(c *module.Call, a module.Args) module.Result {
	return s.keep(c, "m_store", a.Str(0), a[0].Given, "", "")
}

// storeAddrs is m_store_addrs(owner, srcaddr, dstaddr).
func (s *Silo) storeAddrs(c *module.Call, a module.Args) module.Result {
	return s.keep(c, "m_store_addrs", a.Str(0), a.Str(0) != "", a.Str(1), a.Str(2))
}

// keep stores the message that is handled.
func (s *Silo) keep(c *module.Call, name, owner string, given bool, from, to string) module.Result {
	m, err := s.read(c, owner, given, from, to)
	if err == nil {
		err = s.insert(c, m)
	}
	if err != nil {
		return c.Fail(name, err)
	}
	s.stored.Inc()
	s.notify(c)
	return module.True
}

// read makes the row of the message. Its strings are copies: a database may
// outlast the message.
func (s *Silo) read(c *module.Call, owner string, given bool, from, to string) (*message, error) {
	contentType := c.Msg.Value(sip.HeaderContentType)
	if c.Msg.Body() == "" || contentType == "" {
		return nil, errBody
	}
	m := &message{body: c.Msg.Body(), contentType: strings.Clone(storedType(contentType))}
	if err := addresses(c, m, from, to); err != nil {
		return nil, err
	}
	if err := s.owner(c, m, owner, given); err != nil {
		return nil, err
	}
	s.times(c, m)
	if s.extraAVP != nil {
		m.headers = strings.Clone(s.extraAVP.Get(c, module.Index{}).Str)
	}
	if m.headers == "" {
		m.headers = ownHeaders(c.Msg)
	}
	if s.keepCallID != 0 {
		m.callID = strings.Clone(c.Msg.CallID())
	}
	return m, nil
}

// times sets when the message is sent as a reminder, and when it expires: a sender
// may ask for less than expire_time. One that waits for its time does not expire
// before.
func (s *Silo) times(c *module.Call, m *message) {
	m.received = s.host.Clock().Now().Unix()
	life := int64(s.expireTime)
	if asked, err := c.Msg.Expires(); err == nil && asked > 0 {
		life = min(life, int64(asked))
	}
	if s.sendAVP != nil {
		if v := s.sendAVP.Get(c, module.Index{}); !v.IsNull() {
			at, err := parseSendTime(v.Str)
			if err != nil {
				c.Log().Warn("m_store: the time of a reminder is YYYYMMDDHHMMSS; the message waits for its owner", "time", v.Str)
			} else {
				m.send = at.Unix()
			}
		}
	}
	m.expires = max(m.received, m.send) + life
}

// addresses sets the URIs of sender and receiver: those given, or of the message.
func addresses(c *module.Call, m *message, from, to string) error {
	for _, uri := range [...]string{from, to} {
		if uri == "" {
			continue
		}
		if _, err := c.ParseURI(uri); err != nil {
			return errAddress
		}
	}
	if from == "" {
		a, err := c.Msg.From()
		if err != nil {
			return errFrom
		}
		from = a.URI
	}
	if to == "" {
		a, err := c.Msg.To()
		if err != nil {
			return errTo
		}
		to = a.URI
	}
	m.from, m.to = strings.Clone(from), strings.Clone(to)
	return nil
}

// owner sets whose inbox it is.
func (s *Silo) owner(c *module.Call, m *message, owner string, given bool) error {
	if !given {
		owner = c.Target.URI
	}
	u, err := c.ParseURI(owner)
	if err != nil || u.User == "" {
		return errOwner
	}
	m.user, m.host = strings.Clone(u.User), strings.Clone(u.Host)
	return nil
}

// inbox are the conditions for the messages of an owner.
func (s *Silo) inbox(user, host string) []db.Cond {
	return []db.Cond{db.Is(s.columns[colUser], user), db.Is(s.columns[colHost], host)}
}

// insert puts a message into the table.
func (s *Silo) insert(c *module.Call, m *message) error {
	columns, row := s.insertRow(m)
	var err error
	c.Block(func() {
		if s.maxMessages > 0 {
			n := 0
			q := db.Query{Table: s.table, Columns: s.columns[:1], Where: s.inbox(m.user, m.host), Limit: s.maxMessages}
			if err = s.database.Select(c.Context(), q, func([]db.Value) error { n++; return nil }); err != nil {
				return
			}
			if n >= s.maxMessages {
				err = errFull
				return
			}
		}
		err = s.database.Insert(c.Context(), s.table, columns, row)
	})
	return err
}
