// SPDX-License-Identifier: Apache-2.0

package textopsx

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/wildcard"
)

func parseMatchFlags(text string) (any, error) {
	switch text {
	case "":
		return false, nil
	case "i":
		return true, nil
	}
	return nil, errors.New("unknown flag: it is i (case ignored)")
}

// matchWildcard is fnmatch(value, expr[, flags]).
func matchWildcard(c *module.Call, a module.Args) module.Result {
	fold, ok := a[2].Data.(bool)
	if a[2].Given && !ok {
		return c.Fail("fnmatch", a[2].Err)
	}
	return module.Bool(wildcard.Match(a.Str(1), a.Str(0), fold))
}
