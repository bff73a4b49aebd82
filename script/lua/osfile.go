// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"

	glua "github.com/yuin/gopher-lua"
)

// standardOS puts our functions into the library os.
func standardOS(l *glua.LState) {
	lib := l.GetGlobal("os").(*glua.LTable)
	now := lib.RawGetString("time").(*glua.LFunction).GFunction
	l.SetFuncs(lib, map[string]glua.LGFunction{
		"date": osDate(now), "time": osTime(now), "remove": osRemove, "rename": osRename, "execute": osExecute,
		"setlocale": osSetLocale, "getenv": osGetenv, "difftime": osDifftime,
	})
	lib.RawSetString("setenv", glua.LNil)
}

// pushFailure gives nil, a text as the C library has it, and the number of the
// error.
func pushFailure(l *glua.LState, name string, err error) int {
	text, number := failure(err)
	if name != "" {
		text = name + ": " + text
	}
	l.Push(glua.LNil)
	l.Push(glua.LString(text))
	l.Push(glua.LNumber(number))
	return 3
}

func failure(err error) (string, syscall.Errno) {
	number, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return err.Error(), 0
	}
	text := number.Error()
	return strings.ToUpper(text[:1]) + text[1:], number
}

func osRemove(l *glua.LState) int {
	name := argString(l, 1, "remove")
	if err := os.Remove(name); err != nil {
		return pushFailure(l, name, err)
	}
	l.Push(glua.LTrue)
	return 1
}

func osRename(l *glua.LState) int {
	from, to := argString(l, 1, "rename"), argString(l, 2, "rename")
	if err := syscall.Rename(from, to); err != nil {
		return pushFailure(l, from, err)
	}
	l.Push(glua.LTrue)
	return 1
}

// osExecute runs a command of the shell. It gives the status as wait(2) has
// it; without a command, 1: there is a shell.
func osExecute(l *glua.LState) int {
	if l.Get(1) == glua.LNil {
		l.Push(glua.LNumber(1))
		return 1
	}
	cmd := exec.Command("/bin/sh", "-c", argString(l, 1, "execute"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	status := 0
	if err := cmd.Run(); err != nil {
		status = -1
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			status = int(e.Sys().(syscall.WaitStatus))
		}
	}
	l.Push(glua.LNumber(status))
	return 1
}

// osSetLocale knows one locale, C.
func osSetLocale(l *glua.LState) int {
	const fn = "setlocale"
	locale := optString(l, 1, fn, "C")
	switch category := optString(l, 2, fn, "all"); category {
	case "all", "collate", "ctype", "monetary", "numeric", "time":
	default:
		badArgument(l, 2, fn, "invalid option '"+category+"'")
	}
	if locale != "" && locale != "C" && locale != "POSIX" {
		l.Push(glua.LNil)
		return 1
	}
	l.Push(glua.LString("C"))
	return 1
}

func osGetenv(l *glua.LState) int {
	if v, ok := os.LookupEnv(argString(l, 1, "getenv")); ok {
		l.Push(glua.LString(v))
	} else {
		l.Push(glua.LNil)
	}
	return 1
}

func osDifftime(l *glua.LState) int {
	later, earlier := argNumber(l, 1, "difftime"), 0.0
	if l.Get(2) != glua.LNil {
		earlier = argNumber(l, 2, "difftime")
	}
	l.Push(glua.LNumber(later - earlier))
	return 1
}
