// SPDX-License-Identifier: Apache-2.0

package module

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// Host is the engine as modules see it. All its parts are given, none is
// global, so that a whole engine runs inside a test.
type Host interface {
	Log() *slog.Logger
	Clock() timer.Clock
	Timers() *timer.Wheel
	// Rand is the random source; safe for concurrent use.
	Rand() *rand.Rand
	Counters() *counter.Set
	Settings() *setting.Registry
	Transport() *transport.Layer
	Transactions() *transaction.Layer
	Locator() *locate.Locator
	// Core has the core parameters that modules ask for.
	Core() *Core
	// Store returns the engine's store of that name, made by create on the
	// first call. Stores outlive generations.
	Store(name string, create func() any) any
	// Database opens the database that a URL names, with the module db_SCHEME;
	// modules that name the same URL share it. Modules call it in Start; the
	// engine closes it after all of them have stopped.
	Database(ctx context.Context, url string) (db.Database, error)
	// Module returns a module of the current generation, or nil.
	Module(name string) Module
	// Modules returns the modules of the current generation in the order of
	// loading.
	Modules() []string
	// Generation returns the current generation.
	Generation() *Generation
	// Commands returns the RPC commands of the core and of all loaded
	// modules, sorted by name.
	Commands() []Command
	// Route finds a route of the current generation.
	Route(kind RouteKind, name string) (RouteRef, bool)
	// NewCall returns a call for work that no packet started: event routes,
	// timers. Its message is a made-up OPTIONS request. FreeCall gives it back.
	NewCall() *Call
	FreeCall(c *Call)
	// Block runs f while another worker takes the place of c's.
	Block(c *Call, f func())
	// Go starts a goroutine of the engine: named, waited for at the end,
	// its panics caught and logged.
	Go(name string, f func())
	// OnRequest and OnReply add hooks that see each received message before
	// its script runs; false drops the message. OnRequestEnd adds one that
	// runs after the script of a request.
	OnRequest(f func(c *Call) bool)
	OnReply(f func(c *Call) bool)
	OnRequestEnd(f func(c *Call))
	// TakeReplies adds a function that is asked for each reply after
	// reply_route: true says that the reply was dealt with. What nobody
	// takes goes upstream without state.
	TakeReplies(f func(c *Call) bool)
	// TakeHTTP adds a function that is asked for each request of HTTP that a
	// connection brings: true says that it was dealt with. Without such a
	// function, and where none takes the request, the connection is closed.
	TakeHTTP(f func(c *Call) bool)
	// Receive puts a packet on the way as if a socket had received it.
	Receive(p transport.Packet)
	// Shutdown ends the process in order, as SIGTERM does.
	Shutdown()
}

// Core has those core parameters that modules act upon.
type Core struct {
	// ServerHeader is the Server line of replies, without line end; empty
	// for none. UserAgentHeader likewise for local requests.
	ServerHeader, UserAgentHeader string
	// Warnings adds Warning to the replies of scripts (sip_warning).
	Warnings bool
	// VersionTable is the database table with the versions of the others.
	VersionTable string
	// SlowQuery is the time above which drivers of databases log a statement,
	// at SlowLevel; 0 for never.
	SlowQuery time.Duration
	SlowLevel slog.Level
	// TLS tells that TLS is to be served (enable_tls).
	TLS bool
	// Version is what core.version reports.
	Version string
	// LogFacility is the syslog facility name.
	LogFacility string
	// RunDir is the folder of sockets and state files.
	RunDir string
	// WorkDir is the working folder.
	WorkDir string
	// ServerID is server_id.
	ServerID int
	// MaxBranches bounds the target set, the main branch included.
	MaxBranches int
	// StatsSeparator stands between the parts of names of counters that are
	// made of others (stats_name_separator).
	StatsSeparator string
	// OnSendReplies runs onsend_route for replies too (onsend_route_reply).
	OnSendReplies bool
	// MaxWhileLoops bounds while loops; 0 for none.
	MaxWhileLoops int
	// Files are the configuration files that were read.
	ConfigFile string
	// Started is the start time in seconds since the epoch.
	Started int64
	// LogStderr tells that log lines go to stderr (-E, log_stderror).
	LogStderr bool
	// LogColor sets the escape of the terminal in front of lines of a level
	// (log_colors of xlog); the log has colours with log_color.
	LogColor func(level slog.Level, escape string)
	// Children is the number of workers per UDP socket.
	Children int
	// Levels are the levels of the log for single modules; nil where nothing
	// heeds them. Debug is the common one, the parameter debug.
	Levels *Levels
	Debug  slog.Leveler
}
