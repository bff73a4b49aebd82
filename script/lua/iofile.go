// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"os"
	"strings"
	"syscall"

	glua "github.com/yuin/gopher-lua"
)

// standardIO mends how the library io opens files, where there is one.
func standardIO(l *glua.LState) {
	lib, ok := l.GetGlobal("io").(*glua.LTable)
	if !ok {
		return
	}
	open := lib.RawGetString("open").(*glua.LFunction).GFunction
	lib.RawSetString("open", l.NewFunction(func(l *glua.LState) int { return ioOpen(l, open) }))
	lines := lib.RawGetString("lines").(*glua.LFunction)
	lib.RawSetString("lines", l.NewFunction(func(l *glua.LState) int {
		if l.Get(1) == glua.LNil {
			l.SetTop(0)
		} else {
			name := argString(l, 1, "lines")
			if err := opens(name, os.O_RDONLY); err != nil {
				text, _ := failure(err)
				badArgument(l, 1, "lines", name+": "+text)
			}
		}
		n := l.GetTop()
		l.Insert(lines, 1)
		l.Call(n, glua.MultRet)
		return l.GetTop()
	}))
}

// ioOpen is io.open. A mode is that of fopen: r, w or a, and what follows
// counts only if it is a +.
func ioOpen(l *glua.LState, open glua.LGFunction) int {
	name, mode := argString(l, 1, "open"), optString(l, 2, "open", "r")
	if mode == "" || !strings.Contains("rwa", mode[:1]) {
		return pushFailure(l, name, syscall.EINVAL)
	}
	flags := map[byte]int{'r': os.O_RDONLY, 'w': os.O_WRONLY | os.O_CREATE, 'a': os.O_WRONLY | os.O_CREATE}[mode[0]]
	plain := mode[:1]
	if strings.Contains(mode, "+") {
		plain, flags = plain+"+", flags&^os.O_WRONLY|os.O_RDWR
	}
	if err := opens(name, flags); err != nil {
		return pushFailure(l, name, err)
	}
	l.SetTop(0)
	l.Push(glua.LString(name))
	l.Push(glua.LString(plain))
	return open(l)
}

// opens tells why a file cannot be opened.
func opens(name string, flags int) error {
	f, err := os.OpenFile(name, flags, 0o666)
	if err != nil {
		return err
	}
	return f.Close()
}
