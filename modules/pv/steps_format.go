// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/module"
)

// formatSteps are {s.corehash}, {s.fmtlines} and {s.fmtlinet}.
func formatSteps() []module.Transformation {
	lines := func(name, doc string, pad byte) module.Transformation {
		return onText("s", name, doc, []module.Arg{integer("width"), integer("indent")}, func(c *module.Call, s string, a module.Args) module.Value {
			return build(c, func(b []byte) []byte { return formatLines(b, s, a.Int(0, 0), a.Int(1, 0), pad) })
		})
	}
	return []module.Transformation{
		onText("s", "corehash", "the hash of the core, below a power of two where one is given", []module.Arg{optional(integer("size"))},
			func(c *module.Call, s string, a module.Args) module.Value {
				h := coreHash(s)
				if n := a.Int(0, 0); n > 0 {
					h &= uint32(n - 1)
				}
				return build(c, func(b []byte) []byte { return strconv.AppendUint(b, uint64(h), 10) })
			}),
		lines("fmtlines", "lines of a width in bytes, those behind the first with blanks in front", ' '),
		lines("fmtlinet", "lines of a width in bytes, those behind the first with tabs in front", '\t'),
	}
}

// coreHash is the hash that scripts share with Kamailio's: words of four bytes,
// the last one of what is left, each folded and summed.
func coreHash(s string) uint32 {
	var h, v uint32
	for i := range len(s) {
		v = v<<8 + uint32(int8(s[i])) // bytes have a sign
		if i%4 == 3 {
			h, v = h+(v^v>>3), 0
		}
	}
	h += v ^ v>>3
	return h + h>>11 + h>>13 + h>>23
}

// maxIndent bounds what stands in front of a line.
const maxIndent = 256

// formatLines breaks s into lines of width bytes.
func formatLines(b []byte, s string, width, indent int, pad byte) []byte {
	for width > 0 && len(s) > width {
		b = append(append(b, s[:width]...), '\r', '\n')
		for range min(indent, maxIndent) {
			b = append(b, pad)
		}
		s = s[width:]
	}
	return append(b, s...)
}
