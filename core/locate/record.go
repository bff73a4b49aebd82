// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"context"
	"net/netip"
	"time"

	"github.com/miekg/dns"
)

// Type is the type of a DNS record.
type Type uint16

// The types that a Locator asks for.
const (
	A     = Type(dns.TypeA)
	AAAA  = Type(dns.TypeAAAA)
	SRV   = Type(dns.TypeSRV)
	NAPTR = Type(dns.TypeNAPTR)
	PTR   = Type(dns.TypePTR)
)

// String is the name of the type ("SRV").
func (t Type) String() string { return dns.Type(t).String() }

// Record is a DNS record of any of the types; each uses some of the fields.
type Record struct {
	// TTL is how long the record may be kept.
	TTL time.Duration
	// Addr is the address of A and AAAA.
	Addr netip.Addr
	// Name is the target of SRV, the replacement of NAPTR, the name of PTR,
	// without the final dot; empty for the root.
	Name string
	// Priority and Weight and Port are those of SRV; Priority is the Order
	// and Weight the Preference of NAPTR.
	Priority, Weight, Port uint16
	// Service, Flags and Regexp are those of NAPTR.
	Service, Flags, Regexp string
}

// Resolver answers one question of the DNS. It follows CNAME records itself
// and returns at least one record of type t or an error: ErrNotFound if there
// is none, another if it could not find out. Name has no final dot. Safe for
// concurrent use.
type Resolver interface {
	Resolve(ctx context.Context, name string, t Type) ([]Record, error)
}
