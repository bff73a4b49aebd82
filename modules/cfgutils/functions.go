// SPDX-License-Identifier: Apache-2.0

package cfgutils

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/slothash"
	"github.com/kahea-sip/kahea/core/timer"
)

// event is rand_event().
func (m *CfgUtils) event(c *module.Call, _ module.Args) module.Result {
	return module.Bool(c.Host.Rand().Int64N(100) < m.probability.Load())
}

// setProbability is rand_set_prob(percent).
func (m *CfgUtils) setProbability(c *module.Call, a module.Args) module.Result {
	n := a[0].Value.Int
	if n < 0 || n > 100 {
		return c.Fail("rand_set_prob", fmt.Errorf("%d is no percentage", n))
	}
	m.probability.Store(n)
	return module.True
}

// resetProbability is rand_reset_prob().
func (m *CfgUtils) resetProbability(*module.Call, module.Args) module.Result {
	m.probability.Store(int64(m.initialProbability))
	return module.True
}

// getProbability is rand_get_prob(). A probability of 0 ends the script, as any
// function does whose result is 0.
func (m *CfgUtils) getProbability(*module.Call, module.Args) module.Result {
	return module.Result(m.probability.Load())
}

// sleep is sleep(seconds).
func sleep(c *module.Call, a module.Args) module.Result { return wait(c, a, time.Second) }

// sleepMicro is usleep(microseconds).
func sleepMicro(c *module.Call, a module.Args) module.Result { return wait(c, a, time.Microsecond) }

func wait(c *module.Call, a module.Args, unit time.Duration) module.Result {
	d := time.Duration(min(max(a[0].Value.Int, 0), int64(1<<62/unit))) * unit
	timer.Wait(c.Host.Clock(), d, c.Context().Done(), c.Block)
	return module.True
}

func bit(a module.Args) (uint32, error) {
	n := a[0].Value.Int
	if n < 0 || n > 31 {
		return 0, fmt.Errorf("there is no flag %d: 0 to 31", n)
	}
	return 1 << n, nil
}

// setFlag is set_gflag(flag).
func (m *CfgUtils) setFlag(c *module.Call, a module.Args) module.Result {
	b, err := bit(a)
	if err != nil {
		return c.Fail("set_gflag", err)
	}
	m.flags.Or(b)
	return module.True
}

// resetFlag is reset_gflag(flag).
func (m *CfgUtils) resetFlag(c *module.Call, a module.Args) module.Result {
	b, err := bit(a)
	if err != nil {
		return c.Fail("reset_gflag", err)
	}
	m.flags.And(^b)
	return module.True
}

// isFlag is is_gflag(flag).
func (m *CfgUtils) isFlag(c *module.Call, a module.Args) module.Result {
	b, err := bit(a)
	if err != nil {
		return c.Fail("is_gflag", err)
	}
	return module.Bool(m.flags.Load()&b != 0)
}

// needLocks is the Prepare of lock and its like.
func (m *CfgUtils) needLocks(module.Binder, module.Args) error {
	if m.lockSetSize == 0 {
		return errors.New("there are no locks: set the parameter lock_set_size of cfgutils")
	}
	return nil
}

// key is that of lock(key, key2). It outlives the message where a script waits.
func key(a module.Args) string {
	if !a[1].Given {
		return strings.Clone(a.Str(0))
	}
	return a.Str(0) + "\x00" + a.Str(1)
}

// lock is lock(key).
func (m *CfgUtils) lock(c *module.Call, a module.Args) module.Result {
	if m.locks.Lock(c, key(a)) {
		c.Fail("lock", errors.New("the key was locked for 10 s: the script that locked it does not unlock it on all its ways"))
	}
	return module.True
}

// tryLock is trylock(key).
func (m *CfgUtils) tryLock(c *module.Call, a module.Args) module.Result {
	return module.Bool(m.locks.TryLock(c, key(a)))
}

// unlock is unlock(key).
func (m *CfgUtils) unlock(c *module.Call, a module.Args) module.Result {
	if !m.locks.Unlock(c, key(a)) {
		return c.Fail("unlock", errors.New("the script has not locked the key"))
	}
	return module.True
}

// checkRoute is check_route_exists(route).
func checkRoute(c *module.Call, a module.Args) module.Result {
	_, ok := c.Gen.Program.Lookup(module.RequestRoute, a.Str(0))
	return module.Bool(ok && a.Str(0) != "")
}

// runRoute is route_if_exists(route).
func runRoute(c *module.Call, a module.Args) module.Result {
	r, ok := c.Gen.Program.Lookup(module.RequestRoute, a.Str(0))
	if !ok || a.Str(0) == "" {
		return module.False
	}
	out := c.Gen.Program.Run(c, r)
	if out.Exit || out.Drop {
		return module.Stop
	}
	return out.Result
}

// coreHash is core_hash(string1, string2, size). A size that is no exponent of 32
// bits is one of the low five bits of it, as with the reference.
func coreHash(_ *module.Call, a module.Args) module.Result {
	size := a[2].Value.Int
	if size <= 0 {
		size = 2
	}
	return module.Result(slothash.Sum(a.Str(0), a.Str(1))&(1<<(size&31)-1)) + 1
}

// abort is abort().
func abort(c *module.Call, _ module.Args) module.Result {
	c.Log().Log(c.Context(), module.LevelAlert, "abort() was called", "at", c.Line)
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Signal(syscall.SIGABRT)
	}
	if err != nil {
		return c.Fail("abort", err)
	}
	return module.Stop
}

// memory is pkg_status and its like.
func memory(c *module.Call, _ module.Args) module.Result {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	c.Log().Log(c.Context(), module.LevelNotice, "memory", "used", s.HeapAlloc, "obtained", s.Sys, "objects", s.HeapObjects, "collections", s.NumGC, "at", c.Line)
	return module.True
}
