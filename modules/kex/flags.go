// SPDX-License-Identifier: Apache-2.0

package kex

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
)

var (
	errFlag   = errors.New("a flag is a number of 0 to 31")
	errBranch = errors.New("there is no such branch")
)

// bit is the mask of a flag; ok is false for a number out of range.
func bit(n int) (mask uint32, ok bool) {
	if n < 0 || n > 31 {
		return 0, false
	}
	return 1 << n, true
}

func setScriptFlag(c *module.Call, a module.Args) module.Result {
	mask, ok := bit(a.Int(0, 0))
	if !ok {
		return c.Fail("setsflag", errFlag)
	}
	c.ScriptFlags |= mask
	return module.True
}

func isScriptFlag(c *module.Call, a module.Args) module.Result {
	mask, ok := bit(a.Int(0, 0))
	return module.Bool(ok && c.ScriptFlags&mask != 0)
}

func resetScriptFlag(c *module.Call, a module.Args) module.Result {
	mask, ok := bit(a.Int(0, 0))
	if !ok {
		return c.Fail("resetsflag", errFlag)
	}
	c.ScriptFlags &^= mask
	return module.True
}

// branchFlags finds the flags of a branch: 0 is the main one.
func branchFlags(c *module.Call, index int) *uint32 {
	switch {
	case index == 0:
		return &c.Target.Flags
	case index > 0 && index <= len(c.Branches):
		return &c.Branches[index-1].Flags
	}
	return nil
}

func setBranchFlag(c *module.Call, a module.Args) module.Result {
	mask, ok := bit(a.Int(0, 0))
	flags := branchFlags(c, a.Int(1, 0))
	switch {
	case !ok:
		return c.Fail("setbflag", errFlag)
	case flags == nil:
		return c.Fail("setbflag", errBranch)
	}
	*flags |= mask
	return module.True
}

func isBranchFlag(c *module.Call, a module.Args) module.Result {
	mask, ok := bit(a.Int(0, 0))
	flags := branchFlags(c, a.Int(1, 0))
	return module.Bool(ok && flags != nil && *flags&mask != 0)
}

func resetBranchFlag(c *module.Call, a module.Args) module.Result {
	mask, ok := bit(a.Int(0, 0))
	flags := branchFlags(c, a.Int(1, 0))
	switch {
	case !ok:
		return c.Fail("resetbflag", errFlag)
	case flags == nil:
		return c.Fail("resetbflag", errBranch)
	}
	*flags &^= mask
	return module.True
}
