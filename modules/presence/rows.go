// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/sip"
)

// Versions of the tables, as Kamailio 5.6 makes them.
const (
	versionPresentity     = 5
	versionActiveWatchers = 12
	versionWatchers       = 3
)

// subscriptionColumns are those of active_watchers, in the order of row.
var subscriptionColumns = []string{"presentity_uri", "watcher_username", "watcher_domain", "to_user", "to_domain", "event", "event_id", "to_tag",
	"from_tag", "callid", "local_cseq", "remote_cseq", "contact", "record_route", "expires", "status", "reason", "version", "socket_info",
	"local_contact", "from_user", "from_domain", "updated", "updated_winfo", "flags", "user_agent"}

// subscriptionKeys are its unique index.
var subscriptionKeys = []string{"callid", "to_tag", "from_tag"}

// fields is the subscription for its table. The lock is held.
func (s *subscription) fields() []db.Value {
	socket := ""
	if s.socket != nil {
		socket = s.socket.Text
	}
	return []db.Value{s.of.URI, s.watcherUser, s.watcherDomain, s.toUser, s.toDomain, s.of.Event.Name, s.eventID, s.toTag,
		s.fromTag, s.callID, int64(s.localCSeq), int64(s.remoteCSeq), s.contact, recordRoute(s.routes), s.expires, int64(s.status), s.reason, int64(s.version), socket,
		s.localContact, s.fromUser, s.fromDomain, int64(-1), int64(-1), int64(s.flags), s.userAgent}
}

// The lengths that the columns of the tables have room for.
const (
	maxUser = 64
	maxTag  = 128
	maxText = 255
)

// fits tells whether the tables have room for the subscription.
func (s *subscription) fits() bool {
	for _, text := range []string{s.fromUser, s.fromDomain, s.toUser, s.toDomain, s.watcherUser, s.watcherDomain, s.of.User, s.of.Domain, s.eventID} {
		if len(text) > maxUser {
			return false
		}
	}
	return len(s.contact) <= maxText && len(s.callID) <= maxText && len(s.fromTag) <= maxTag && len(s.toTag) <= maxTag && len(s.of.URI) <= maxText && len(s.routes) <= maxRoutes
}

// maxRoutes is the longest route set that is kept.
const maxRoutes = 16 << 10

// recordRoute is a route set as the table has it, readRoutes the reverse.
func recordRoute(routes string) string { return joinRoutes(routes, ",") }

func readRoutes(column string) string { return joinRoutes(column, ", ") }

func joinRoutes(list, separator string) string {
	var routes []string
	for value, rest, ok := sip.NextListValue(list); ok; value, rest, ok = sip.NextListValue(rest) {
		routes = append(routes, value)
	}
	return strings.Join(routes, separator)
}

// readSubscription makes a subscription of a row; its presentity is of. The
// Event of a row is looked for first.
func (p *Presence) readSubscription(row []db.Value) (Presentity, *subscription) {
	text := func(i int) string { return db.Text(row[i]) }
	number := func(i int) int64 { n, _ := db.Int(row[i]); return n }
	who := Presentity{URI: text(0), Event: p.Event(text(5))}
	return who, &subscription{watcherUser: text(1), watcherDomain: text(2), toUser: text(3), toDomain: text(4), eventID: text(6), toTag: text(7), fromTag: text(8),
		callID: text(9), localCSeq: uint32(number(10)), remoteCSeq: uint32(number(11)), contact: text(12), routes: readRoutes(text(13)), expires: number(14),
		status: Status(number(15)), reason: text(16), version: int(number(17)), socket: p.host.Transport().SocketByText(text(18)), localContact: text(19),
		fromUser: text(20), fromDomain: text(21), flags: int(number(24)), userAgent: text(25), stored: true,
		sees: Status(number(15)) == Active && text(16) != politeBlock}
}
