// SPDX-License-Identifier: Apache-2.0

package lua

import (
	glua "github.com/yuin/gopher-lua"
)

// tableInsert is table.insert: at the end, or at a place with all behind it
// moved up.
func tableInsert(l *glua.LState) int {
	const fn = "insert"
	t := argTable(l, 1, fn)
	end := t.Len() + 1
	switch l.GetTop() {
	case 2:
		t.RawSetInt(end, l.Get(2))
	case 3:
		at := argInt(l, 2, fn)
		for i := end; i > at; i-- {
			t.RawSetInt(i, t.RawGetInt(i-1))
		}
		t.RawSetInt(at, l.Get(3))
	default:
		l.RaiseError("wrong number of arguments to 'insert'")
	}
	return 0
}

// tableConcat is table.concat: strings, and numbers as Lua prints them.
func tableConcat(l *glua.LState) int {
	const fn = "concat"
	t := argTable(l, 1, fn)
	separator := optString(l, 2, fn, "")
	first := optInt(l, 3, fn, 1)
	last := t.Len()
	if l.Get(4) != glua.LNil {
		last = argInt(l, 4, fn)
	}
	var out []byte
	for i := first; i <= last; i++ {
		switch v := t.RawGetInt(i).(type) {
		case glua.LString:
			out = append(out, v...)
		case glua.LNumber:
			out = append(out, numberText(float64(v))...)
		default:
			l.RaiseError("invalid value (%s) at index %d in table for 'concat'", v.Type(), i)
		}
		if i < last {
			out = append(out, separator...)
		}
		if len(out) > maxText {
			l.RaiseError("%s", errText)
		}
	}
	room(l, len(out))
	l.Push(glua.LString(out))
	return 1
}

// tableRemove is table.remove: the last element, or the one at a place with
// all behind it moved down. A place without element gives nothing.
func tableRemove(l *glua.LState) int {
	t := argTable(l, 1, "remove")
	end := t.Len()
	at := optInt(l, 2, "remove", end)
	if at < 1 || at > end {
		return 0
	}
	l.Push(t.RawGetInt(at))
	for i := at; i < end; i++ {
		t.RawSetInt(i, t.RawGetInt(i+1))
	}
	t.RawSetInt(end, glua.LNil)
	return 1
}
