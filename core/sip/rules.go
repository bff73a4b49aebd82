// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"strings"
	"sync/atomic"
)

// Rules are what an operator may change of how texts are read.
type Rules struct {
	// HostChars are signs that names of hosts may have besides letters, digits,
	// "-", "." and "_" (uri_host_extra_chars).
	HostChars string
	// PhoneParams leaves the parameters of a number in the user of a URI with
	// user=phone (phone2tel=0).
	PhoneParams bool
}

// rules are those of the process; nil are the usual ones.
var rules atomic.Pointer[Rules]

// SetRules gives the process its rules: once, before the first message.
func SetRules(r Rules) { rules.Store(&r) }

// extraHostChar tells whether a host may have a sign that is none of the usual.
func extraHostChar(c byte) bool {
	r := rules.Load()
	return r != nil && strings.IndexByte(r.HostChars, c) >= 0
}

// cutsPhoneParams tells whether the parameters of a number are cut off the user.
func cutsPhoneParams() bool {
	r := rules.Load()
	return r == nil || !r.PhoneParams
}
