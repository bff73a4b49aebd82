// SPDX-License-Identifier: Apache-2.0

// Package regex matches texts by expressions of Perl.
package regex

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/pcre"
)

func init() { module.Register("regex", func() module.Module { return New() }) }

// Regex is the module.
type Regex struct {
	file                                  string
	maxGroups, maxSize                    int
	caseless, multiline, dotAll, extended int
	groups                                atomic.Pointer[[]*pcre.Regexp]
}

// New returns the module with its defaults.
func New() *Regex { return &Regex{maxGroups: 20, maxSize: 8192} }

var _ module.Starter = (*Regex)(nil)

// Exports implements module.Module.
func (r *Regex) Exports() module.Exports {
	text := module.Arg{Name: "string", Doc: "text"}
	const routes = module.RequestRoute | module.FailureRoute | module.AnyReply | module.BranchRoute | module.LocalRoute
	return module.Exports{
		Doc: "Matches texts by expressions of Perl, of the script or of a file with groups of them.",
		Params: []module.Param{
			{Name: "file", Set: &r.file, Doc: "file with groups of expressions: [0] begins the first, each further line is one; those that begin with #, a blank or a tab count for nothing"},
			{Name: "max_groups", Set: &r.maxGroups, Min: 1, Max: 1 << 20, Doc: "greatest number of groups in the file"},
			{Name: "group_max_size", Set: &r.maxSize, Min: 1, Max: 1 << 24, Unit: "bytes", Doc: "greatest size of a group"},
			{Name: "pcre_caseless", Set: &r.caseless, Min: 0, Max: 1, Doc: "1 passes over the case of letters"},
			{Name: "pcre_multiline", Set: &r.multiline, Min: 0, Max: 1, Doc: "1 has ^ and $ match at line ends within a text"},
			{Name: "pcre_dotall", Set: &r.dotAll, Min: 0, Max: 1, Doc: "1 has a dot match line ends"},
			{Name: "pcre_extended", Set: &r.extended, Min: 0, Max: 1, Doc: "1 passes over blanks and comments in expressions"},
		},
		Functions: []module.Function{
			{Name: "pcre_match", Args: []module.Arg{text, {Name: "pcre_regex", Compile: r.compile, Doc: "expression; $$ stands for $"}}, Routes: routes, Run: r.match, Doc: "True where the expression matches somewhere in the text. -4 for a bad expression."},
			{Name: "pcre_match_group", Lua: "pcre_match_group(str,int)", Args: []module.Arg{text, {Name: "group", Type: module.ArgInt, Optional: true, Doc: "number of the group in the file, counted from 0, which is also the one where none is given"}},
				Routes: routes, Run: r.matchGroup, Doc: "True where an expression of the group matches somewhere in the text. -2 without the parameter file, -4 where there is no such group."},
		},
		RPC: []module.Command{{Name: "regex.reload", Run: r.rpcReload, Doc: "Reads the file anew."}},
	}
}

// compile is Arg.Compile.
func (r *Regex) compile(text string) (any, error) {
	re, err := pcre.Compile(text, r.flags())
	if err != nil {
		return nil, err
	}
	return re, nil
}

func (r *Regex) flags() (f pcre.Flags) {
	for _, p := range [...]struct {
		on   int
		flag pcre.Flags
	}{{r.caseless, pcre.Caseless}, {r.multiline, pcre.Multiline}, {r.dotAll, pcre.DotAll}, {r.extended, pcre.Extended}} {
		if p.on != 0 {
			f |= p.flag
		}
	}
	return f
}

// Start implements module.Starter.
func (r *Regex) Start(context.Context, module.Host) error {
	if r.file == "" {
		return nil
	}
	return r.load()
}

// The results beside true and false.
const (
	notEnabled module.Result = -2
	bad        module.Result = -4
)

var errGroup = errors.New("there is no such group in the file")

// match is pcre_match(string, pcre_regex).
func (r *Regex) match(c *module.Call, a module.Args) module.Result {
	re, ok := a[1].Data.(*pcre.Regexp)
	if !ok {
		c.Fail("pcre_match", a[1].Err)
		return bad
	}
	found, err := re.Match(a.Str(0))
	if err != nil {
		c.Fail("pcre_match", err)
		return bad
	}
	return module.Bool(found)
}

// matchGroup is pcre_match_group(string[, group]).
func (r *Regex) matchGroup(c *module.Call, a module.Args) module.Result {
	groups := r.groups.Load()
	if groups == nil {
		return notEnabled
	}
	i := a.Int(1, 0)
	if i < 0 || i >= len(*groups) {
		c.Fail("pcre_match_group", errGroup)
		return bad
	}
	re := (*groups)[i]
	if re == nil {
		return module.False
	}
	found, err := re.Match(a.Str(0))
	if err != nil {
		c.Fail("pcre_match_group", err)
		return bad
	}
	return module.Bool(found)
}

func (r *Regex) rpcReload(q *module.Request) error {
	if r.file == "" {
		return module.Faultf(500, "Group matching not enabled")
	}
	if err := r.load(); err != nil {
		q.Host.Log().Error("the groups of expressions stay as they were", "module", "regex", "err", err)
		return module.Faultf(500, "Failed to reload")
	}
	return nil
}
