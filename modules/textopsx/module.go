// SPDX-License-Identifier: Apache-2.0

// Package textopsx edits messages value by value and line by line.
package textopsx

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func init() { module.Register("textopsx", func() module.Module { return new(Textopsx) }) }

// Textopsx is the module.
type Textopsx struct{}

const (
	anyRoute = module.AnyRoute
	received = module.RequestRoute | module.AnyReply
	onBoth   = module.RequestRoute | module.AnyReply | module.FailureRoute | module.BranchRoute
)

// Exports implements module.Module.
func (t *Textopsx) Exports() module.Exports {
	e := module.Exports{
		Doc: "Edits messages value by value and line by line, and lets scripts see edits before the message is sent.",
		Lua: luaFunctions(),
		Variables: []module.Variable{
			{Name: "hfitname", Bind: bindHeader(func(h sip.Header) string { return h.Name }), Doc: "$hfitname(iname): name of the header that the iterator is at"},
			{Name: "hfitbody", Bind: bindHeader(func(h sip.Header) string { return h.Value }), Doc: "$hfitbody(iname): value of the header that the iterator is at"},
			{Name: "blitval", Bind: bindLine, Doc: "$blitval(iname): line of the body that the iterator is at, line end included"},
		},
	}
	for _, functions := range [][]module.Function{messageFunctions(), valueFunctions(), iteratorFunctions()} {
		e.Functions = append(e.Functions, functions...)
	}
	return e
}

func args(a ...module.Arg) []module.Arg { return a }

func messageFunctions() []module.Function {
	code := module.Arg{Name: "code", Type: module.ArgInt, Doc: "100 to 699"}
	re := module.Arg{Name: "regexp", Type: module.ArgRegexp, Doc: "expression for the names of headers to keep, case ignored"}
	maybe := re
	maybe.Optional = true
	return []module.Function{
		{Name: "msg_apply_changes", Routes: received, Run: applyChanges,
			Doc: "Prints the message with all changes and reads it again, so that the script sees them. Not with a transaction, nor with Record-Route added."},
		{Name: "msg_set_buffer", Args: args(module.Arg{Name: "data", Doc: "the whole message"}), Routes: received, Run: setBuffer,
			Doc: "Replaces the whole message; a request stays a request. Under the same restrictions as msg_apply_changes."},
		{Name: "change_reply_status", Args: args(code, module.Arg{Name: "reason", Doc: "reason phrase"}), Routes: module.AnyReply, Run: changeStatus,
			Doc: "Changes code and reason of the reply. A code below 300 stays in its class, and none gets there."},
		{Name: "change_reply_status_code", Args: args(code), Routes: module.AnyReply, Run: changeCode, Doc: "Changes the code of the reply and leaves its reason."},
		{Name: "remove_body", Routes: anyRoute, Run: removeBody, Doc: "Removes the body; Content-Type stays."},
		{Name: "keep_hf", Args: args(maybe), Routes: anyRoute, Run: keepHeaders, Doc: "Removes all headers but those that routing needs and those whose names match. Always false, as in Kamailio."},
		{Name: "keep_hf_re", Args: args(re), Routes: anyRoute, Run: keepHeaders, Doc: "keep_hf with an expression, for Lua."},
		{Name: "fnmatch", Lua: "fnmatch; fnmatch_ex(str,str,str)", Args: args(module.Arg{Name: "value", Doc: "text"}, module.Arg{Name: "expr", Doc: "pattern with *, ? and [a-z]"},
			module.Arg{Name: "flags", Optional: true, Compile: parseMatchFlags, Doc: "i ignores case"}), Routes: anyRoute, Run: matchWildcard,
			Doc: "True when the text matches the pattern as a whole. A star matches slashes too."},
	}
}

