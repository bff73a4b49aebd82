// SPDX-License-Identifier: Apache-2.0

package pua

import "strings"

// identity names a publication or a subscription.
type identity struct {
	uri, id string
	event   int
	source  Source
	// watcher is the subscriber, empty for a publication; contact where his
	// SUBSCRIBE went first, where check_remote_contact has that count.
	watcher, contact string
}

// record is a publication that a server has accepted, or a subscription: a row
// of the table pua.
type record struct {
	identity
	// expires is when it ends unless it is renewed, desired until when it shall
	// be, in seconds since the epoch; desired 0 is for good.
	expires, desired int64
	headers, proxy   string
	version          int

	// Of a publication: its entity tag (RFC 3903), and the id of the tuple in
	// the documents that were sent.
	etag, tuple string
	// The last document is kept in memory for a server that has forgotten it,
	// or did not answer: then it is stale.
	contentType, body string
	stale             bool

	// Of a subscription: its dialog.
	ourContact, target, routes string
	callID, fromTag, toTag     string
	cseq                       uint32
}

// published says whether it is a publication.
func (r *record) published() bool { return r.watcher == "" }

// own copies what may belong to a message.
func (r *record) own() {
	for _, s := range []*string{&r.uri, &r.id, &r.watcher, &r.contact, &r.headers, &r.proxy, &r.etag, &r.tuple, &r.contentType, &r.body,
		&r.ourContact, &r.target, &r.routes, &r.callID, &r.fromTag, &r.toTag} {
		*s = strings.Clone(*s)
	}
}

// renewed says whether it shall go on beyond the time that the server gave, by
// more than min_expires.
func (m *Module) renewed(r *record) bool {
	return r.desired == 0 || r.desired > r.expires+int64(m.minExpires)
}

// wait is how many seconds from now somebody must look after a record.
func (m *Module) wait(r *record, now int64) int64 {
	left := r.expires - now
	switch {
	case r.stale:
		left = min(left, retryInterval)
	case m.updatePeriod > 0 && m.renewed(r):
		left -= min(int64(m.updatePeriod), left/2)
	}
	return max(left, 1)
}

// retryInterval is after how many seconds a state is sent again that nobody
// answered.
const retryInterval = 30

// period is how long before its end a record counts as due: update_period, or the
// default of it where that is turned off.
func (m *Module) period() int64 {
	if m.updatePeriod > 0 {
		return int64(m.updatePeriod)
	}
	return 100
}
