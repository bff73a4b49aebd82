// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/kahea-sip/kahea/core/module"

// lists undoes what binrpc does to lists of structures: a structure in which a
// name comes again is a list, of which a new element begins there.
func lists(v any) any {
	switch v := v.(type) {
	case module.List:
		out := make(module.List, len(v))
		for i, e := range v {
			out[i] = lists(e)
		}
		return out
	case *module.Struct:
		elements := module.List{&module.Struct{}}
		seen := map[string]bool{}
		for _, f := range v.Fields {
			if seen[f.Name] {
				elements = append(elements, &module.Struct{})
				clear(seen)
			}
			seen[f.Name] = true
			last := elements[len(elements)-1].(*module.Struct)
			last.Fields = append(last.Fields, module.Field{Name: f.Name, Value: lists(f.Value)})
		}
		if len(elements) == 1 {
			return elements[0]
		}
		return elements
	}
	return v
}

// unwrap returns the structures of a list whose elements all are one member of
// the same name that is a structure, and that name.
func unwrap(l module.List) (rows []*module.Struct, name string, ok bool) {
	for _, e := range l {
		s, isStruct := e.(*module.Struct)
		if !isStruct || len(s.Fields) != 1 || name != "" && s.Fields[0].Name != name {
			return nil, "", false
		}
		inner, isStruct := s.Fields[0].Value.(*module.Struct)
		if !isStruct {
			return nil, "", false
		}
		name = s.Fields[0].Name
		rows = append(rows, inner)
	}
	return rows, name, len(rows) > 0
}
