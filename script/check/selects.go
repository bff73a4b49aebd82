// SPDX-License-Identifier: Apache-2.0

package check

import (
	"strconv"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/script/expr"
	"github.com/kahea-sip/kahea/script/variable"
)

// selectModules are the modules of the reference that bring selects, by their first word.
var selectModules = map[string]string{"tls": "tls", "timer": "timer", "db": "db2_ops", "xmlrpc": "xmlrpc", "nathelper": "nathelper"}

// selectNode resolves @path: it is what $sel(path) gives, but never null. A
// path that leads nowhere is taken, as in Kamailio, with a warning: it is
// empty, or what stands before its unknown part where that is a URI or a header.
func (c *checker) selectNode(x *syntax.Select) expr.Node {
	r, err := variable.Parse(c, "$sel("+x.Raw[1:]+")")
	if err == nil {
		return expr.Select{Ref: r}
	}
	first := x.Path[0].Name
	if owner := selectModules[first]; owner != "" && c.loaded("pv") != nil {
		switch {
		case c.missing[owner]:
		case c.loaded(owner) != nil:
			c.report(source.NotYet, x.Span, "", "module %[2]s has no select %[1]s", x.Raw, owner)
		default:
			c.warn(x.Span, "", "select %s is of module %s, which is not loaded: it is empty", x.Raw, owner)
		}
		return expr.String("")
	}
	if c.loaded("pv") == nil || first == "cfg_get" {
		c.fail(x.Span, err)
		return nil
	}
	e := &source.Error{Pos: x.Pos, End: x.Fin, Rule: source.Variable, Message: "there is no select " + x.Raw + ": it is empty", Advice: err.Error()}
	known := knownSelect(x.Path)
	if known != "" {
		r, err = variable.Parse(c, "$sel("+known+")")
	}
	if known == "" || err != nil {
		c.errs.Warn(e)
		return expr.String("")
	}
	e.Message = "there is no select " + x.Raw + ": it gives @" + known
	c.errs.Warn(e)
	return expr.Select{Ref: r}
}

// knownSelect is the part of a path in front of an unknown one that gives a
// value by itself: a URI, or a header; "" for none.
func knownSelect(path []syntax.SelectPart) string {
	first := path[0].Name
	switch first {
	case "ruri", "dst_uri", "next_hop":
		return first
	case "hf_value", "hf_value2":
		if len(path[0].Index) > 0 {
			return first + indexText(path[0])
		}
		if len(path) > 1 {
			return first + "." + path[1].Name + indexText(path[1])
		}
	}
	if len(path) > 1 && path[1].Name == "uri" && len(path[0].Index) == 0 {
		return first + ".uri"
	}
	return ""
}

func indexText(p syntax.SelectPart) string {
	switch {
	case len(p.Index) == 0:
		return ""
	case p.Index[0].IsString:
		return "[" + strconv.Quote(p.Index[0].Text) + "]"
	}
	return "[" + p.Index[0].Text + "]"
}
