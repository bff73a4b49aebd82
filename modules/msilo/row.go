// SPDX-License-Identifier: Apache-2.0

package msilo

import (
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/sip"
)

// tableVersion is that of the table silo.
const tableVersion = 8

// The columns.
const (
	colID = iota
	colFrom
	colTo
	colUser
	colHost
	colBody
	colType
	colExpires
	colReceived
	colSend
	colHeaders
	colCallID
	colStatus
	colCount
)

// columns are the parameters that name them, with their defaults.
var columns = [colCount]struct{ param, name, what string }{
	colID:       {"sc_mid", "id", "the number of the message, which the database gives"},
	colFrom:     {"sc_from", "src_addr", "the URI of the sender"},
	colTo:       {"sc_to", "dst_addr", "the URI in To"},
	colUser:     {"sc_uri_user", "username", "the user part of the owner"},
	colHost:     {"sc_uri_host", "domain", "the host part of the owner"},
	colBody:     {"sc_body", "body", "the body"},
	colType:     {"sc_ctype", "ctype", "the content type"},
	colExpires:  {"sc_exp_time", "exp_time", "the time at which the message expires, in seconds since 1970"},
	colReceived: {"sc_inc_time", "inc_time", "the time at which it came"},
	colSend:     {"sc_snd_time", "snd_time", "the time at which it is sent as a reminder; 0 for a message that waits for its owner"},
	colHeaders:  {"sc_stored_hdrs", "extra_hdrs", "further header fields"},
	colCallID:   {"sc_callid", "callid", "the Call-ID that the message came with, with use_mode 1"},
	colStatus:   {"sc_status", "status", "the state of the message, which is written as 0"},
}

// message is a row.
type message struct {
	id                      int64
	from, to                string // URIs
	user, host              string // of the owner
	body, contentType       string
	headers                 string // with their line ends
	callID                  string
	expires, received, send int64 // seconds since 1970
}

// used are how many of the columns are written and read: without use_mode those
// that tables of every release have.
func (s *Silo) used() int {
	if s.keepCallID != 0 {
		return colCount
	}
	return colCallID
}

// insertRow returns columns and values of a new row; the database gives the first.
func (s *Silo) insertRow(m *message) ([]string, []db.Value) {
	row := [colCount]db.Value{colFrom: m.from, colTo: m.to, colUser: m.user, colHost: m.host, colBody: []byte(m.body), colType: m.contentType,
		colExpires: m.expires, colReceived: m.received, colSend: m.send, colHeaders: m.headers, colCallID: m.callID, colStatus: int64(0)}
	return s.columns[1:s.used()], row[1:s.used()]
}

// readRow reads a row with the columns that are used.
func readRow(row []db.Value) message {
	number := func(i int) int64 {
		n, _ := db.Int(row[i])
		return n
	}
	m := message{id: number(colID), from: db.Text(row[colFrom]), to: db.Text(row[colTo]), user: db.Text(row[colUser]), host: db.Text(row[colHost]),
		body: db.Text(row[colBody]), contentType: db.Text(row[colType]), headers: db.Text(row[colHeaders]),
		expires: number(colExpires), received: number(colReceived), send: number(colSend)}
	if len(row) > colCallID {
		m.callID = db.Text(row[colCallID])
	}
	return m
}

// maxType is the size of the column for the content type, in bytes.
const maxType = 32

// storedType is the content type as the table has it: with its parameters where
// they fit.
func storedType(value string) string {
	if len(value) <= maxType {
		return value
	}
	return bareType(value)
}

func bareType(value string) string {
	value, _, _ = strings.Cut(value, ";")
	return strings.TrimSpace(value)
}

// ownHeaders are the header fields of a message that are kept with it: those whose
// names begin with X- or P-.
func ownHeaders(m *sip.Message) string {
	var b strings.Builder
	for i := range m.NumHeaders() {
		h := m.Header(i)
		if len(h.Name) > 2 && h.Name[1] == '-' && (h.Name[0]|0x20 == 'x' || h.Name[0]|0x20 == 'p') {
			b.WriteString(h.Name + ": " + h.Value + "\r\n")
		}
	}
	return b.String()
}

// ended is header fields with the line end that the last one may lack.
func ended(headers string) string {
	if headers != "" && !strings.HasSuffix(headers, "\n") {
		return headers + "\r\n"
	}
	return headers
}

// parseSendTime reads YYYYMMDDHHMMSS in local time.
func parseSendTime(text string) (time.Time, error) {
	return time.ParseInLocation("20060102150405", text, time.Local)
}
