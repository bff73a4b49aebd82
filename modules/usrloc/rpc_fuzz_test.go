// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"testing"

	"github.com/kahea-sip/kahea/core/module"
)

// FuzzCommands: what ul.add takes is found by ul.lookup, can be printed and is
// removed by ul.rm.
func FuzzCommands(f *testing.F) {
	f.Add("a@b", "sip:a@h", int64(60), 0.5, "0", int64(0), int64(-1), "sip:1.2.3.4")
	f.Add("", "", int64(-1), -1.0, ".", int64(1)<<40, int64(1)<<62, "")
	u := New()
	d := start(f, newHost(f), u)
	run := func(name string, args ...any) error {
		for _, c := range u.commands() {
			if c.Name == name {
				return c.Run(&module.Request{Args: args})
			}
		}
		f.Fatalf("there is no command %s", name)
		return nil
	}
	f.Fuzz(func(t *testing.T, aor, uri string, expires int64, q float64, path string, flags, methods int64, received string) {
		if run("ul.add", d.name, aor, uri, expires, q, path, flags, flags, methods, received) != nil {
			return
		}
		if err := run("ul.lookup", d.name, aor); err != nil {
			t.Errorf("%q was added and is not found: %v", aor, err)
		}
		run("ul.dump")
		run("ul.rm_contact", d.name, aor, uri+"x")
		run("ul.rm", d.name, aor)
		if n := d.Contacts(); n != 0 {
			t.Fatalf("%d contacts are left", n)
		}
	})
}
