// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
)

// branchSelect is branch.count, and branch.uri, branch.q and branch.dst_uri of
// all further branches, joined by commas.
func branchSelect(rest []word) (getter, error) {
	if len(rest) > 1 && rest[0].name == "uri" {
		// As in Kamailio: the list is no URI that has parts. What is no part is a mistake all the same.
		return uriSelect(func(*module.Call) string { return "" }, rest[1:])
	}
	return only(rest, map[string]getter{
		"count":   func(c *module.Call) module.Value { return number(len(c.Branches)) },
		"uri":     ofBranches(func(b []byte, t *transaction.Target) []byte { return append(b, t.URI...) }),
		"dst_uri": ofBranches(func(b []byte, t *transaction.Target) []byte { return append(b, t.DstURI...) }),
		"q": ofBranches(func(b []byte, t *transaction.Target) []byte {
			if t.Q == transaction.QUnset {
				return b
			}
			return appendQ(b, int(t.Q))
		}),
	})
}

func ofBranches(part func(b []byte, t *transaction.Target) []byte) getter {
	return func(c *module.Call) module.Value {
		list := build(c, func(b []byte) []byte {
			for i := range c.Branches {
				if i > 0 {
					b = append(b, ',')
				}
				b = part(b, &c.Branches[i])
			}
			return b
		})
		return orNull(list.Str)
	}
}
