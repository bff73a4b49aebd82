// SPDX-License-Identifier: Apache-2.0

package module

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// Call is all the state of one message on its way through the script. It
// belongs to one goroutine. What it points to lives until the message is done,
// unless a transaction took it over; whoever keeps a string longer clones it.
type Call struct {
	// Msg is the message; in a failure route the request of the transaction;
	// in an event route without a message one that the engine made up.
	Msg *sip.Message
	// Packet says how Msg came: source, socket, connection, time, memory.
	Packet transport.Packet
	// Mem is the memory for strings that live as long as the message.
	Mem *transport.Buffer
	// State is what the script has built up. In the later routes of a
	// transaction it is the transaction's.
	*transaction.State
	// StaticBranch is the branch that $sbranch describes.
	StaticBranch transaction.Target
	// Route is the kind of the route that runs.
	Route RouteKind
	// Tx is the transaction, once it exists or was found; nil before.
	Tx *transaction.Transaction
	// TxHeld tells that this call runs inside the transaction's lock, as
	// the routes do that the transaction itself runs.
	TxHeld bool
	// Branch is the index of the branch in branch, reply and branch failure
	// routes, else -1 (T_BR_UNDEFINED).
	Branch int
	// Fault is what sanity found, for sanity_reply.
	Fault any
	// Serial counts the messages of the worker, this one included. $mi counts
	// those behind Renumbered.
	Serial, Renumbered uint64
	// ScriptFlags are the flags of setsflag, bit 0 to 31.
	ScriptFlags uint32
	// MaxForwards is what the request would leave with after the script
	// changed it; -1 while it did not.
	MaxForwards int
	// Instances are those that the script has selected of groups of the
	// operator's own parameters (cfg_select).
	Instances []Instance
	// Iterators are those of textopsx.
	Iterators []Iterator
	// ChargingVector is the P-Charging-Vector header that was generated for
	// the message, without line end; "" while none was.
	ChargingVector string
	// RC is the result of the last function or route ($rc).
	RC Result
	// Vars are the $var values of the worker, by slot.
	Vars []Value
	// Out sends what the script produces.
	Out transport.Sender
	// Gen is the configuration that the message began with.
	Gen *Generation
	// Host is the engine.
	Host Host
	// Event is what an event route was called with (module-specific), for
	// the variables of the module that runs it.
	Event any
	// Stored is how many bytes of long texts the script has stored in
	// attribute-value pairs of the message.
	Stored int
	// Line is the position of the operation that runs, "file:line", for log
	// lines; set by the script engine, never nil after Reset.
	Line *Position
	// Frame is the script engine's own, Lua that of the engine for Lua.
	Frame, Lua any
	// LuaName is the function of KSR that the script calls, as it is called.
	LuaName string
	// LuaSteps is how many instructions of Lua the message has cost, where they
	// are counted.
	LuaSteps int
	// Place, if set, finds the place in the script that Line does not know.
	Place func() *Position
	// MadeUp tells that Msg is no message from the network but one that the
	// engine made up.
	MadeUp bool
	// Adopted tells that a transaction took Msg and Mem over: whoever owns
	// the Call does not release them.
	Adopted bool

	ctx context.Context
	log *slog.Logger
	// failures are those of a Call without Gen.
	failures Repeats[*Position]
	// level is what setdebug set for this worker; valid with hasLevel.
	level    slog.Level
	hasLevel bool
	own      transaction.State
	// uri is the memory of ParseURI.
	uri sip.URI
	// received is the memory of ReceivedReply.
	received transaction.Received
	// chunk is the memory of Lasting. It is never written twice.
	chunk []byte
	// answered tells that the request of HTTP has its answer.
	answered bool
	// locals is what modules keep with this Call.
	locals []local
}

// Instance is one of several sets of values of a group of parameters.
type Instance struct {
	Group string
	ID    uint32
}

// Position is a place in the configuration.
type Position struct {
	File  string
	Route string
	Line  int
}