func valueFunctions() []module.Function {
	hf := module.Arg{Name: "hf", Compile: valuePlace, Doc: "header, header[1] (first value), header[-1] (last)"}
	assigned := module.Arg{Name: "hf", Compile: assignedPlace, Doc: "header, header[2], header[-1], header.param, header[*].param"}
	removed := module.Arg{Name: "hf_par", Compile: anyPlace, Doc: "header, header[2], header[-1], header[*], header.param, header[*].param"}
	name := module.Arg{Name: "hf", Doc: "name of the header"}
	text := module.Arg{Name: "hvalue", Doc: "value"}
	return []module.Function{
		{Name: "append_hf_value", Args: args(hf, text), Routes: onBoth, Run: appendValue, Doc: "Adds a value behind the indexed one, as a header of its own where there is none or no index."},
		{Name: "insert_hf_value", Args: args(hf, text), Routes: onBoth, Run: insertValue, Doc: "Adds a value in front of the indexed one, as the first header of the name without index."},
		{Name: "remove_hf_value", Args: args(removed), Routes: onBoth, Run: removeValue(lists), Doc: "Removes a value, the first without index, or a parameter of it."},
		{Name: "remove_hf_value2", Args: args(removed), Routes: onBoth, Run: removeValue(wholes), Doc: "The same for headers such as Authorization, whose parameters are a comma list."},
		{Name: "assign_hf_value", Args: args(assigned, text), Routes: onBoth, Run: assignValue(lists), Doc: "Sets a value, or a parameter of it; an empty text leaves a parameter without value."},
		{Name: "assign_hf_value2", Args: args(assigned, text), Routes: onBoth, Run: assignValue(wholes), Doc: "The same for headers such as Authorization."},
		{Name: "include_hf_value", Args: args(name, text), Routes: onBoth, Run: includeValue, Doc: "Adds a value to a list such as Supported unless it is there."},
		{Name: "exclude_hf_value", Args: args(name, text), Routes: onBoth, Run: excludeValue, Doc: "Removes a value from such a list."},
		{Name: "hf_value_exists", Args: args(name, text), Routes: onBoth, Run: hasValue, Doc: "True when the value is in such a list, case ignored."},
	}
}

func iteratorFunctions() []module.Function {
	name := module.Arg{Name: "iname", Doc: "name of the iterator"}
	header := module.Arg{Name: "htext", Doc: `complete header with its line end (\r\n)`}
	line := module.Arg{Name: "text", Doc: `line with its line end (\r\n)`}
	const h, l = module.HeaderIterator, module.LineIterator
	return []module.Function{
		{Name: "hf_iterator_start", Args: args(name), Routes: anyRoute, Run: startIterator(h), Doc: "Puts an iterator in front of the first header. A message may have four."},
		{Name: "hf_iterator_end", Args: args(name), Routes: anyRoute, Run: endIterator(h), Doc: "Ends an iterator."},
		{Name: "hf_iterator_next", Args: args(name), Routes: anyRoute, Run: nextHeader, Doc: "Moves to the next header; false behind the last one."},
		{Name: "hf_iterator_prev", Args: args(name), Routes: anyRoute, Run: previousHeader, Doc: "Moves to the header before."},
		{Name: "hf_iterator_rm", Args: args(name), Routes: anyRoute, Run: removeElement(h), Doc: "Removes the header that the iterator is at."},
		{Name: "hf_iterator_append", Args: args(name, header), Routes: anyRoute, Run: appendElement(h), Doc: "Adds a header behind it."},
		{Name: "hf_iterator_insert", Args: args(name, header), Routes: anyRoute, Run: insertElement(h), Doc: "Adds a header in front of it."},
		{Name: "bl_iterator_start", Args: args(name), Routes: anyRoute, Run: startIterator(l), Doc: "Puts an iterator in front of the first line of the body. A message may have four."},
		{Name: "bl_iterator_end", Args: args(name), Routes: anyRoute, Run: endIterator(l), Doc: "Ends an iterator."},
		{Name: "bl_iterator_next", Args: args(name), Routes: anyRoute, Run: nextLine, Doc: "Moves to the next line; false behind the last one."},
		{Name: "bl_iterator_rm", Args: args(name), Routes: anyRoute, Run: removeElement(l), Doc: "Removes the line that the iterator is at."},
		{Name: "bl_iterator_append", Args: args(name, line), Routes: anyRoute, Run: appendElement(l), Doc: "Adds a line behind it."},
		{Name: "bl_iterator_insert", Args: args(name, line), Routes: anyRoute, Run: insertElement(l), Doc: "Adds a line in front of it."},
	}
}
