// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
)

var errNext = errors.New("via-branch=next needs a transaction: t_newtran() makes one, branch routes have one")

// nextBranch is the branch parameter that the next branch leaves with: in a branch route its own.
func nextBranch(c *module.Call) (string, error) {
	switch {
	case c.Tx == nil:
		return "", errNext
	case c.Route == module.BranchRoute && c.Branch >= 0:
		return c.Tx.BranchID(c.Branch), nil
	case !c.TxHeld:
		c.Tx.Lock(c.Out, c)
		defer c.Tx.Unlock()
	}
	return c.Tx.BranchID(len(c.Tx.Branches())), nil
}
