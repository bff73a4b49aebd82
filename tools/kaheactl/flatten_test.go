// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
)

// object makes a structure of names and values.
func object(fields ...any) *module.Struct {
	s := &module.Struct{}
	for i := 0; i < len(fields); i += 2 {
		s.Add(fields[i].(string), fields[i+1])
	}
	return s
}

func TestFlatten(t *testing.T) {
	leg := func(tag string, cseq int) *module.Struct {
		return object("tag", tag, "cseq", cseq, "routes", module.List{"a", "b"})
	}
	long := strings.Repeat("x", 80)
	for _, row := range []struct {
		name string
		v    module.List
		want string
	}{
		{"a list within", module.List{
			object("set", 1, "dest", module.List{object("uri", "a", "attrs", object("weight", 5)), object("uri", "b")}),
			object("set", 2, "dest", module.List{object("uri", "c")}),
		}, `
SET  URI  WEIGHT
1    a    5
1    b
2    c
`},
		{"names that come twice", module.List{object("id", 1, "caller", leg("f", 1), "callee", leg("t", 0)), object("id", 2, "caller", leg("g", 3), "callee", leg("u", 4))}, `
ID  CALLER.TAG  CALLER.CSEQ  CALLER.ROUTES  CALLEE.TAG  CALLEE.CSEQ  CALLEE.ROUTES
1   f           1            a, b           t           0            a, b
2   g           3            a, b           u           4            a, b
`},
		{"an empty list within", module.List{object("slot", 1, "items", module.List{}), object("slot", 2, "items", module.List{object("k", "v")})}, `
SLOT  K
1
2     v
`},
		{"two lists within", module.List{
			object("id", 1, "a", module.List{object("x", 1), object("x", 2)}, "b", module.List{object("y", 1), object("y", 2)}),
		}, `
id  1
a:
  X
  1
  2
b:
  Y
  1
  2
`},
		{"lists of pairs", module.List{
			object("id", 1, "variables", module.List{object("gateway", "a"), object("customer", "x")}, "profiles", module.List{object("p", "1"), object("p", "2"), object("q", "3")}),
			object("id", 2, "variables", module.List{object("customer", "y"), object("gateway", "b")}, "profiles", module.List{}),
		}, `
ID  GATEWAY  CUSTOMER  P     Q
1   a        x         1, 2  3
2   b        y
`},
		{"too wide: what is the same stands above, what is not set nowhere", module.List{
			object("uri", "a", "x", object("socket", long, "path", "[not set]", "received", long)),
			object("uri", "b", "x", object("socket", long, "path", "[not set]", "received", long)),
		}, fmt.Sprintf(`
socket    %s
received  %s

URI
a
b
`, long, long)},
		{"too wide for that, too", module.List{
			object("a", long+"1", "x", object("b", long+"1", "c", long+"1")),
			object("a", long+"2", "x", object("b", long+"2", "c", long+"2")),
		}, fmt.Sprintf(`
a  %[1]s1
x:
  b  %[1]s1
  c  %[1]s1

a  %[1]s2
x:
  b  %[1]s2
  c  %[1]s2
`, long)},
	} {
		var b strings.Builder
		if err := printTable(&b, row.v); err != nil {
			t.Fatal(err)
		}
		if got, want := b.String(), strings.TrimPrefix(row.want, "\n"); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", row.name, got, want)
		}
	}
}
