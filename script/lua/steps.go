// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"context"
	"errors"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
	glua "github.com/yuin/gopher-lua"
)

var errTooManySteps = errors.New("the script takes more than step_limit instructions for one message: is there a loop without end?")

// stepCounter bounds the instructions of a message. A state that has a context
// asks it before each instruction whether it is done; a state without limit
// has none, and pays nothing.
type stepCounter struct {
	context.Context
	n, limit int
	// told tells that the end was logged and answered: each level of Lua that
	// stands within others ends by itself, the message ends once.
	told bool
}

var done = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Done implements context.Context.
func (s *stepCounter) Done() <-chan struct{} {
	if s.n++; s.n > s.limit {
		return done
	}
	return nil
}

// Err implements context.Context.
func (s *stepCounter) Err() error {
	if s.n > s.limit {
		return errTooManySteps
	}
	return nil
}

// Deadline implements context.Context.
func (s *stepCounter) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value implements context.Context.
func (s *stepCounter) Value(any) any { return nil }

func (s *stepCounter) exceeded() bool { return s != nil && s.n > s.limit }

// stepsOf is the counter of a state, nil without a limit.
func stepsOf(l *glua.LState) *stepCounter {
	s, _ := l.Context().(*stepCounter)
	return s
}

// begin goes on to count for a message, which other runs of scripts may have cost
// something already.
func (s *stepCounter) begin(c *module.Call) {
	if s != nil {
		s.n = c.LuaSteps
		s.told = s.exceeded()
	}
}

// end leaves the count with the message.
func (s *stepCounter) end(c *module.Call) {
	if s != nil {
		c.LuaSteps = s.n
	}
}

// limitSteps counts the instructions of the state and of its coroutines.
func (s *state) limitSteps(limit int) {
	s.steps = &stepCounter{Context: context.Background(), limit: limit}
	s.lua.SetContext(s.steps)
	lib := s.lua.GetGlobal("coroutine").(*glua.LTable)
	create := lib.RawGetString("create").(*glua.LFunction).GFunction
	lib.RawSetString("create", s.lua.NewFunction(func(l *glua.LState) int {
		n := create(l)
		if th, ok := l.Get(-1).(*glua.LState); ok {
			th.SetContext(s.steps)
		}
		return n
	}))
	wrap := lib.RawGetString("wrap").(*glua.LFunction).GFunction
	lib.RawSetString("wrap", s.lua.NewFunction(func(l *glua.LState) int {
		n := wrap(l)
		if f, ok := l.Get(-1).(*glua.LFunction); ok && len(f.Upvalues) > 0 {
			if th, ok := f.Upvalues[0].Value().(*glua.LState); ok {
				th.SetContext(s.steps)
			}
		}
		return n
	}))
}

// shareSteps makes the state count with another one.
func (s *state) shareSteps(with *stepCounter) {
	if with != nil {
		s.steps = with
		s.lua.SetContext(with)
	}
}

// answerRunaway answers a request whose script was ended: nobody else will.
func (p *Program) answerRunaway(c *module.Call) {
	if c.Msg.Method == sip.MethodAck {
		return
	}
	const code, reason = 500, "Server Internal Error"
	if c.Tx != nil {
		if c.TxHeld {
			_ = c.Tx.Respond(&transaction.Answer{Code: code, Reason: reason})
		}
		return
	}
	reply := sip.Reply{Code: code, Reason: reason, Server: p.host.Core().ServerHeader,
		ToTag: string(p.host.Transactions().AppendStatelessTag(nil, c.Msg))}
	to := transport.Destination{Proto: c.Packet.Socket.Proto, Addr: c.Packet.Src, Socket: c.Packet.Socket, Conn: c.Packet.Conn}
	_ = c.Out.Send(to, sip.AppendReply(nil, c.Msg, &reply))
}
