// SPDX-License-Identifier: Apache-2.0

package siptrace

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

const (
	// tableVersion is that of the table sip_trace.
	tableVersion = 4
	// maxRows is how many rows may wait for the database.
	maxRows = 1 << 16
)

// The columns, in the order in which they are written.
const (
	colDate = iota
	colMicros
	colCallID
	colUser
	colMessage
	colMethod
	colStatus
	colFromIP
	colToIP
	colFromTag
	colToTag
	colDirection
	colCount
)

// columns are the names in the database.
type columns struct {
	table string
	names [colCount]string
}

func newColumns() columns {
	return columns{"sip_trace", [colCount]string{colDate: "time_stamp", colMicros: "time_us", colCallID: "callid", colUser: "traced_user",
		colMessage: "msg", colMethod: "method", colStatus: "status", colFromIP: "fromip", colToIP: "toip", colFromTag: "fromtag",
		colToTag: "totag", colDirection: "direction"}}
}

// store has the database take a message, once for each user.
func (s *SIPTrace) store(r *record) {
	m := r.msg
	if m == nil {
		m = messages.Get().(*sip.Message)
		defer messages.Put(m)
		if m.Parse(r.raw) != nil {
			s.failed.Inc()
			return
		}
	}
	table := s.columns.table
	if r.mark.table != "" {
		table = r.mark.table
	}
	users := r.mark.users
	if len(users) == 0 {
		users = []string{""}
	}
	for _, user := range users {
		if !s.queue.Insert(table, s.columns.names[:], row(r, m, user)) {
			s.failed.Inc()
			continue
		}
		s.traced.Inc()
	}
}

// row is what the database keeps; all texts are copies.
func row(r *record, m *sip.Message, user string) []db.Value {
	method, status, direction := m.MethodName, "", "in"
	if !m.IsRequest() {
		status = strconv.Itoa(m.Status)
		if q, err := m.CSeq(); err == nil {
			method = q.MethodName
		}
	}
	if r.method != "" {
		method = r.method
	}
	if r.out {
		direction = "out"
	}
	return []db.Value{
		colDate:      r.time,
		colMicros:    int64(r.time.Nanosecond() / 1000),
		colCallID:    strings.Clone(m.Value(sip.HeaderCallID)),
		colUser:      user,
		colMessage:   string(r.raw),
		colMethod:    strings.Clone(method),
		colStatus:    status,
		colFromIP:    place(r.proto, r.src),
		colToIP:      place(r.proto, r.dst),
		colFromTag:   strings.Clone(m.FromTag()),
		colToTag:     strings.Clone(m.ToTag()),
		colDirection: direction,
	}
}

// place is an address as columns and headers have it: udp:192.0.2.1:5060.
func place(p transport.Proto, a netip.AddrPort) string {
	a = netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	return p.String() + ":" + a.String()
}
