// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// methods is a compiled argument of is_method.
type methods struct {
	known sip.Method
	// others are the names that have no bit.
	others []string
}

// parseMethods reads "INVITE|BYE", in any case.
func parseMethods(text string) (any, error) {
	m := new(methods)
	for name := range strings.SplitSeq(text, "|") {
		name = strings.TrimSpace(name)
		if bit := sip.ParseMethods(name, ""); bit != sip.MethodOther {
			m.known |= bit
		} else {
			m.others = append(m.others, name)
		}
	}
	return m, nil
}

// isMethod is is_method(name). A reply has the method of its CSeq.
func isMethod(c *module.Call, a module.Args) module.Result {
	m, ok := a[0].Data.(*methods)
	if !ok {
		return module.False
	}
	if c.Msg.Method&^sip.MethodOther&m.known != 0 {
		return module.True
	}
	bit, name := c.Msg.Method, c.Msg.MethodName
	if bit == sip.MethodNone {
		q, err := c.Msg.CSeq()
		if err != nil {
			return module.False
		}
		bit, name = q.Method, q.MethodName
	}
	if bit == sip.MethodOther {
		// Kamailio knows the methods in any case.
		if bit = sip.ParseMethods(name, ""); bit == sip.MethodOther {
			return module.Bool(m.hasOther(name))
		}
	}
	return module.Bool(bit&m.known != 0)
}

func (m *methods) hasOther(name string) bool {
	for _, o := range m.others {
		if sip.EqualFold(o, name) {
			return true
		}
	}
	return false
}
