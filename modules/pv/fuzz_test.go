// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"testing"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

// FuzzSteps: no text and no numbers make a transformation panic.
func FuzzSteps(f *testing.F) {
	f.Add("sip:u:p@h:5070;lr?x=1", "a", 2, -1)
	f.Add("\"A\" <sip:x@y>;tag=1", ",", -100, 100)
	f.Add("", "", 0, 0)
	steps := New().Exports().Transformations
	f.Fuzz(func(t *testing.T, s, arg string, n, m int) {
		c := &module.Call{Mem: transport.NewBuffer(0)}
		defer c.Mem.Release()
		for _, st := range steps {
			if st.Run == nil {
				continue
			}
			args := make(module.Args, len(st.Args))
			for i, a := range st.Args {
				args[i] = module.ArgValue{Value: avp.String(arg), Given: true}
				if a.Type == module.ArgInt {
					args[i].Value = avp.Number(int64([]int{n, m}[i%2]))
				}
			}
			st.Run(c, avp.String(s), args)
			st.Run(c, avp.Value{}, args)
			st.Run(c, avp.Number(int64(n)), args)
		}
	})
}
