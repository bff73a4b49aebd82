// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// modules is where npm ci puts JsSIP and what it needs.
const modules = "node_modules"

// loader is what lets scripts written for Node.js run in a page: each file is a
// function, and require finds it by its path.
const loader = `(() => {
const done = {};
const file = (at) => [at, at + '.js', at + '.json', at + '/index.js'].find((f) => f in files);
function find(from, name) {
	if (!name.startsWith('.')) return file(mains[name]);
	const parts = from.split('/').slice(0, -1);
	for (const p of name.split('/')) {
		if (p === '..') parts.pop(); else if (p !== '.') parts.push(p);
	}
	return file(parts.join('/'));
}
function load(at) {
	if (!(at in done)) {
		const module = done[at] = {exports: {}};
		files[at](module, module.exports, (name) => load(find(at, name)));
	}
	return done[at].exports;
}
window.JsSIP = load(file(mains.jssip));
})();
`

// bundle makes one script of JsSIP and all that it needs.
func bundle() ([]byte, error) {
	var files strings.Builder
	mains := map[string]string{}
	err := filepath.WalkDir(modules, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(file, modules+string(filepath.Separator)))
		switch ext := filepath.Ext(file); {
		case bytes.HasPrefix(text, []byte("#!")): // a program
		case ext == ".js":
			fmt.Fprintf(&files, "%q(module, exports, require) {\n%s\n},\n", name, text)
		case ext == ".json":
			fmt.Fprintf(&files, "%q(module) { module.exports = %s; },\n", name, text)
		}
		if path.Base(name) == "package.json" && strings.Count(name, "/") == 1 {
			main, err := mainOf(text)
			mains[path.Dir(name)] = path.Join(path.Dir(name), main)
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if mains["jssip"] == "" {
		return nil, errors.New("there is no jssip")
	}
	list, err := json.Marshal(mains)
	return fmt.Appendf(nil, "const mains = %s;\nconst files = {\n%s};\n%s", list, files.String(), loader), err
}

// mainOf is the file that a package begins with.
func mainOf(text []byte) (string, error) {
	var p struct{ Main string }
	err := json.Unmarshal(text, &p)
	return p.Main, err
}