// String returns "file:line".
func (p *Position) String() string {
	if p == nil || p.Line == 0 {
		return "-"
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// nowhere is the Line of a call before its script runs.
var nowhere = &Position{}

// Reset prepares a Call for a message; the owned State is emptied.
func (c *Call) Reset(msg *sip.Message, p transport.Packet) {
	c.Msg, c.Packet, c.Mem = msg, p, p.Buffer
	avps, xavps, xavus, xavis, branches := c.own.AVPs, c.own.XAVPs, c.own.XAVUs, c.own.XAVIs, c.own.Branches
	avps.Reset()
	xavps.Reset()
	xavus.Reset()
	xavis.Reset()
	c.own = transaction.State{AVPs: avps, XAVPs: xavps, XAVUs: xavus, XAVIs: xavis, Branches: branches[:0]}
	c.own.Target.Q = transaction.QUnset
	c.State = &c.own
	c.StaticBranch = transaction.Target{Q: transaction.QUnset}
	c.Tx, c.TxHeld, c.Branch, c.MaxForwards = nil, false, -1, -1
	c.ScriptFlags, c.MadeUp, c.answered, c.Stored, c.LuaSteps = 0, false, false, 0, 0
	c.Serial++
	c.RC, c.Event, c.Fault, c.Line = 0, nil, nil, nowhere
	c.Iterators, c.ChargingVector, c.Instances = c.Iterators[:0], "", c.Instances[:0]
	c.ctx = nil
}

// Context is cancelled when the engine stops; it carries no data.
func (c *Call) Context() context.Context {
	if c.ctx == nil {
		return context.Background()
	}
	return c.ctx
}

// SetContext gives the call a context.
func (c *Call) SetContext(ctx context.Context) { c.ctx = ctx }

// Log returns the logger for lines about this message: they carry log_prefix.
func (c *Call) Log() *slog.Logger { return c.log }

// SetLog gives the call its logger.
func (c *Call) SetLog(l *slog.Logger) { c.log = slog.New(&callHandler{l.Handler(), c}) }

// SetLevel sets the level of the lines of this Call, until ResetLevel: a Call
// serves one worker, message after message.
func (c *Call) SetLevel(l slog.Level) { c.level, c.hasLevel = l, true }

// ResetLevel goes back to the level of the debug parameter.
func (c *Call) ResetLevel() { c.hasLevel = false }

// callHandler lets a Call have a level of its own.
type callHandler struct {
	slog.Handler
	call *Call
}

// Enabled implements slog.Handler.
func (h *callHandler) Enabled(ctx context.Context, l slog.Level) bool {
	if h.call.hasLevel {
		return l >= h.call.level
	}
	return h.Handler.Enabled(ctx, l)
}

// WithAttrs implements slog.Handler.
func (h *callHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &callHandler{h.Handler.WithAttrs(attrs), h.call}
}

// Block runs f, which may wait for something outside of the process. The
// worker lends its place to another one meanwhile, so that the socket is not
// stalled.
func (c *Call) Block(f func()) { c.Host.Block(c, f) }

// Program is a compiled script; script/vm and script/lua satisfy it.
type Program interface {
	// Run runs a route with a call whose Route kind is set, and returns what
	// the route returned; drop is reported by Outcome.
	Run(c *Call, r RouteRef) Outcome
	// Lookup finds a route by kind and name. The main blocks have the empty
	// name; an event route has the text between its brackets.
	Lookup(kind RouteKind, name string) (RouteRef, bool)
	// RouteName returns the name that a route was defined with.
	RouteName(r RouteRef) string
}

// Scripts is a Program whose routes may be functions of scripts.
type Scripts interface {
	// Functions tells that the routes of the server are functions, not the
	// blocks of the configuration.
	Functions() bool
	// Function finds the function that stands for a request route which an
	// operator or a script names, and which has one text as argument, "" for
	// none. It need not be defined: that shows when it is run. False for no name.
	Function(name, argument string) (RouteRef, bool)
}

// Outcome is how a route ended.
type Outcome struct {
	// Result is the value of return; True when the end was reached.
	Result Result
	// Exit tells that exit or drop ended the script, or a function returned
	// Stop.
	Exit bool
	// Drop tells that drop ended the script: a reply is not forwarded, a
	// branch not sent.
	Drop bool
}

// The event routes of the core.
const (
	// EventWorkerInit runs once, before the first message.
	EventWorkerInit = "core:worker-one-init"
	// EventReceived runs for each text that was received, before it is parsed
	// (received_route_mode).
	EventReceived = "core:msg-received"
	// EventPreRouting runs for each message before request_route or reply_route.
	EventPreRouting = "core:pre-routing"
	// EventParseError runs for what is received and cannot be parsed.
	EventParseError = "core:receive-parse-error"
)

// CoreEvents are the names of the event routes of the core.
var CoreEvents = []string{EventWorkerInit, EventReceived, EventPreRouting, EventParseError}

// Generation is one loaded configuration. It never changes: a reload makes
// another one, and each message, transaction and dialog keeps the one it
// began with.
type Generation struct {
	ID      uint64
	Program Program
	// Main, Reply and OnSend are request_route, reply_route and onsend_route.
	Main, Reply, OnSend RouteRef
	// Received, PreRouting and ParseError are the event routes of the core
	// for what comes from the network.
	Received, PreRouting, ParseError RouteRef
	// OnSendReplies tells that OnSend is for replies too, as a function always
	// is.
	OnSendReplies bool

	modules  map[string]Module
	failures Repeats[*Position]
}

// NewGeneration makes a generation.
func NewGeneration(id uint64, p Program, modules map[string]Module) *Generation {
	g := &Generation{ID: id, Program: p, modules: modules}
	g.Main, _ = p.Lookup(RequestRoute, "")
	g.Reply, _ = p.Lookup(CoreReplyRoute, "")
	g.OnSend, _ = p.Lookup(OnSendRoute, "")
	g.Received, _ = p.Lookup(EventRoute, EventReceived)
	g.PreRouting, _ = p.Lookup(EventRoute, EventPreRouting)
	g.ParseError, _ = p.Lookup(EventRoute, EventParseError)
	if s, ok := p.(Scripts); ok {
		g.OnSendReplies = s.Functions()
	}
	return g
}

// Named finds the request route of a name: route[name], or the function of that
// name where the routes of the server are functions of scripts. These have the
// argument.
func (g *Generation) Named(name, argument string) (RouteRef, bool) {
	if s, ok := g.Program.(Scripts); ok && s.Functions() {
		return s.Function(name, argument)
	}
	return g.Program.Lookup(RequestRoute, name)
}

// Module returns a loaded module, or nil.
func (g *Generation) Module(name string) Module { return g.modules[name] }
