// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"testing"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// texts makes arguments as the script engine does.
func texts(f module.Function, values ...string) module.Args {
	a := make(module.Args, len(f.Args))
	for i, v := range values {
		a[i] = module.ArgValue{Value: avp.String(v), Given: true, Const: true}
		if f.Args[i].Compile != nil {
			a[i].Data, a[i].Err = f.Args[i].Compile(v)
		}
	}
	return a
}

func function(t testing.TB, name string) module.Function {
	t.Helper()
	for _, f := range new(Textops).Exports().Functions {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("there is no function %s", name)
	return module.Function{}
}

// hot are functions on the way of nearly every packet.
var hot = []struct {
	name string
	args []string
	want module.Result
}{
	{"is_method", []string{"INVITE|ACK"}, 1},
	{"is_method", []string{"REGISTER"}, -1},
	{"is_present_hf", []string{"Route"}, -1},
	{"is_present_hf", []string{"User-Agent"}, 1},
	{"has_body", []string{"application/sdp"}, -1},
	{"starts_with", []string{"bob", "bo"}, 1},
}

func TestHotFunctionsDoNotAllocate(t *testing.T) {
	env := scripttest.MustLoad(t, "request_route { exit; }", scripttest.Options{})
	for _, row := range hot {
		f := function(t, row.name)
		c, a := env.Call(t, scripttest.Invite), texts(f, row.args...)
		if got := f.Run(c, a); got != row.want {
			t.Errorf("%s(%q) is %d, want %d", row.name, row.args, got, row.want)
		}
		if n := testing.AllocsPerRun(100, func() { f.Run(c, a) }); n != 0 {
			t.Errorf("%s(%q) allocates %v times", row.name, row.args, n)
		}
	}
}

func BenchmarkIsMethod(b *testing.B) {
	env := scripttest.Load("request_route { exit; }", scripttest.Options{})
	f := function(b, "is_method")
	c, a := env.Call(b, scripttest.Invite), texts(f, "INVITE|SUBSCRIBE")
	b.ReportAllocs()
	for b.Loop() {
		if f.Run(c, a) != module.True {
			b.Fatal("an INVITE is no INVITE")
		}
	}
}
