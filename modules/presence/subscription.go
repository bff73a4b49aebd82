// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"strings"

	"github.com/kahea-sip/kahea/core/transport"
)

// subscription is the dialog in which a watcher is told of a presentity (RFC
// 6665 4.2). Its tag is from, as in Kamailio's tables: From is the watcher.
type subscription struct {
	of *presentity

	// Fixed.
	callID, fromTag, toTag string
	eventID                string
	fromUser, fromDomain   string // From of its SUBSCRIBE
	toUser, toDomain       string
	watcherUser            string // who watches, mostly From
	watcherDomain          string

	place int // guarded by of.mu, as all below

	contact      string // the remote target
	routes       string
	localContact string
	socket       *transport.Socket
	userAgent    string
	remoteCSeq   uint32
	localCSeq    uint32
	expires      int64 // seconds since the epoch
	status       Status
	reason       string
	view         View
	sees         bool // it may see what is published, in its view
	version      int  // NOTIFYs so far
	// seen is the change of the presentity up to which the watcher was told, or
	// is about to be.
	seen  uint64
	flags int

	// due is what a NOTIFY is owed for; way is the one on its way, nil for none,
	// and queued tells that the notifier has the subscription in its list.
	due    due
	way    *notice
	queued bool
	// since is the turn of the presentity of which the change is that is due.
	since uint64
	// unreached tells that a NOTIFY could not be sent, and none was answered since.
	unreached bool
	// news are the watchers that a NOTIFY about watchers tells of; with full
	// they are all that there are.
	news []change
	full bool

	// judged tells that view is known.
	judged bool
	// listed tells that the store will write it; stored that it has a row.
	listed, stored bool
}

// due says what a NOTIFY is for.
type due uint8

const (
	// dueChange: what is published has changed.
	dueChange due = 1 << iota
	// dueAll: the watcher has asked, and gets the whole state.
	dueAll
	// dueEnd: the subscription ends.
	dueEnd
)

func (s *subscription) id() dialogID { return dialogID{s.callID, s.fromTag, s.toTag} }

// settle takes over what a Policy says of the subscription. The lock is held.
func (s *subscription) settle(j Judgement) {
	s.status, s.reason, s.view, s.judged = j.Status, strings.Clone(j.Reason), j.View, true
	s.sees = j.Status == Active && j.Reason != politeBlock
}

// release lets go of the NOTIFY on its way: the watcher has asked anew, perhaps from
// another contact, and is told at once (RFC 6665 4.2.1.1). How that one ends says
// nothing of the subscription any more. The lock is held.
func (s *subscription) release() {
	if n := s.way; n != nil && n.due&dueChange != 0 && len(s.of.missed) > 0 {
		s.restore(n)
	}
	s.way = nil
}

// restore makes due again what a NOTIFY was sent for that nobody has received. The
// lock is held.
func (s *subscription) restore(n *notice) {
	if n.due&dueChange != 0 {
		s.since = min(s.since, n.since)
	}
	s.due |= n.due
}

// end makes the next NOTIFY the last one. The lock is held.
func (s *subscription) end(reason string) { s.status, s.reason = Terminated, reason }

// politeBlock is the reason of an active subscription that is let believe that it
// sees all, and sees nothing.
const politeBlock = "polite-block"

// left is the lifetime that is left, in seconds.
func (s *subscription) left(now int64) int64 { return max(s.expires-now, 0) }

// uri is the watcher's.
func (s *subscription) uri() string { return joinURI(s.watcherUser, s.watcherDomain) }

// watcher is the subscription as event packages see it. The lock is held.
func (s *subscription) watcher() Watcher {
	return Watcher{URI: s.uri(), User: s.watcherUser, Domain: s.watcherDomain, Version: s.version, Status: s.status, Reason: s.reason,
		CallID: s.callID, FromTag: s.fromTag, ToTag: s.toTag, UserAgent: s.userAgent}
}
