// SPDX-License-Identifier: Apache-2.0

// Package lwsc asks servers of WebSocket for scripts.
package lwsc

import (
	"context"
	"errors"
	"fmt"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("lwsc", func() module.Module { return New() }) }

// Client is the module.
type Client struct {
	protocol  string
	connect   int // microseconds
	answer    int // microseconds
	verbosity int

	servers servers
}

// New returns the module with its defaults.
func New() *Client { return &Client{protocol: "kmsg", connect: 2_000_000, answer: 2_000_000} }

var _ module.Stopper = (*Client)(nil)

// longest bounds the times, in microseconds.
const longest = 600_000_000

// Exports implements module.Module.
func (m *Client) Exports() module.Exports {
	return module.Exports{
		Doc: "Sends messages to servers of WebSocket and gives scripts what they answer.",
		Params: []module.Param{
			{Name: "protocol", Set: &m.protocol, Doc: "subprotocol of lwsc_request and lwsc_notify"},
			{Name: "timeout_init", Set: &m.connect, Min: 1, Max: longest, Unit: "µs", Doc: "time for a connection to be opened"},
			{Name: "timeout_read", Set: &m.answer, Min: 1, Max: longest, Unit: "µs", Doc: "time for an answer"},
			{Name: "verbosity", Set: &m.verbosity, Notice: "what goes wrong is logged in any case", Doc: "how much Kamailio writes about its connections"},
		},
		Functions: m.functions(),
		Variables: []module.Variable{{Name: "lwsc", Bind: m.bind, Doc: "`$lwsc(rdata)`: what the last lwsc_request of the message was answered with; null where there was no answer"}},
	}
}

func (m *Client) functions() []module.Function {
	url, protocol, data := module.Arg{Name: "wsurl", Doc: "`ws://HOST[:PORT][/PATH]` or `wss://…`"}, module.Arg{Name: "wsproto", Doc: "subprotocol"}, module.Arg{Name: "data", Doc: "message"}
	one := func(name, doc string, args []module.Arg, run func(*module.Call, module.Args) module.Result) module.Function {
		return module.Function{Name: name, Outside: true, Args: args, Routes: module.AnyRoute, Run: run, Doc: doc}
	}
	plain, named := []module.Arg{url, data}, []module.Arg{url, protocol, data}
	return []module.Function{
		one("lwsc_request", "Sends a message and waits for one as the answer, in $lwsc(rdata). -1 where the server cannot be reached, -2 where it does not answer.", plain,
			func(c *module.Call, a module.Args) module.Result { return m.request(c, a.Str(0), m.protocol, a.Str(1)) }),
		one("lwsc_request_proto", "The same with another subprotocol.", named,
			func(c *module.Call, a module.Args) module.Result { return m.request(c, a.Str(0), a.Str(1), a.Str(2)) }),
		one("lwsc_notify", "Sends a message and waits for no answer. False where the server cannot be reached.", plain,
			func(c *module.Call, a module.Args) module.Result { return m.notify(c, a.Str(0), m.protocol, a.Str(1)) }),
		one("lwsc_notify_proto", "The same with another subprotocol.", named,
			func(c *module.Call, a module.Args) module.Result { return m.notify(c, a.Str(0), a.Str(1), a.Str(2)) }),
	}
}

// Stop implements module.Stopper.
func (m *Client) Stop(context.Context) error {
	m.servers.close()
	return nil
}

var errKey = errors.New("the only key is rdata")

// bind is $lwsc(key).
func (m *Client) bind(_ module.Binder, inner string) (module.Accessor, error) {
	if inner != "rdata" {
		return nil, fmt.Errorf("$lwsc(%s): %w", inner, errKey)
	}
	return module.Getter(func(c *module.Call) module.Value {
		if r := m.replyOf(c); r.serial == c.Serial && r.given {
			return avp.String(r.text)
		}
		return avp.Value{}
	}), nil
}
