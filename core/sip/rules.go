// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"bytes"
	"net/netip"
	"strconv"
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
	// IPv6 is the form of IPv6 addresses that are written.
	IPv6 IPv6Form
}

// IPv6Form is the form of the text of IPv6 addresses (ipv6_hex_style).
type IPv6Form uint8

// The forms: RFC 5952, all eight groups, all eight groups in capitals.
const (
	IPv6Compact IPv6Form = iota
	IPv6Full
	IPv6Capitals
)

// AppendAddr appends an address in the form that the operator wants.
func AppendAddr(dst []byte, a netip.Addr) []byte {
	r := rules.Load()
	if r == nil || r.IPv6 == IPv6Compact || !a.Is6() || a.Is4In6() {
		return a.AppendTo(dst)
	}
	from := len(dst)
	b := a.As16()
	for i := 0; i < len(b); i += 2 {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = strconv.AppendUint(dst, uint64(b[i])<<8|uint64(b[i+1]), 16)
	}
	if r.IPv6 == IPv6Capitals {
		copy(dst[from:], bytes.ToUpper(dst[from:]))
	}
	if zone := a.Zone(); zone != "" {
		dst = append(append(dst, '%'), zone...)
	}
	return dst
}

// AppendHost appends an address as the host of a URI: IPv6 in brackets, without its zone.
func AppendHost(dst []byte, a netip.Addr) []byte {
	if a = a.Unmap().WithZone(""); a.Is4() {
		return AppendAddr(dst, a)
	}
	return append(AppendAddr(append(dst, '['), a), ']')
}

// AppendAddrPort appends an address, IPv6 in brackets, and a port.
func AppendAddrPort(dst []byte, a netip.AddrPort) []byte {
	if !a.Addr().Is6() {
		return a.AppendTo(dst)
	}
	dst = append(AppendAddr(append(dst, '['), a.Addr()), "]:"...)
	return strconv.AppendUint(dst, uint64(a.Port()), 10)
}

// AddrText is AppendAddr as a string.
func AddrText(a netip.Addr) string { return string(AppendAddr(nil, a)) }

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
