// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// startsWith is starts_with(str1, str2).
func startsWith(_ *module.Call, a module.Args) module.Result {
	return module.Bool(strings.HasPrefix(a.Str(0), a.Str(1)))
}

// endsWith is ends_with(str1, str2).
func endsWith(_ *module.Call, a module.Args) module.Result {
	return module.Bool(strings.HasSuffix(a.Str(0), a.Str(1)))
}
