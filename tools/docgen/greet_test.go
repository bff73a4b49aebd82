// SPDX-License-Identifier: Apache-2.0

package main

// What stands below is shown in docs/internals.md. In a folder of its own it
// would be modules/greet/module.go, of package greet, and begin with
//
//	func init() { module.Register("greet", func() module.Module { return New() }) }

import (
	"context"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
)

// Greet is the module.
type Greet struct {
	word   string // parameter
	count  counter.Counter
	moment int64 // when Start ran, seconds since the epoch
}

// New returns the module with its defaults. It has no side effects.
func New() *Greet { return &Greet{word: "hello"} }

var _ module.Starter = (*Greet)(nil)

// Exports implements module.Module.
func (g *Greet) Exports() module.Exports {
	return module.Exports{
		Doc: "Greets whom a script names.",
		Params: []module.Param{
			{Name: "word", Set: &g.word, Doc: "what to say first"},
		},
		Functions: []module.Function{
			{Name: "greet", Args: []module.Arg{{Name: "whom", Doc: "name"}}, Routes: module.AnyRequest, Run: g.greet,
				Doc: "Adds X-Greeting to the request. False when there is nobody to greet."},
		},
		Variables: []module.Variable{
			{Name: "greeted", Get: func(*module.Call) module.Value { return avp.Number(int64(g.count.Value())) }, Doc: "greetings so far"},
		},
		RPC:      []module.Command{{Name: "greet.count", Run: g.rpcCount, Doc: "Tells the greetings so far."}},
		Counters: []counter.Entry{{Name: "greetings", Counter: &g.count, Doc: "greetings"}},
	}
}

// Start implements module.Starter.
func (g *Greet) Start(_ context.Context, h module.Host) error {
	g.moment = h.Clock().Now().Unix()
	return nil
}

// greet is greet(whom). The text lies in the message's memory, as the edit
// that shows it does.
func (g *Greet) greet(c *module.Call, a module.Args) module.Result {
	whom := a.Str(0)
	if whom == "" {
		return module.False
	}
	text := append(append(append(c.Mem.Begin(), "X-Greeting: "...), g.word...), ' ')
	c.Msg.AppendHeader(c.Mem.Keep(append(append(text, whom...), "\r\n"...)))
	g.count.Inc()
	return module.True
}

func (g *Greet) rpcCount(r *module.Request) error {
	r.Struct().Add("greetings", g.count.Value()).Add("since", g.moment)
	return nil
}
