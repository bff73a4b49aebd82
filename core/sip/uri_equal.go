// SPDX-License-Identifier: Apache-2.0

package sip

// Equal compares by RFC 3261 19.1.4 (sip, sips) and RFC 3966 4 (tel); other schemes byte by byte.
func (u *URI) Equal(v *URI) bool { return false }

// URIsEqual parses and compares two URIs; two texts that are the same byte by byte are equal even when they are no URIs.
func URIsEqual(a, b string) bool { return false }
