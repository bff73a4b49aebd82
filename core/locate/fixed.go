// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"context"
	"strings"
)

// Fixed is a Resolver that knows only what it holds, for tests: records by
// name and type, as in "example.com SRV". Names are in lower case. It must not
// be changed while it is in use.
type Fixed map[string][]Record

var _ Resolver = (Fixed)(nil)

// Resolve finds the records, or ErrNotFound.
func (f Fixed) Resolve(_ context.Context, name string, t Type) ([]Record, error) {
	r := f[strings.ToLower(name)+" "+t.String()]
	if len(r) == 0 {
		return nil, ErrNotFound
	}
	return r, nil
}
