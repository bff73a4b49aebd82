// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"sort"
	"sync"
	"time"
)

// Type is what the value of a parameter may be.
type Type uint8

// The types of parameters.
const (
	// Int is a number; yes and no count as 1 and 0.
	Int Type = iota
	// Bool is yes or no, or a number that is 0 or not.
	Bool
	// Text is a string in quotes.
	Text
	// Name is a string in quotes or a bare word.
	Name
	// Word is a bare word.
	Word
	// Host is an address or a host name, in quotes or not.
	Host
	// Address is an IP address without quotes.
	Address
	// Protocol is udp, tcp, tls or sctp.
	Protocol
	// Service is a number or one of the words IPTOS_…
	Service
	// Sockets is a list of addresses to listen on.
	Sockets
	// Names is a list of names by which the server is meant.
	Names
	// Block is a block of fields in braces.
	Block
)

var typeWords = [...]string{
	"a number", "yes or no", "a string in quotes", "a string or a word", "a word without quotes", "an address or a host name",
	"an IP address without quotes", "udp, tcp, tls or sctp", "a number or IPTOS_LOWDELAY, IPTOS_THROUGHPUT, IPTOS_RELIABILITY", "addresses", "names", "a block { … }",
}

// String gives the operator's words.
func (t Type) String() string { return typeWords[t] }

// Status tells what becomes of a parameter.
type Status uint8

const (
	// Served parameters have their effect.
	Served Status = iota
	// NoMeaning parameters are accepted with a notice: what they tune does not exist here.
	NoMeaning
	// Retired parameters are accepted with a warning: Kamailio itself ignores them.
	Retired
	// Missing parameters are refused, but for the value that asks for nothing.
	Missing
)

// Param is a core parameter.
type Param struct {
	Name    string
	Aliases []string
	Type    Type
	// Unit is the unit of a number; 0 where it has none.
	Unit time.Duration
	// UnitName is the unit in words; "" where there is none.
	UnitName string
	// Min and Max bound a number; both 0 means from 0 up.
	Min, Max int64
	// Default is the value that holds where the configuration says nothing.
	Default string
	Doc     string
	Status  Status
	// harmless is the number that a Missing parameter may have, harmlessText
	// the text.
	harmless     int64
	harmlessText string
	// at gives the field that the value goes to; nil for those that Apply handles by name.
	at func(*Settings) any
}

// Params gives all core parameters, sorted by name.
func Params() []*Param {
	all := table()
	out := make([]*Param, 0, len(all))
	for name, p := range all {
		if name == p.Name {
			out = append(out, p)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Lookup finds a parameter by its name or an alias; nil where there is none.
func Lookup(name string) *Param { return table()[name] }

// table has every parameter under its name and its aliases.
var table = sync.OnceValue(func() map[string]*Param {
	m := map[string]*Param{}
	for _, list := range [][]Param{processParams, logParams, networkParams, tcpParams, dnsParams, scriptParams, nothingParams, retiredParams, missingParams} {
		for i := range list {
			p := &list[i]
			m[p.Name] = p
			for _, a := range p.Aliases {
				m[a] = p
			}
		}
	}
	return m
})

// names lists all names and aliases, for advice.
func names() []string {
	all := table()
	out := make([]string, 0, len(all))
	for n := range all {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}
