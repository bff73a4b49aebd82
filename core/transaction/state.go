// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/sip"
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
	// TargetUsed tells that a request was sent to Target already: a failure
	// route sends it there again only after the script set a URI (or Target
	// differs from what it was) or took it as a branch.
	TargetUsed bool
	// Dropped is what the main branch was when the script cleared the target
	// set: it is none of it until the script sets a URI.
	Dropped HopURIs
	// Branches are the further members of the target set (append_branch,
	// lookup), not the main one.
	Branches []Target
	// Flags are the message flags (setflag), bit 0 to 31.
	Flags uint32
	// XFlags are the extended message flags (setxflag), bit 0 to 63.
	XFlags uint64
	// Internal are the flags of msg_iflag_set.
	Internal InternalFlag
	// ServerID names how a connection of a secure protocol is secured that the
	// request opens (tls_set_connect_server_id); empty for none.
	ServerID string
	// CSeqShift is added to the CSeq number of what is sent from now on, and
	// taken off that of its replies: dialog sets it where a request that
	// answers a challenge took a number of its own.
	CSeqShift uint32
	// ReplyNoConnect and ReplyClose are set_reply_no_connect and
	// set_reply_close; ForwardNoConnect and ForwardClose their kin.
	ReplyNoConnect, ReplyClose, ForwardNoConnect, ForwardClose bool
	// UseConn sends requests over Target.Conn, wherever it leads, as long as it
	// is open (tcp_set_otcpid_flag).
	UseConn bool
	// OwnRoute are the URI parameters of the Route that named this server,
	// once loose_route followed it; RoutedNext tells that another Route names
	// the next hop.
	OwnRoute   string
	RoutedNext bool
	// LargeProto is the protocol for this request when it is larger than
	// udp_mtu (udp_mtu_try_proto); ProtoNone leaves what the parameter says.
	LargeProto transport.Proto
	// RecordRouted tells that Record-Route was added to the request.
	RecordRouted bool
	// RouteParams are the parameters, each with its semicolon, that
	// add_rr_param wants in Record-Route; a branch route adds to its branch's.
	RouteParams string
	// ViaParams are parameters of the own Via that the script added, each with
	// its semicolon.
	ViaParams string
	// ViaFromXAVP adds the fields of the list that xavp_via_params names to the
	// own Via, AddressFromXAVP takes its address and port from the list that
	// xavp_via_fields names.
	ViaFromXAVP, AddressFromXAVP bool
	// AddLocalRport puts rport into the own Via (add_local_rport).
	AddLocalRport bool
	// AdvertisedHost and AdvertisedPort stand in Via and Record-Route instead
	// of the socket's (set_advertised_address, set_advertised_port).
	AdvertisedHost string
	AdvertisedPort int
	// ReplyHeaders are complete header fields, each with its CRLF, for replies
	// of our own (append_to_reply).
	ReplyHeaders string
	// ReplyContentType and ReplyBody are the body of such replies
	// (set_reply_body).
	ReplyContentType, ReplyBody string
	// Plan is what the script asked of the transaction, before or after it
	// exists.
	Plan Plan
	// Err is the last error of a function that sends, for sl_reply_error.
	Err *Error
	// Authorized is the user name of the credentials that auth has found
	// right, empty for none; AuthorizedRealm their realm, and AuthorizedBy the
	// header that they stood in.
	Authorized, AuthorizedRealm string
	AuthorizedBy                sip.HeaderType
	// Dialog is the dialog that the request belongs to, which the module dialog
	// keeps here; nil for none.
	Dialog any
	// AVPs, XAVPs, XAVUs and XAVIs are the attribute-value pairs of the
	// transaction, of its message before it exists.
	AVPs                avp.List
	XAVPs, XAVUs, XAVIs avp.Tree
}

// InternalFlag is what modules tell each other of a request.
type InternalFlag uint8

// The internal flags. An ACK or CANCEL is always made of the request as it was
// sent, which is what UseUACFrom and UseUACTo ask for.
const (
	// UseUACFrom and UseUACTo: the script changed From or To.
	UseUACFrom InternalFlag = 1 << iota
	UseUACTo
	// UACAuth: the request answers a challenge.
	UACAuth
)

// Route is a route of the configuration that the transaction began with; the
// scripts know which. 0 is none.
type Route int32

// Plan is what a script asks of a transaction. Times are in milliseconds; 0
// takes the setting.
type Plan struct {
	OnFailure, OnBranch, OnReply, OnBranchFailure Route

	FR, FRInv         int32
	MaxInv, MaxNonInv int32
	Retr1, Retr2      int32

	// Auto100 and Disable6xx override the settings with these names.
	Auto100, Disable6xx Switch
	// NoFailover forbids DNS failover.
	NoFailover bool
	// NoInternalReply forbids replies about relay errors.
	NoInternalReply bool
	// NoCancelReason keeps the Reason of a received CANCEL to ourselves.
	NoCancelReason bool
	// NoAutoACK leaves the ACK for a 2xx to a local INVITE to the script.
	NoAutoACK bool
}

// Switch overrides a setting.
type Switch int8

// The switches.
const (
	Unset Switch = iota
	Off
	On
)

// Of returns On for true.
func Of(on bool) Switch {
	if on {
		return On
	}
	return Off
}

// or returns the switch, or what the setting says.
func (s Switch) or(setting int64) bool {
	if s == Unset {
		return setting != 0
	}
	return s == On
}

// Reset empties the state and keeps its memory.
func (s *State) Reset() {
	s.AVPs.Reset()
	s.XAVPs.Reset()
	s.XAVUs.Reset()
	s.XAVIs.Reset()
	clear(s.Branches)
	*s = State{AVPs: s.AVPs, XAVPs: s.XAVPs, XAVUs: s.XAVUs, XAVIs: s.XAVIs, Branches: s.Branches[:0]}
	s.Target.Q = QUnset
}
