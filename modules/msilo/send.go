// SPDX-License-Identifier: Apache-2.0

package msilo

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

var errURI = errors.New("it is no SIP URI")

// request is a MESSAGE with the content type and Contact of a stored one.
func (s *Silo) request(m *message, to, from string) transaction.LocalRequest {
	r := transaction.LocalRequest{Method: "MESSAGE", URI: to, To: "<" + to + ">", CallID: m.callID, NextHop: s.outboundProxy,
		From: "<" + from + ">;tag=" + s.host.Transactions().NewTag()}
	if m.contentType != "" {
		r.Headers = "Content-Type: " + m.contentType + "\r\n"
	}
	if s.addContact != 0 {
		r.Headers += "Contact: <" + from + ">;msilo=yes\r\n"
	}
	return r
}

// send sends a request; c is the Call that asks, nil for none.
func (s *Silo) send(r *transaction.LocalRequest, c *module.Call) error {
	if u, err := sip.ParseURI(r.URI); err != nil || !u.IsSIP() && r.NextHop == "" {
		return errURI
	}
	if c != nil {
		r.Gen, r.By = c.Gen, c
	} else {
		r.Gen = s.host.Generation()
	}
	t, err := s.host.Transactions().Send(r, nil)
	if t != nil {
		t.Unref()
	}
	return err
}

// notify tells the sender of a message that it was stored.
func (s *Silo) notify(c *module.Call) {
	if s.fromAddress == nil || s.offlineText == nil || s.skipFlag >= 0 && c.Flags&(1<<s.skipFlag) != 0 {
		return
	}
	from := s.fromAddress.Eval(c)
	a, err := c.Msg.From()
	if err != nil {
		return
	}
	r := transaction.LocalRequest{Method: "MESSAGE", URI: strings.Clone(a.URI), To: "<" + a.URI + ">", NextHop: s.outboundProxy,
		From: "<" + from + ">;tag=" + s.host.Transactions().NewTag(), Body: s.offlineText.Eval(c)}
	if contacts, err := c.Msg.Contacts(); err == nil && s.useContact != 0 && len(contacts) > 0 {
		r.URI = strings.Clone(contacts[0].URI)
	}
	for _, t := range [...]module.Template{s.contactHeader, s.contentTypeHeader} {
		if t != nil {
			r.Headers += ended(t.Eval(c))
		}
	}
	if err := s.send(&r, c); err != nil {
		c.Log().Warn("m_store: the sender cannot be told", "uri", r.URI, "err", err)
	}
}

// remind runs every send_time: it sends the reminders that are due.
func (s *Silo) remind() {
	now := s.host.Clock().Now().Unix()
	where := []db.Cond{{Column: s.columns[colSend], Op: db.NotEqual, Value: int64(0)}, {Column: s.columns[colSend], Op: db.LessEqual, Value: now}}
	rows, err := db.Rows(context.Background(), s.database, db.Query{Table: s.table, Columns: s.columns[:s.used()], Where: where, OrderBy: s.columns[colID]})
	if err != nil {
		s.log.Error("reminders cannot be read", "err", err)
		return
	}
	for _, row := range rows {
		m := readRow(row)
		owner := "sip:" + m.user + "@" + m.host
		r := s.request(&m, owner, s.reminder)
		r.Body = s.text("Reminder", &m, time.Unix(m.send, 0))
		s.deliver(&m, r, nil)
	}
}
