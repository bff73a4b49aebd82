// SPDX-License-Identifier: Apache-2.0

// Package module is the contract between the engine and its loadable modules.
//
// A module is a Go value with one table, its Exports: parameters, functions,
// variables, transformations, RPC commands, counters. The routing language,
// Lua, RPC, the checker and the documentation read this one table.
//
// The life of a module: its constructor, which has no side effects (docgen and
// the checker call it); the parameters are set; the script is checked and
// compiled, which calls the Compile and Bind functions of its exports; Start;
// work; Stop. A configuration with an error never reaches Start.
package module

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/kahea-sip/kahea/core/transport"
)

// Module is what every module implements.
type Module interface {
	// Exports returns the module's table. It is called once per instance,
	// before parameters are set; its entries are bound to the instance.
	Exports() Exports
}

// Preparer is a module that must look at its parameters as a whole before the
// script is compiled: it checks their combination and changes nothing outside
// of the module. Errors stop the start and are reported with those of the
// configuration.
type Preparer interface {
	Prepare(b Binder) error
}

// Starter is a module with work to do before the first message: opening
// files, tables, sockets, timers. The context ends when the module must stop.
type Starter interface {
	Start(ctx context.Context, h Host) error
}

// Connector is a module whose Start opens databases. DatabaseURLs is called when
// the script was checked: a driver that is not loaded is told with the other
// mistakes of the configuration.
type Connector interface {
	DatabaseURLs() []string
}

// Streamer is a module that brings stream protocols, as tls does. Streams is
// called before the sockets are bound, and its functions after Start.
type Streamer interface {
	Streams() map[transport.Proto]transport.Stream
}

// Inspector is a module with files of its own. Inspect reads them as Start does,
// for who checks a configuration and starts nothing: it opens no sockets and
// changes nothing. It is not called before a start.
type Inspector interface {
	Inspect(i Inspection) []Finding
}

// Inspection is what Inspect has of the host that Start would be given.
type Inspection struct {
	Core *Core
	Now  func() time.Time
	// Root is the folder that will be the root of all names at start; "" for the root that there is.
	Root string
}

// Finding is what is wrong in a file of a module.
type Finding struct {
	// Err says what. Where it is about a parameter it begins with its name and a
	// colon.
	Err error
	// Warning tells that the module would start.
	Warning bool
	// File, Line and Column are the place, counted from 1; File is empty where
	// the mistake is not within a file.
	File         string
	Line, Column int
}

// Readier is a module with work that needs the others: after all have started,
// when scripts can be run, and before the first message, in the order of their start. htable runs
// event_route[htable:mod-init] here.
type Readier interface {
	Ready(ctx context.Context) error
}

// Finisher is a module that owes others messages at the end. It sends them after the
// last message was dealt with, when nothing is read any more, and before modules are
// stopped; nobody waits for it when ctx has ended.
type Finisher interface {
	Finish(ctx context.Context) error
}

// Stopper is a module that must write or close something at the end. Modules
// are stopped in the reverse order of their start, after the last message.
type Stopper interface {
	Stop(ctx context.Context) error
}

// New makes an instance of a module.
type New func() Module

var registry = map[string]New{}

// Register makes a module known under its loadmodule name, without ".so". It
// is called by the init function of the module's package and panics on a name
// that is taken.
func Register(name string, f New) {
	if registry[name] != nil {
		panic(fmt.Sprintf("module %s registered twice", name))
	}
	registry[name] = f
}

// Lookup returns the constructor of a module, or nil.
func Lookup(name string) New { return registry[name] }

// Names returns the names of all modules that are linked in, sorted.
func Names() []string {
	names := make([]string, 0, len(registry))
	for n := range registry {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}
