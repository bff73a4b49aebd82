// SPDX-License-Identifier: Apache-2.0

package check

import (
	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
)

// declareFlags gives numbers to the names of flags declarations: those given,
// and to the others the lowest that are free.
func (c *checker) declareFlags() {
	c.flags = map[string]int64{}
	taken := map[int64]bool{}
	var free []*syntax.FlagDecl
	first := map[string]source.Pos{}
	for _, it := range c.file.Items {
		f, ok := it.(*syntax.Flags)
		if !ok || f.Kind != "flags" {
			continue
		}
		for _, d := range f.Decls {
			if at, ok := first[d.FlagName()]; ok {
				c.errs.AddSpan(d.Span, "the first one stands at "+at.String(), "flag %s is declared twice", d.FlagName())
				continue
			}
			first[d.FlagName()] = d.Pos
			if d.Number == nil {
				free = append(free, d)
				continue
			}
			if n := d.Number.Value; n < 0 || n > 31 {
				c.errs.AddSpan(d.Span, "flags have the numbers 0 to 31", "flag number %d is out of range", n)
			}
			c.flags[d.FlagName()] = d.Number.Value
			taken[d.Number.Value] = true
		}
	}
	next := int64(0)
	for _, d := range free {
		for taken[next] {
			next++
		}
		if next > 31 {
			c.errs.AddSpan(d.Span, "there are 32 flags", "no flag number is left for %s", d.FlagName())
			return
		}
		c.flags[d.FlagName()] = next
		taken[next] = true
	}
}
