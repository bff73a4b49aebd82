// SPDX-License-Identifier: Apache-2.0

package core

import (
	"errors"
	"log/slog"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

var errFlag = errors.New("a flag is a number of 0 to 31")

// checkFlag refuses constant numbers that are no flags.
func checkFlag(text string) (any, error) {
	if n, err := strconv.Atoi(text); err == nil && (n < 0 || n > 31) {
		return nil, errFlag
	}
	return nil, nil
}

func flagBit(a module.Args) (uint32, bool) {
	n := a.Int(0, -1)
	return 1 << (uint(n) & 31), 0 <= n && n <= 31
}

func setFlag(c *module.Call, a module.Args) module.Result {
	bit, ok := flagBit(a)
	if !ok {
		return c.Fail("setflag", errFlag)
	}
	c.Flags |= bit
	return module.True
}

func resetFlag(c *module.Call, a module.Args) module.Result {
	bit, ok := flagBit(a)
	if !ok {
		return c.Fail("resetflag", errFlag)
	}
	c.Flags &^= bit
	return module.True
}

func isFlagSet(c *module.Call, a module.Args) module.Result {
	bit, ok := flagBit(a)
	return module.Bool(ok && c.Flags&bit != 0)
}

var levelNames = map[string]int{"L_ALERT": -5, "L_BUG": -4, "L_CRIT2": -3, "L_CRIT": -2, "L_ERR": -1, "L_WARN": 0, "L_NOTICE": 1,
	"L_INFO": 2, "L_DBG": 3}

func logText(c *module.Call, a module.Args) module.Result {
	level, text := module.LevelOf(3), a.Str(len(a)-1)
	if len(a) == 2 {
		word := a.Str(0)
		n, ok := levelNames[word]
		if !ok {
			var err error
			if n, err = strconv.Atoi(word); err != nil {
				return c.Fail("log", errors.New("unknown log level "+word))
			}
		}
		level = module.LevelOf(n)
	}
	c.Log().Log(c.Context(), slog.Level(level), strings.TrimRight(text, "\n"))
	return module.True
}
