// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	registry "github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
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

// FuzzSelect: no path makes a select panic, whatever the message has.
func FuzzSelect(f *testing.F) {
	for _, path := range []string{"via[2].branch", `contact.uri.params["q"]`, "hf_value.x_multi[-1].p.q", `authorization["r"].username.user`,
		`msg.header["To"].nameaddr.uri.host`, "msg.body.sdp.line.o", "sys.now.gmt", "from.uri.hostport", "hf_value_exists.a.b", "next_hop", "[", "a[1", ".."} {
		f.Add(path, "<sip:a@[::1]>;q=1, x")
	}
	f.Fuzz(func(t *testing.T, path, value string) {
		acc, err := bindSelect(nil, path)
		if err != nil {
			return
		}
		text := "INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=b\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n" +
			"Contact: " + value + "\r\nAuthorization: Digest " + value + "\r\nX-Multi: " + value + "\r\nContent-Length: 0\r\n\r\n" + value
		buf := transport.NewBuffer(len(text))
		defer buf.Release()
		p := transport.Packet{Data: buf.Data[:copy(buf.Data, text)], Buffer: buf}
		msg := new(sip.Message)
		if msg.Parse(p.Data) != nil {
			return
		}
		c := &module.Call{Host: clockHost{}}
		c.Reset(msg, p)
		c.Target.URI = msg.RequestURI
		acc.Get(c, module.Index{})
	})
}

// clockHost is a host that has the time and nothing else.
type clockHost struct{ module.Host }

func (clockHost) Clock() timer.Clock { return timer.NewManual(time.Unix(1, 0)) }

func (clockHost) Core() *module.Core { return new(module.Core) }

func (clockHost) Settings() *registry.Registry { return registry.New() }

// FuzzSubstitution: what {re.subst} and {s.select} take at start runs on any
// text.
func FuzzSubstitution(f *testing.F) {
	f.Add("/a(.)/\\1b/g", "xaby")
	f.Add("#^x*#y#", "")
	f.Add("-1,;", "a;b")
	f.Fuzz(func(t *testing.T, args, in string) {
		c := &module.Call{Mem: transport.NewBuffer(0)}
		defer c.Mem.Release()
		for _, accept := range []func(module.Binder, string) (func(*module.Call, module.Value) module.Value, error){substStep, selectStep} {
			if step, err := accept(literals{}, args); err == nil {
				step(c, avp.String(in))
			}
		}
	})
}

// literals is a binder whose texts have no variables.
type literals struct{ module.Binder }

func (literals) Template(text string) (module.Template, error) { return literal(text), nil }

type literal string

func (l literal) Const() bool                     { return true }
func (l literal) Eval(*module.Call) string        { return string(l) }
func (l literal) Value(*module.Call) module.Value { return avp.String(string(l)) }
func (l literal) String() string                  { return string(l) }
