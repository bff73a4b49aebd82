// SPDX-License-Identifier: Apache-2.0

package msilo

import (
	"slices"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// dump is m_dump([owner]).
func (s *Silo) dump(c *module.Call, a module.Args) module.Result {
	owner := a.Str(0)
	if !a[0].Given {
		to, err := c.Msg.To()
		if err != nil {
			return c.Fail("m_dump", errTo)
		}
		owner = to.URI
	}
	if c.Msg.Method == sip.MethodRegister && !registers(c.Msg) {
		return module.False
	}
	u, err := c.ParseURI(owner)
	if err != nil || u.User == "" {
		return c.Fail("m_dump", errOwner)
	}
	user, host := strings.Clone(u.User), strings.Clone(u.Host)
	var rows [][]db.Value
	c.Block(func() {
		rows, err = db.Rows(c.Context(), s.database, db.Query{Table: s.table, Columns: s.columns[:s.used()], OrderBy: s.columns[colID],
			Where: append(s.inbox(user, host), db.Is(s.columns[colSend], int64(0)))})
	})
	if err != nil {
		return c.Fail("m_dump", err)
	}
	extra := ""
	if s.extraHeaders != nil {
		extra = ended(s.extraHeaders.Eval(c))
	}
	for _, row := range rows {
		m := readRow(row)
		s.deliver(&m, s.offline(&m, extra), c)
	}
	return module.True
}

// registers tells whether a REGISTER brings a Contact that stays.
func registers(m *sip.Message) bool {
	contacts, err := m.Contacts()
	if err != nil {
		return false
	}
	all, err := m.Expires()
	none := err == nil && all == 0 && m.HasHeader(sip.HeaderExpires)
	return slices.ContainsFunc(contacts, func(k sip.Contact) bool {
		if k.HasExpires {
			return k.Expires > 0
		}
		return !k.Star && !none
	})
}

// offline is the request for a message that waited.
func (s *Silo) offline(m *message, extra string) transaction.LocalRequest {
	r := s.request(m, m.to, m.from)
	came := time.Unix(m.received, 0)
	r.Headers = "Date: " + came.UTC().Format(http) + "\r\n" + r.Headers + extra + ended(m.headers)
	r.Body = s.text("Offline", m, came)
	return r
}

// http is the form of Date (RFC 3261 20.17).
const http = "Mon, 02 Jan 2006 15:04:05 GMT"

// text is the body of a message. A plain text has a time in front of it with
// add_date; others would become unreadable by it.
func (s *Silo) text(kind string, m *message, at time.Time) string {
	if s.addDate == 0 || !strings.EqualFold(bareType(m.contentType), "text/plain") {
		return m.body
	}
	return "[" + kind + " message - " + at.In(time.Local).Format(time.ANSIC) + "] " + m.body
}
