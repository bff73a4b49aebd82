// SPDX-License-Identifier: Apache-2.0

// Package textopsx edits messages value by value and line by line.
package textopsx

import "github.com/kahea-sip/kahea/core/module"

func init() { module.Register("textopsx", func() module.Module { return new(Textopsx) }) }

// Textopsx is the module.
type Textopsx struct{}

// Exports implements module.Module.
func (t *Textopsx) Exports() module.Exports { return module.Exports{} }
