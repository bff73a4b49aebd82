// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
	glua "github.com/yuin/gopher-lua"
)

// libraryPath is where Debian keeps modules in C, package.cpath of its Lua 5.1.
const libraryPath = "./?.so;/usr/local/lib/lua/5.1/?.so;/usr/lib/x86_64-linux-gnu/lua/5.1/?.so;/usr/lib/aarch64-linux-gnu/lua/5.1/?.so;/usr/lib/lua/5.1/?.so"

// inC are the usual modules in C, by the first part of their names, and what does
// their work here.
var inC = map[string]string{
	"cjson": jsonAdvice, "rapidjson": jsonAdvice, "yajl": jsonAdvice,
	"luasql": sqlAdvice, "lsqlite3": sqlAdvice, "pgsql": sqlAdvice, "mysql": sqlAdvice, "odbc": sqlAdvice, "dbi": sqlAdvice,
	"socket": httpAdvice, "ssl": httpAdvice, "mime": httpAdvice, "cqueues": httpAdvice, "lcurl": httpAdvice, "cURL": httpAdvice, "curl": httpAdvice,
	"hiredis": "use KSR.ndb_redis.redis_cmd of the module ndb_redis",
	"lfs":     "use io and os", "posix": "use io and os",
	"bit":  "write it with math.floor and %",
	"lpeg": "use string.match, or a module in plain Lua", "rex_pcre": "use string.match, or KSR.regex of the module regex",
	"crypto": "use the transformations {s.md5} and {s.sha256} of variables", "md5": "use the transformation {s.md5} of variables",
	"zlib": "", "lxp": "", "iconv": "", "term": "", "openssl": "",
}

const (
	jsonAdvice = "use KSR.jansson.get of the module jansson, or a module in plain Lua such as dkjson"
	sqlAdvice  = "use KSR.sqlops.sql_query of the module sqlops"
	httpAdvice = "use KSR.http_client.query of the module http_client"
)

const cannotLoad = "modules in C cannot be loaded"

// modules gives require the loaders of here: scripts are compiled as those that the
// configuration names, and what is in C is told as that.
func (s *state) modules() {
	lib := s.lua.GetGlobal("package").(*glua.LTable)
	loaders := lib.RawGetString("loaders").(*glua.LTable)
	loaders.RawSetInt(2, s.lua.NewFunction(s.loadModule))
	loaders.RawSetInt(3, s.lua.NewFunction(s.refuseModule))
	lib.RawSetString("loadlib", s.lua.NewFunction(func(l *glua.LState) int {
		l.Push(glua.LNil)
		l.Push(glua.LString(cannotLoad))
		l.Push(glua.LString("absent"))
		return 3
	}))
}

// loadModule is the loader of modules in Lua.
func (s *state) loadModule(l *glua.LState) int {
	name := l.CheckString(1)
	path, ok := l.GetField(l.GetGlobal("package"), "path").(glua.LString)
	if !ok {
		l.RaiseError("package.path must be a string")
	}
	file, tried := searchPath(name, string(path))
	if file == "" {
		l.Push(glua.LString(tried))
		return 1
	}
	script, err := Compile(file)
	if err != nil {
		l.Error(glua.LString(fmt.Sprintf("%serror loading module '%s' from file '%s': %s", s.levelPlace(l, 2), name, file, inLine.Replace(err.Error()))), 0)
	}
	l.Push(l.NewFunctionFromProto(script.proto))
	return 1
}

// refuseModule is the last loader.
func (s *state) refuseModule(l *glua.LState) int {
	name := l.CheckString(1)
	if message, advice := moduleInC(name); message != "" {
		if advice != "" {
			message += ": " + advice
		}
		l.Error(glua.LString(s.levelPlace(l, 2)+message), 0)
	}
	l.Push(glua.LString("no module in C: they cannot be loaded"))
	return 1
}

// moduleInC says of a module that it is in C, "" where that is not known.
func moduleInC(name string) (message, advice string) {
	family, _, _ := strings.Cut(name, ".")
	advice, known := inC[family]
	if !known {
		if file, _ := searchPath(name, libraryPath); file == "" {
			return "", ""
		}
	}
	return "the module " + name + " is in C: " + cannotLoad, advice
}

// searchPath finds the file of a module; tried are the places where it is not.
func searchPath(name, path string) (file, tried string) {
	name = strings.ReplaceAll(name, ".", "/")
	var missing []string
	for pattern := range strings.SplitSeq(path, ";") {
		file := strings.ReplaceAll(pattern, "?", name)
		if _, err := os.Stat(file); err == nil {
			return file, ""
		}
		missing = append(missing, "no file '"+file+"'")
	}
	return "", strings.Join(missing, "\n\t")
}

// required tells of the modules that a script takes and that cannot be loaded; seen
// are those that were looked at.
func (s *Script) required(seen *[]string) []*source.Error {
	path := os.Getenv(glua.LuaPath)
	if path == "" {
		path = packagePath
	}
	var found []*source.Error
	for _, r := range s.ksr.requires {
		if slices.Contains(*seen, r.path) {
			continue
		}
		*seen = append(*seen, r.path)
		tell := func(message, advice string) {
			found = append(found, &source.Error{Pos: r.pos, Message: message, Advice: advice})
		}
		file, _ := searchPath(r.path, path)
		if file == "" {
			if message, advice := moduleInC(r.path); message != "" {
				tell(message, advice)
			}
			continue
		}
		script, err := Compile(file)
		if err != nil {
			tell("the module "+r.path+" cannot be loaded: "+inLine.Replace(err.Error()), "")
			continue
		}
		found = append(found, script.required(seen)...)
	}
	return found
}
