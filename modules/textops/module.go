// SPDX-License-Identifier: Apache-2.0

// Package textops searches and changes the text of messages.
package textops

import "github.com/kahea-sip/kahea/core/module"

func init() { module.Register("textops", func() module.Module { return new(Textops) }) }

// Textops is the module.
type Textops struct{}

const anyRoute = module.AnyRoute

// Exports implements module.Module.
func (t *Textops) Exports() module.Exports {
	name := module.Arg{Name: "hname", Compile: headerName, Doc: "name of the header, in any case, compact or full"}
	header := func(doc, place string) []module.Arg {
		return []module.Arg{{Name: "txt", Doc: "complete header with its line end (\\r\\n)"}, {Name: "hdr", Optional: true, Doc: place}}
	}
	two := func(one, two string) []module.Arg {
		return []module.Arg{{Name: "str1", Doc: one}, {Name: "str2", Doc: two}}
	}
	return module.Exports{
		Doc: "Searches and changes the text of messages: headers, body, Request-URI.",
		Functions: []module.Function{
			{Name: "is_method", Args: []module.Arg{{Name: "name", Compile: parseMethods, Doc: `method, or several separated by "|"`}}, Routes: anyRoute, Run: isMethod, Lua: "is_method",
				Doc: "True when the request, or the CSeq of the reply, has one of the methods."},
			{Name: "append_hf", Args: header("", "header behind the last of which it goes"), Routes: anyRoute, Run: appendHeader, Lua: "-",
				Doc: "Adds a header behind all others, or behind the last one with the given name."},
			{Name: "insert_hf", Args: header("", "header in front of the first of which it goes"), Routes: anyRoute, Run: insertHeader, Lua: "-",
				Doc: "Adds a header in front of all others, or in front of the first one with the given name."},
			{Name: "remove_hf", Args: []module.Arg{name}, Routes: anyRoute, Run: removeHeader, Doc: "Removes all headers with the name; false when there is none."},
			{Name: "is_present_hf", Args: []module.Arg{name}, Routes: anyRoute, Run: hasHeader, Doc: "True when the message arrived with such a header."},
			{Name: "starts_with", Args: two("text", "prefix"), Routes: anyRoute, Run: startsWith, Doc: "True when the first string starts with the second."},
			{Name: "ends_with", Args: two("text", "suffix"), Routes: anyRoute, Run: endsWith, Doc: "True when the first string ends with the second."},
		},
	}
}
