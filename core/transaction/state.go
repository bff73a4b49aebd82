// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/transport"
)

// Target is one destination of a request: a member of its target set
// (RFC 3261 16.5), later a branch of its transaction.
type Target struct {
	// URI is the Request-URI ($ru, $branch(uri)).
	URI string
	// DstURI is the next hop where it is not URI ($du); empty for none.
	DstURI string
	// Path is the Route header value that a Path registration asks for
	// (RFC 3327), without the header name; empty for none.
	Path string
	// Socket is the socket to send from ($fs); nil lets the transport choose.
	Socket *transport.Socket
	// Conn is the stream connection that the target was registered over; 0
	// for none.
	Conn transport.ConnID
	// Q is the priority in thousandths, 0 to 1000; QUnset when not given.
	Q int16
	// Flags are the branch flags (setbflag), bit 0 to 31.
	Flags uint32
	// RegID and Instance are the RFC 5626 identity of the contact.
	RegID    int
	Instance string
	// RUID is the record unique id of the location entry that the target
	// came from.
	RUID string
	// UserAgent is the User-Agent that registered the contact.
	UserAgent string
	// OriginalURI is the Contact as registered where received was used.
	OriginalURI string
}

// QUnset is the Q of a target without a q parameter.
const QUnset int16 = -1

// State is what a script builds up while it handles a message, and what the
// transaction of that message keeps for its later routes.
type State struct {
	// Target is the main branch; Target.URI is the Request-URI of the request
	// until a script sets another.
	Target Target
	// Branches are the further members of the target set (append_branch,
	// lookup), not the main one.
	Branches []Target
	// Flags are the message flags (setflag), bit 0 to 31.
	Flags uint32
	// ReplyNoConnect and ReplyClose are set_reply_no_connect and
	// set_reply_close; ForwardNoConnect and ForwardClose their kin.
	ReplyNoConnect, ReplyClose, ForwardNoConnect, ForwardClose bool
	// RecordRouted tells that Record-Route was added to the request.
	RecordRouted bool
	// RouteParams are the parameters, each with its semicolon, that
	// add_rr_param wants in Record-Route; a branch route adds to its branch's.
	RouteParams string
	// AddLocalRport puts rport into the own Via (add_local_rport).
	AddLocalRport bool
	// AdvertisedHost and AdvertisedPort stand in Via and Record-Route instead
	// of the socket's (set_advertised_address, set_advertised_port).
	AdvertisedHost string
	AdvertisedPort int
	// AVPs, XAVPs, XAVUs and XAVIs are the attribute-value pairs of the
	// transaction, of its message before it exists.
	AVPs                avp.List
	XAVPs, XAVUs, XAVIs avp.Tree
}
