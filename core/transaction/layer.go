// SPDX-License-Identifier: Apache-2.0

// Package transaction keeps SIP transactions.
package transaction

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

// Network is what the layer needs of the transport layer.
type Network interface {
	transport.Sender
	// Choose returns the socket to send from to dst, or nil.
	Choose(proto transport.Proto, dst netip.Addr) *transport.Socket
	// UpgradedTo returns the socket of the WebSocket connection from an
	// address, or nil.
	UpgradedTo(remote netip.AddrPort) *transport.Socket
}

// Locator finds next hops; *locate.Locator satisfies it.
type Locator interface {
	// Ready answers without waiting; false means that Locate has to ask.
	Ready(q locate.Query) (locate.Targets, bool)
	Locate(ctx context.Context, q locate.Query) (locate.Targets, error)
}

// Options are what the engine gives to a Layer.
type Options struct {
	Network Network
	Locator Locator
	Wheel   *timer.Wheel
	Log     *slog.Logger
	// Secret makes branch parameters and tags that nobody can guess. It
	// should be random, and new at each start.
	Secret uint64
	// Go starts a goroutine of the engine: failure routes that a timer
	// starts run on it, never on the timer wheel.
	Go func(name string, f func())
	// MHomed chooses the sending socket by route (mhomed) also where the
	// socket that the request came by would do.
	MHomed bool
	// UDPMTU is the size in bytes above which a request leaves over
	// UDPMTUProto, a transport.Proto, instead of UDP (RFC 3261 18.1.1); 0, or
	// nil, for never. State.LargeProto goes before UDPMTUProto.
	UDPMTU, UDPMTUProto *setting.Int
	// ViaParams and ViaFields name the lists whose fields become parameters,
	// and address and port, of the own Via where a script asks for it
	// (xavp_via_params, xavp_via_fields).
	ViaParams, ViaFields string
	// Memory bounds what transactions hold, in bytes: beyond it new requests
	// get ErrFull. 0 is no bound.
	Memory int64
	// TableSize is the number of buckets of each index of the request table; 0 takes 65536.
	TableSize int
}

// Layer has all transactions of an engine. Its methods are safe for concurrent
// use after start.
type Layer struct {
	opt    Options
	slots  slots
	table  *table
	counts [countShards]counts
	config atomic.Pointer[config]
	mask   Event
	heard  []listener

	security  func(s *State, to netip.AddrPort) any
	branches  sync.Pool
	calls     atomic.Uint64 // Call-IDs that were made
	bound     bound
	stateless Stateless
}

// New makes a layer.
func New(o Options) *Layer {
	if o.TableSize == 0 {
		o.TableSize = 1 << 16
	}
	if o.Go == nil {
		o.Go = func(_ string, f func()) { go f() }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	l := &Layer{opt: o, table: newTable(o.TableSize, o.Secret)}
	l.slots.limit = o.Memory
	l.config.Store(&config{NewSettings(), noScripts{}})
	l.branches.New = func() any {
		b := new(Branch)
		b.timer.timer.Init(o.Wheel, b)
		return b
	}
	return l
}

// Secure sets the function that says how a connection of a secure protocol is
// secured that is opened for a request with a State
// (transport.Destination.Security). It is called before the first message.
func (l *Layer) Secure(f func(s *State, to netip.AddrPort) any) { l.security = f }

func (l *Layer) newTransaction() *Transaction {
	t := &Transaction{l: l}
	t.timer.timer.Init(l.opt.Wheel, t)
	t.first.timer.timer.Init(l.opt.Wheel, &t.first)
	return t
}

// Trim gives back what was kept for the next requests. It is for when there
// are less of them than there were.
func (l *Layer) Trim() { l.slots.trim() }

// config is what a configuration brings along. A transaction keeps the one it
// began with.
type config struct {
	settings *Settings
	scripts  Scripts
}

// Settings returns the current settings.
func (l *Layer) Settings() *Settings { return l.config.Load().settings }

// Configure makes s the settings and x the scripts of transactions that begin
// from now on.
func (l *Layer) Configure(s *Settings, x Scripts) { l.config.Store(&config{s, x}) }

func (l *Layer) now() time.Duration { return l.opt.Wheel.Clock().Monotonic() }

// Received is a message on its way through a worker: what the layer needs of
// a module.Call.
type Received struct {
	Msg    *sip.Message
	Packet transport.Packet
	// State is the caller's; a transaction that is created takes its content.
	State *State
	// Out sends what the handling of this message produces.
	Out transport.Sender
	// Gen is the generation of the configuration.
	Gen any
	// From is handed to Scripts as it is: the *module.Call.
	From any
	// Adopted is set when a transaction took Msg and the packet's memory
	// over: the caller does not release them.
	Adopted bool
	// Tx is, for a reply, the transaction that it belongs to, locked, while
	// Scripts.Reply runs.
	Tx *Transaction

	held bool // SuspendReply was called
}

// Go starts what may wait, as the failure route of a transaction whose timer ran
// out: for who is on the goroutine of the timers, or inside of a lock, with more
// to send. A test waits for its end before it lets more time pass.
func (l *Layer) Go(name string, f func()) { l.opt.Go(name, f) }
