// SPDX-License-Identifier: Apache-2.0

// Package sl answers requests without state.
package sl

import (
	"context"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/transport"
)

func init() { module.Register("sl", func() module.Module { return New() }) }

// SL is the module.
type SL struct {
	host          module.Host
	defaultCode   setting.Int
	defaultReason setting.Str
	bindTM        int
	richRedirect  int

	ackCallback, localCallback string
	onFilteredACK              module.RouteRef
	onLocalResponse            module.RouteRef

	onSent []func(*module.Call, transport.Destination, []byte)
	onACK  []func(*module.Call)

	counts counts
}

// New returns the module with its defaults.
func New() *SL {
	s := &SL{bindTM: 1}
	s.defaultCode.Set(500)
	s.defaultReason.Set("Internal Server Error")
	return s
}

var (
	_ module.Preparer = (*SL)(nil)
	_ module.Starter  = (*SL)(nil)
)

const inReply = module.RequestRoute | module.FailureRoute | module.AnyReply | module.BranchFailureRoute

// Exports implements module.Module.
func (s *SL) Exports() module.Exports {
	code := []module.Arg{{Name: "code", Doc: "reply code"}, {Name: "reason", Doc: "reason phrase"}}
	return module.Exports{
		Doc:   "Answers requests without state, or through their transaction where they have one.",
		After: []string{"tm"},
		Params: []module.Param{
			{Name: "event_callback_fl_ack", Set: &s.ackCallback, Event: "sl:filtered-ack", Doc: "function of a Lua script that runs in place of event_route[sl:filtered-ack], with its name"},
			{Name: "event_callback_lres_sent", Set: &s.localCallback, Event: "sl:local-response", Doc: "function of a Lua script that runs in place of event_route[sl:local-response], with its name"},
			{Name: "default_code", Set: &s.defaultCode, Min: 100, Max: 699, Doc: "code of a reply where the argument is none"},
			{Name: "default_reason", Set: &s.defaultReason, Doc: "reason phrase of a reply where the code is none"},
			{Name: "bind_tm", Set: &s.bindTM, Min: 0, Max: 1, Doc: "1 makes send_reply answer through the transaction where there is one"},
			{Name: "rich_redirect", Set: &s.richRedirect, Min: 0, Max: 3, Doc: "what Contacts of a 3xx say more: sum of 1 branch flags, 2 path"},
		},
		Lua: []module.Function{
			{Name: "sl_reply_error", Routes: module.RequestRoute, Run: s.replyGeneral, Doc: "Answers with 500, without state: of the error of a function before it the native sl_reply_error knows."},
		},
		Functions: []module.Function{
			{Name: "sl_send_reply", Lua: "sl_send_reply(int,str)", Args: code, Routes: module.RequestRoute, Run: s.stateless, Doc: "Answers the request without state."},
			{Name: "sl_reply", Args: code, Routes: module.RequestRoute, Run: s.stateless, Doc: "The same as sl_send_reply."},
			{Name: "send_reply", Lua: "send_reply(int,str)", Args: code, Routes: inReply, Run: s.send, Doc: "Answers the request through its transaction, without state where it has none."},
			{Name: "send_reply_mode", Lua: "send_reply_mode(int,str,int)", Args: append(code[:2:2], module.Arg{Name: "mode", Type: module.ArgInt, Doc: "sum of: 1 open no connection for it, 2 close the connection after it"}),
				Routes: inReply, Run: s.sendMode, Doc: "send_reply that says what becomes of the connection."},
			{Name: "sl_reply_error", Lua: "-", Routes: module.RequestRoute, Run: s.replyError, Doc: "Answers with the last error, without state."},
			{Name: "send_reply_error", Routes: inReply, Run: s.sendReplyError, Doc: "Answers with the last error, through the transaction where there is one."},
			{Name: "sl_forward_reply", Lua: "sl_forward_reply(str,str)", Args: []module.Arg{{Name: "code", Optional: true, Doc: "another code of the same class"}, {Name: "reason", Optional: true, Doc: "another reason phrase"}},
				Routes: module.AnyReply, Run: s.forwardReply, Doc: "Sends the reply upstream without state."},
		},
		Variables: []module.Variable{
			{Name: "ltt", Bind: bindTag, Doc: "To tag of our own replies to this request: $ltt(s) without state, $ltt(t) with, $ltt(x) as a reply would be sent now"},
		},
		RPC: []module.Command{{Name: "sl.stats", Run: s.rpcStats, Doc: "Print reply statistics."}},
		Events: []module.Event{
			{Name: "sl:filtered-ack", Doc: "The ACK for a reply without state came and ends here."},
			{Name: "sl:local-response", Doc: "A reply without state was sent, which is the message of the route."},
		},
		Counters: s.counts.entries(),
		Settings: []setting.Entry{
			{Group: "sl", Name: "default_code", Int: &s.defaultCode, Min: 100, Max: 699, Doc: "default reply status code"},
			{Group: "sl", Name: "default_reason", Str: &s.defaultReason, Doc: "default reply reason text"},
		},
	}
}

// Prepare implements module.Preparer.
func (s *SL) Prepare(b module.Binder) error {
	if r, ok := b.Route(module.EventRoute, "sl:filtered-ack"); ok {
		s.onFilteredACK = r
	}
	if r, ok := b.Route(module.EventRoute, "sl:local-response"); ok {
		s.onLocalResponse = r
	}
	return nil
}

// Start implements module.Starter.
func (s *SL) Start(_ context.Context, h module.Host) error {
	s.host = h
	if r, ok := h.Route(module.EventRoute, "sl:filtered-ack"); ok {
		s.onFilteredACK = r
	}
	if r, ok := h.Route(module.EventRoute, "sl:local-response"); ok {
		s.onLocalResponse = r
	}
	h.OnRequest(s.filterACK)
	return nil
}
