// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// Versions of the tables, as Kamailio 5.6 makes them.
const (
	versionDialog = 7
	versionVars   = 1
)

// columns are the names of tables and columns.
type columns struct {
	table, entry, id, callID         string
	fromURI, fromTag, toURI, toTag   string
	fromCSeq, toCSeq                 string
	fromRoute, toRoute               string
	fromContact, toContact           string
	fromSocket, toSocket             string
	state, start, timeout            string
	sflags, timeoutRoute             string
	varsTable, varsEntry, varsID     string
	varsKey, varsValue               string
	iflags, requestURI, furtherValue string
}

func newColumns() columns {
	return columns{table: "dialog", entry: "hash_entry", id: "hash_id", callID: "callid", fromURI: "from_uri", fromTag: "from_tag", toURI: "to_uri", toTag: "to_tag",
		fromCSeq: "caller_cseq", toCSeq: "callee_cseq", fromRoute: "caller_route_set", toRoute: "callee_route_set", fromContact: "caller_contact",
		toContact: "callee_contact", fromSocket: "caller_sock", toSocket: "callee_sock", state: "state", start: "start_time", timeout: "timeout", sflags: "sflags",
		timeoutRoute: "toroute_name", varsTable: "dialog_vars", varsEntry: "hash_entry", varsID: "hash_id", varsKey: "dialog_key", varsValue: "dialog_value",
		iflags: "iflags", requestURI: "req_uri", furtherValue: "xdata"}
}

// columnParam is a parameter that names a table or a column.
type columnParam struct {
	param string
	name  *string
	doc   string
}

func (n *columns) params() []columnParam {
	return []columnParam{
		{"table_name", &n.table, "table of dialogs"}, {"h_entry_column", &n.entry, "column of h_entry"}, {"h_id_column", &n.id, "column of h_id"},
		{"call_id_column", &n.callID, "column of the Call-ID"}, {"from_uri_column", &n.fromURI, "column of the URI of the caller"},
		{"from_tag_column", &n.fromTag, "column of the tag of the caller"}, {"to_uri_column", &n.toURI, "column of the URI of the callee"},
		{"to_tag_column", &n.toTag, "column of the tag of the callee"}, {"from_cseq_column", &n.fromCSeq, "column of the last CSeq number of the caller"},
		{"to_cseq_column", &n.toCSeq, "column of the last CSeq number of the callee"}, {"from_route_column", &n.fromRoute, "column of the route set to the caller"},
		{"to_route_column", &n.toRoute, "column of the route set to the callee"}, {"from_contact_column", &n.fromContact, "column of the Contact of the caller"},
		{"to_contact_column", &n.toContact, "column of the Contact of the callee"}, {"from_sock_column", &n.fromSocket, "column of the socket to the caller"},
		{"to_sock_column", &n.toSocket, "column of the socket to the callee"}, {"state_column", &n.state, "column of the state"},
		{"start_time_column", &n.start, "column of the time of the answer"}, {"timeout_column", &n.timeout, "column of the time when the call ends"},
		{"sflags_column", &n.sflags, "column of the flags"}, {"toroute_name_column", &n.timeoutRoute, "column of the timeout route"},
		{"vars_table_name", &n.varsTable, "table of $dlg_vars"}, {"vars_h_id_column", &n.varsID, "column of h_id there"}, {"vars_h_entry_column", &n.varsEntry, "column of h_entry there"},
		{"vars_key_column", &n.varsKey, "column of the name of a variable"}, {"vars_value_column", &n.varsValue, "column of its value"},
	}
}

// all are the columns of a dialog, in the order of row.
func (n *columns) all() []string {
	return []string{n.entry, n.id, n.callID, n.fromURI, n.fromTag, n.toURI, n.toTag, n.fromCSeq, n.toCSeq, n.fromRoute, n.toRoute, n.fromContact, n.toContact,
		n.fromSocket, n.toSocket, n.state, n.start, n.timeout, n.sflags, n.iflags, n.timeoutRoute, n.requestURI, n.furtherValue}
}

func (n *columns) vars() []string { return []string{n.varsEntry, n.varsID, n.varsKey, n.varsValue} }

// key is the condition for the row of a dialog, keyOfVars that for its variables.
func (n *columns) key(entry, id uint32) []db.Cond {
	return []db.Cond{db.Is(n.entry, int64(entry)), db.Is(n.id, int64(id))}
}

