// SPDX-License-Identifier: Apache-2.0

// Package cfgutils has functions for configurations: chance, waiting, global flags,
// locks, routes that may be missing.
package cfgutils

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/scriptlock"
)

func init() { module.Register("cfgutils", func() module.Module { return New() }) }

// CfgUtils is the module.
type CfgUtils struct {
	initialProbability int
	initialFlags       int64
	hashFile           string
	lockSetSize        int

	probability atomic.Int64 // percent
	flags       atomic.Uint32
	locks       *scriptlock.Set[string]
	hash        string // of hashFile at start
}

// New returns the module with its defaults.
func New() *CfgUtils { return &CfgUtils{initialProbability: 10} }

var _ module.Starter = (*CfgUtils)(nil)

// Exports implements module.Module.
func (m *CfgUtils) Exports() module.Exports {
	const any = module.AnyRoute
	arg := func(name, doc string) module.Arg { return module.Arg{Name: name, Doc: doc} }
	number := func(name, doc string) module.Arg { return module.Arg{Name: name, Type: module.ArgInt, Doc: doc} }
	args := func(a ...module.Arg) []module.Arg { return a }
	flag := args(number("flag", "number of the flag, 0 to 31"))
	second := arg("key2", "second part of the key")
	second.Optional = true
	key := args(arg("key", "what is locked"), second)
	route := args(arg("route", "name of a route block"))
	return module.Exports{
		Doc: "Chance, waiting, global flags, locks, and routes that may be missing.",
		Params: []module.Param{
			{Name: "initial_probability", Set: &m.initialProbability, Min: 0, Max: 100, Doc: "percentage of rand_event() at start"},
			{Name: "hash_file", Set: &m.hashFile, Doc: "file of which cfgutils.check_config_hash tells whether it has changed since the start; empty for none"},
			{Name: "initial_gflags", Set: &m.initialFlags, Min: 0, Max: 1<<32 - 1, Doc: "global flags at start, a bit for each"},
			{Name: "lock_set_size", Set: &m.lockSetSize, Min: 0, Max: 31, Doc: "must be set for lock(), trylock() and unlock(). Kamailio has 2^size locks, which keys share; here each key has a lock of its own."},
		},
		Functions: []module.Function{
			{Name: "lock", Args: key, Routes: any, Run: m.lock, Prepare: m.needLocks, Lua: "lock(str); lock_key2(str,str)", Doc: "Locks a key and waits for it. It is unlocked at the end of the request at the latest, and for whom waits longer after 10 s."},
			{Name: "trylock", Args: key, Routes: any, Run: m.tryLock, Prepare: m.needLocks, Lua: "trylock(str); trylock_key2(str,str)", Doc: "Locks a key if it is free, and is false otherwise."},
			{Name: "unlock", Args: key, Routes: any, Run: m.unlock, Prepare: m.needLocks, Lua: "unlock(str); unlock_key2(str,str)", Doc: "Unlocks a key."},
			{Name: "check_route_exists", Args: route, Routes: any, Run: checkRoute, Doc: "True when there is a route[NAME] block."},
			{Name: "route_if_exists", Args: route, Routes: any, Run: runRoute, Doc: "Runs a route[NAME] block and has its result; false when there is none."},
			{Name: "core_hash", Args: args(arg("string1", "text"), arg("string2", "text, may be empty"), number("size", "2^size is the number of values")), Routes: any, Run: coreHash, Doc: "$rc is a hash of both texts, from 1 to 2^size."},
			{Name: "rand_event", Routes: any, Run: m.event, Doc: "True as often as the probability says."},
			{Name: "rand_set_prob", Args: args(number("probability", "0 to 100")), Routes: any, Run: m.setProbability, Doc: "Sets the percentage of rand_event()."},
			{Name: "rand_reset_prob", Routes: any, Run: m.resetProbability, Doc: "Sets it to initial_probability."},
			{Name: "rand_get_prob", Routes: any, Run: m.getProbability, Doc: "$rc is the percentage."},
			{Name: "sleep", Args: args(number("time", "seconds")), Routes: any, Run: sleep, Doc: "Waits, and lends the worker meanwhile."},
			{Name: "usleep", Args: args(number("time", "microseconds")), Routes: any, Run: sleepMicro, Doc: "Waits, and lends the worker meanwhile."},
			{Name: "set_gflag", Args: flag, Routes: any, Run: m.setFlag, Doc: "Sets a global flag, for all messages."},
			{Name: "reset_gflag", Args: flag, Routes: any, Run: m.resetFlag, Doc: "Clears a global flag."},
			{Name: "is_gflag", Args: flag, Routes: any, Run: m.isFlag, Doc: "True when the global flag is set."},
			{Name: "abort", Routes: any, Run: abort, Doc: "Ends the process at once with the stacks of all its parts on standard error, for debugging."},
			{Name: "pkg_status", Routes: any, Run: memory, Doc: "Writes the figures of the memory to the log. There is one memory: pkg_summary, shm_status and shm_summary do the same."},
			{Name: "pkg_summary", Routes: any, Run: memory, Doc: "The same as pkg_status."},
			{Name: "shm_status", Routes: any, Run: memory, Doc: "The same as pkg_status."},
			{Name: "shm_summary", Routes: any, Run: memory, Doc: "The same as pkg_status."},
		},
		Variables: []module.Variable{
			{Name: "RANDOM", Get: func(c *module.Call) module.Value { return avp.Number(int64(c.Host.Rand().Int32())) }, Doc: "a random number from 0 to 2^31-1"},
		},
		RPC: m.commands(),
	}
}

// Start implements module.Starter.
func (m *CfgUtils) Start(_ context.Context, h module.Host) error {
	m.probability.Store(int64(m.initialProbability))
	m.flags.Store(uint32(m.initialFlags))
	m.locks = h.Store("cfgutils:locks", func() any { return new(scriptlock.Set[string]) }).(*scriptlock.Set[string])
	h.OnRequestEnd(m.locks.UnlockAll)
	if m.hashFile != "" {
		var err error
		if m.hash, err = hashOf(m.hashFile); err != nil {
			return fmt.Errorf("hash_file: %w", err)
		}
	}
	return nil
}
