// SPDX-License-Identifier: Apache-2.0

package pua

import (
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// firstCSeq is the CSeq number of a first request.
const firstCSeq = 10

// transmit sends a request; answered is called once, with its final reply, and
// may wait.
func (m *Module) transmit(req *transaction.LocalRequest, answered func(reply)) {
	req.Headers, req.MaxForwards = "Max-Forwards: 70\r\n"+req.Headers, -1
	req.Gen, req.Events = m.host.Generation(), transaction.LocalDone
	req.Heard = func(n *transaction.Notice) {
		re := heard(n)
		// The lock of the transaction is held.
		m.host.Transactions().Go("pua", func() { answered(re) })
	}
	t, err := m.host.Transactions().Send(req, nil)
	if t != nil {
		t.Unref()
	}
	if err != nil {
		m.log.Error("a request cannot be sent", "method", req.Method, "uri", req.URI, "err", err)
		answered(reply{code: 500, reason: err.Error()})
	}
}

// fields are header fields.
type fields struct{ strings.Builder }

// add adds a field, unless it is empty.
func (f *fields) add(name, value string) {
	if value != "" {
		f.WriteString(name)
		f.WriteString(": ")
		f.WriteString(value)
		f.WriteString("\r\n")
	}
}

// with returns the fields with further ones behind them.
func (f *fields) with(further string) string {
	f.WriteString(further)
	if further != "" && !strings.HasSuffix(further, "\n") {
		f.WriteString("\r\n")
	}
	return f.String()
}

// checkURIs refuses what cannot stand in a request. The first one must be there.
func checkURIs(list ...string) error {
	for i, s := range list {
		if s == "" && i > 0 {
			continue
		}
		if u, err := sip.ParseURI(s); err != nil || !u.IsSIP() || strings.ContainsAny(s, "<>\" \t\r\n") {
			return fmt.Errorf("%q is no SIP URI", s)
		}
	}
	return nil
}
