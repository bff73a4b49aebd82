// SPDX-License-Identifier: Apache-2.0

package refserver

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// KEMIExamples is where Debian's package has its example of a server in Lua.
const KEMIExamples = "/usr/share/doc/kamailio/examples/kemi"

// databaseFlags are those of its flags that need a database with accounts.
var databaseFlags = []string{"WITH_MYSQL", "WITH_AUTH", "WITH_IPAUTH", "WITH_USRLOCDB", "WITH_ACCDB"}

// KEMI writes the example into a folder and returns the path of its configuration. Both files are as they are installed, but for the flags
// that need a module that ships denies, and those that need a database where there is none. Beside them lies the file that the example reads where there is one: it turns Lua on
// and says where the script is; local is more text for it.
func KEMI(dir string, ships func(module string) bool, local string, database bool) (string, error) {
	files := map[string]string{"kamailio-local.cfg": "#!define WITH_CFGLUA\n#!subst \"!/usr/local/etc/kamailio/!" + dir + "/!g\"\n" + local}
	const cfg, script = "kamailio-basic-kemi.cfg", "kamailio-basic-kemi-lua.lua"
	for _, name := range []string{cfg, script} {
		text, err := os.ReadFile(filepath.Join(KEMIExamples, name))
		if err != nil {
			return "", fmt.Errorf("the example in Lua is not installed: %w", err)
		}
		files[name] = string(text)
	}
	for flag, modules := range flagModules(files[cfg]) {
		for _, m := range modules {
			if !ships(m) && !(database && slices.Contains(databaseFlags, flag)) {
				files[cfg] = without(files[cfg], flag)
			}
		}
	}
	if !database {
		for _, flag := range databaseFlags {
			files[cfg] = without(files[cfg], flag)
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, cfg), nil
}

// KEMIOf is KEMI for a test, which is skipped (see Absent) where the example is not installed.
func KEMIOf(t *testing.T, ships func(module string) bool) string {
	t.Helper()
	cfg, err := KEMI(t.TempDir(), ships, "", false)
	if err != nil {
		Absent(t, err.Error())
	}
	return cfg
}

// without takes the definition of a flag out.
func without(text, flag string) string {
	return strings.Replace(text, "\n#!define "+flag+"\n", "\n", 1)
}

// flagModules are the modules that a configuration loads under each of its flags.
func flagModules(text string) map[string][]string {
	all := map[string][]string{}
	var open []string
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "#!ifdef" || words[0] == "#!ifndef":
			open = append(open, words[len(words)-1])
		case words[0] == "#!endif" && len(open) > 0:
			open = open[:len(open)-1]
		case words[0] == "loadmodule":
			for _, flag := range open {
				all[flag] = append(all[flag], strings.TrimSuffix(strings.Trim(words[1], `"`), ".so"))
			}
		}
	}
	return all
}
