// SPDX-License-Identifier: Apache-2.0

package check

import (
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
)

// useKind is what happens to a $var at the place that is looked at.
type useKind uint8

const (
	isRead useKind = iota
	isSet
	// maySet is where a function gets a text and may assign what it names.
	maySet
)

// uses collects where each $var is read and whether anything sets it.
type uses struct {
	kind  useKind
	at    source.Span // of the text that is looked at
	reads map[string]source.Span
	sets  map[string]bool
}

func newUses() uses { return uses{reads: map[string]source.Span{}, sets: map[string]bool{}} }

// note enters a use of $var(name).
func (u *uses) note(name string) {
	if u.kind != isRead {
		u.sets[name] = true
		return
	}
	if _, ok := u.reads[name]; !ok && u.at.Pos.IsValid() {
		u.reads[name] = u.at
	}
}

// as runs f with the uses in it counted as kind.
func (u *uses) as(kind useKind, f func()) {
	before := u.kind
	u.kind = kind
	f()
	u.kind = before
}

// partial tells that not all of the file could be read: what seems unused may
// be used where a mistake stands.
func (c *checker) partial() bool {
	return slices.ContainsFunc(c.errs.Errors(), func(e *source.Error) bool { return e.Rule == source.Syntax || e.Rule == source.Preprocessing })
}

// warnUnset tells of variables that are read and that nothing sets, unless
// something else than the routes may set them.
func (c *checker) warnUnset() {
	if c.partial() {
		return
	}
	for _, l := range c.file.LoadModules() {
		if strings.HasPrefix(moduleName(l.Name.Value), "app_") {
			return
		}
	}
	var all []string
	for name := range c.uses.sets {
		all = append(all, name)
	}
	slices.Sort(all)
	for name, at := range c.uses.reads {
		if c.uses.sets[name] {
			continue
		}
		advice := "it is 0 until something sets it"
		if near := source.Nearest(name, all); near != "" {
			advice = "did you mean $var(" + near + ")"
		}
		c.errs.Warn(&source.Error{Pos: at.Pos, End: at.Fin, Rule: source.Unused, Message: "$var(" + name + ") is read, and nothing sets it", Advice: advice})
	}
}
