// SPDX-License-Identifier: Apache-2.0

package corex

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

var (
	errBranches = errors.New("there are as many branches as max_branches allows")
	errQ        = errors.New("a priority is a number of 0 to 1")
	errURI      = errors.New("not a URI")
)

// appendBranch is append_branch([uri[, q]]).
func appendBranch(c *module.Call, a module.Args) module.Result {
	if max := c.Host.Core().MaxBranches; max > 0 && len(c.Branches)+1 >= max {
		return c.Fail("append_branch", errBranches)
	}
	t := c.Target
	t.Q = transaction.QUnset
	if a[0].Given && a.Str(0) != "" {
		if _, err := sip.ParseURI(a.Str(0)); err != nil {
			return c.Fail("append_branch", errURI)
		}
		t.URI = c.Keep(a.Str(0))
		t.RUID, t.Instance, t.RegID, t.UserAgent, t.OriginalURI, t.Conn = "", "", 0, "", "", 0
	}
	if a[1].Given && a.Str(1) != "" {
		q, ok := sip.ParseQ(a.Str(1))
		if !ok {
			return c.Fail("append_branch", errQ)
		}
		t.Q = int16(q)
	}
	c.Branches = append(c.Branches, t)
	return module.True
}

func setXFlag(c *module.Call, a module.Args) module.Result {
	n := a.Int(0, -1)
	if n < 0 || n > 63 {
		return c.Fail("setxflag", errFlag)
	}
	c.XFlags |= 1 << n
	return module.True
}

func isXFlag(c *module.Call, a module.Args) module.Result {
	n := a.Int(0, -1)
	return module.Bool(n >= 0 && n <= 63 && c.XFlags&(1<<n) != 0)
}

func resetXFlag(c *module.Call, a module.Args) module.Result {
	n := a.Int(0, -1)
	if n < 0 || n > 63 {
		return c.Fail("resetxflag", errFlag)
	}
	c.XFlags &^= 1 << n
	return module.True
}

var errFlag = errors.New("an extended flag is a number of 0 to 63")
