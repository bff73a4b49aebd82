// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"errors"
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// Contact is a contact binding of an AOR (RFC 3261 10). The store fills one for
// who reads and takes one from who writes; its strings are then views of the
// store, valid until Unlock, but for UserAgent, which lives on.
type Contact struct {
	// URI is the contact address as registered.
	URI string
	// Received is the URI of the place where the REGISTER came from, where it
	// differs from URI (NAT); Path the Path value (RFC 3327). Empty for none.
	Received, Path string
	// CallID and CSeq are those of the last REGISTER.
	CallID string
	CSeq   uint32
	// UserAgent is the User-Agent of the last REGISTER.
	UserAgent string
	// Instance and RegID are the identity by RFC 5626; Instance with its angle
	// brackets, "" and 0 for none.
	Instance string
	RegID    uint32
	// RUID is the record unique id where another server or an earlier run gave
	// it; else it is made of Serial. See AppendRUID.
	RUID string
	// Serial is the number of the record in this run, set by Insert.
	Serial uint64
	// Socket is the one that the REGISTER came by, nil when unknown, and Conn
	// its stream connection.
	Socket *transport.Socket
	Conn   transport.ConnID
	// Expires and Modified are times in seconds since the epoch; Expires 0 is
	// never.
	Expires, Modified int64
	// Q is the priority in thousandths or sip.QUnset.
	Q int
	// Flags are the store's own flags, CFlags the branch flags (setbflag).
	Flags, CFlags uint32
	// Methods is what the contact allows; AllMethods when it did not say.
	Methods sip.Method
	// ServerID is server_id of the server that took the REGISTER.
	ServerID int
	// Keepalive is when it last answered a keepalive, in seconds since the
	// epoch, and Roundtrip how long that took in microseconds.
	Keepalive int64
	Roundtrip uint32
	// XAVPs are the attributes of xavp_contact; nil for none. Not to be
	// changed.
	XAVPs *avp.Tree

	// streamed tells that the row of the contact names the socket of a stream.
	streamed bool

	store *store
	state state
}

// AllMethods is the Methods of a contact that did not say what it allows.
const AllMethods = ^sip.Method(0)

// Expired reports whether the binding is over at a time in seconds since the
// epoch.
func (c *Contact) Expired(now int64) bool { return c.Expires != 0 && c.Expires <= now }

// AppendRUID appends the record unique id: "uloc-", start time and a
// random number of the server and the number of the record, in hexadecimal.
func (c *Contact) AppendRUID(dst []byte) []byte {
	if c.RUID != "" {
		return append(dst, c.RUID...)
	}
	if c.store == nil {
		return dst
	}
	return strconv.AppendUint(append(dst, c.store.prefix...), c.Serial, 16)
}

// serial reads an id that AppendRUID made.
func (s *store) serial(ruid string) (n uint64, ok bool) {
	if len(ruid) <= len(s.prefix) || ruid[:len(s.prefix)] != s.prefix {
		return 0, false
	}
	n, err := strconv.ParseUint(ruid[len(s.prefix):], 16, 64)
	return n, err == nil && n != 0
}

// Errors of Insert and Update.
var (
	// ErrTooLong: a text of the contact is longer than 65535 bytes.
	ErrTooLong = errors.New("the contact is too long to be stored")
)

const maxText = 1<<16 - 1
