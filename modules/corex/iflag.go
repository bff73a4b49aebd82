// SPDX-License-Identifier: Apache-2.0

package corex

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
)

var errInternalFlag = errors.New("expected USE_UAC_FROM, USE_UAC_TO or UAC_AUTH")

// notSet is what msg_iflag_is_set returns for a flag that is not set.
const notSet module.Result = -2

// internalFlag reads the name of an internal flag, in any case.
func internalFlag(text string) (any, error) {
	for _, f := range [...]struct {
		name string
		flag transaction.InternalFlag
	}{{"USE_UAC_FROM", transaction.UseUACFrom}, {"USE_UAC_TO", transaction.UseUACTo}, {"UAC_AUTH", transaction.UACAuth}} {
		if strings.EqualFold(text, f.name) {
			return f.flag, nil
		}
	}
	return nil, errInternalFlag
}

func setInternalFlag(c *module.Call, a module.Args) module.Result {
	f, ok := a[0].Data.(transaction.InternalFlag)
	if !ok {
		return c.Fail("msg_iflag_set", errInternalFlag)
	}
	c.Internal |= f
	return module.True
}

func resetInternalFlag(c *module.Call, a module.Args) module.Result {
	f, ok := a[0].Data.(transaction.InternalFlag)
	if !ok {
		return c.Fail("msg_iflag_reset", errInternalFlag)
	}
	c.Internal &^= f
	return module.True
}

func isInternalFlag(c *module.Call, a module.Args) module.Result {
	f, ok := a[0].Data.(transaction.InternalFlag)
	switch {
	case !ok:
		return c.Fail("msg_iflag_is_set", errInternalFlag)
	case c.Internal&f == 0:
		return notSet
	}
	return module.True
}
