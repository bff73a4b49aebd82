// SPDX-License-Identifier: Apache-2.0

// Package diversion adds Diversion headers (RFC 5806).
package diversion

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func init() { module.Register("diversion", func() module.Module { return New() }) }

// Diversion is the module.
type Diversion struct {
	suffix string
}

// New returns the module with its defaults.
func New() *Diversion { return new(Diversion) }

// Exports implements module.Module.
func (d *Diversion) Exports() module.Exports {
	return module.Exports{
		Doc: "Adds Diversion headers, which tell who diverted a call and why.",
		Params: []module.Param{
			{Name: "suffix", Set: &d.suffix, Doc: `text behind each header, ";privacy=full"`},
		},
		Functions: []module.Function{
			{Name: "add_diversion", Lua: "add_diversion(str); add_diversion_uri(str,str)", Args: []module.Arg{{Name: "reason", Doc: "user-busy, no-answer, unconditional …"},
				{Name: "uri", Optional: true, Doc: "who diverts the call; without it the Request-URI as it came"}},
				Routes: module.RequestRoute | module.FailureRoute | module.BranchRoute, Run: d.add,
				Doc: "Adds Diversion on top of those that are there."},
		},
	}
}

var errLine = errors.New("a line end cannot stand in a header")

// add is add_diversion(reason[, uri]).
func (d *Diversion) add(c *module.Call, a module.Args) module.Result {
	uri := c.Msg.RequestURI
	if a[1].Given {
		uri = a.Str(1)
	}
	text := append(append(c.Mem.Begin(), "Diversion: <"...), uri...)
	text = append(append(text, ">;reason="...), a.Str(0)...)
	line := c.Mem.Keep(append(append(text, d.suffix...), "\r\n"...))
	if strings.IndexByte(line, '\n') != len(line)-1 || strings.IndexByte(line, '\r') != len(line)-2 {
		return c.Fail("add_diversion", errLine)
	}
	c.Msg.Insert(top(c.Msg), sip.Before, line)
	return module.True
}

// top is where the topmost Diversion stands: before the first one that came, or
// behind all headers that did, before what was put there.
func top(m *sip.Message) int {
	if i := m.First(sip.HeaderDiversion); i >= 0 {
		return m.Offset(m.Header(i).Name)
	}
	return m.HeadersEnd()
}