func (n *columns) keyOfVars(entry, id uint32) []db.Cond {
	return []db.Cond{db.Is(n.varsEntry, int64(entry)), db.Is(n.varsID, int64(id))}
}

// further is the column xdata.
type further struct {
	Profiles []profileRow `json:"profiles"`
}

type profileRow struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
	// ID tells members of a profile apart.
	ID string `json:"puid"`
}

// row is the dialog for its table, in the order of columns.all. mu is held.
func (d *Dialog) row() []db.Value {
	x := further{Profiles: []profileRow{}}
	for i := len(d.profiles) - 1; i >= 0; i-- {
		p := &d.profiles[i]
		x.Profiles = append(x.Profiles, profileRow{p.profile.name, p.value, fmt.Sprintf("dlgp-%x-%x-%d", d.entry, d.id, i+1)})
	}
	text, _ := json.Marshal(x)
	timeout := int64(0)
	if d.lifeEnd != 0 {
		timeout = d.m.host.Clock().Now().Add(d.lifeEnd - d.m.now()).Unix()
	}
	number := func(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
	return []db.Value{int64(d.entry), int64(d.id), d.callID, d.fromURI, d.caller.tag, d.toURI, d.callee.tag, number(d.caller.cseq), number(d.callee.cseq),
		d.caller.routes, d.callee.routes, d.caller.contact, d.callee.contact, socketText(&d.caller), socketText(&d.callee),
		int64(d.state), d.answered / 1000, timeout, int64(d.sflags), int64(d.iflags), d.timeoutRoute, d.reqURI, string(text)}
}

// varRows are the variables for their table. mu is held.
func (d *Dialog) varRows() [][]db.Value {
	rows := make([][]db.Value, 0, len(d.vars))
	for i := len(d.vars) - 1; i >= 0; i-- {
		rows = append(rows, []db.Value{int64(d.entry), int64(d.id), d.vars[i].name, d.vars[i].value})
	}
	return rows
}

// read makes a dialog of a row; it is in no table yet.
func (m *Module) read(row []db.Value) (*Dialog, error) {
	number := func(i int) int64 { n, _ := db.Int(row[i]); return n }
	text := func(i int) string { return db.Text(row[i]) }
	d := &Dialog{m: m, entry: uint32(number(0)), id: uint32(number(1)), callID: text(2), fromURI: text(3), toURI: text(5), reqURI: text(21),
		sflags: uint32(number(18)), iflags: uint8(number(19)), stored: true, bound: true, gen: m.host.Generation()}
	state := State(number(15))
	if state != Answered && state != Confirmed {
		return nil, fmt.Errorf("its state is %d", state)
	}
	if d.callID == "" || d.entry != m.entryOf(d.callID) {
		return nil, fmt.Errorf("it was kept with another hash_size")
	}
	d.caller = leg{tag: text(4), contact: text(11), routes: text(9), cseq: uint32(number(7)), socket: m.host.Transport().SocketByText(text(13))}
	d.callee = leg{tag: text(6), contact: text(12), routes: text(10), cseq: uint32(number(8)), socket: m.host.Transport().SocketByText(text(14))}
	start, timeout := number(16), number(17)
	d.answered = start * 1000
	now, mono := m.host.Clock().Now(), m.now()
	d.created = now.UnixMilli()
	if timeout < start { // Kamailio has no time in it before the ACK
		timeout = start + int64(m.defaultTimeout)
	}
	d.lifetime = int(timeout - start)
	d.lifeEnd = mono + max(time.Unix(timeout, 0).Sub(now), 0)
	d.probed, d.reason = mono, "answered"
	if name := text(20); name != "" {
		if ref, ok := m.routeNamed(name); ok {
			d.timeoutRoute = ref
		} else {
			m.log.Warn("the timeout route of a dialog in the database is not there", "route", name, "call_id", d.callID)
		}
	}
	var x further
	if s := text(22); s != "" {
		if err := json.Unmarshal([]byte(s), &x); err != nil {
			m.log.Warn("the profiles of a dialog in the database cannot be read", "call_id", d.callID, "err", err)
		}
	}
	for _, at := range x.Profiles {
		if p := m.profiles[at.Name]; p != nil {
			d.enter(p, at.Value)
		}
	}
	d.dflags, d.state = 0, state // from now on it is one to be written
	return d, nil
}
