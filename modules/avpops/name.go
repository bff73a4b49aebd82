// SPDX-License-Identifier: Apache-2.0

package avpops

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// binding is an argument with variables, found when the call is prepared.
type binding interface{ bind(b module.Binder) error }

// prepare finds the variables of all arguments. Lua asks for one argument after
// the other.
func prepare(b module.Binder, a module.Args) error {
	for i := range a {
		if s, ok := a[i].Data.(binding); ok {
			if err := s.bind(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepareFirst is prepare for the first argument alone.
func prepareFirst(b module.Binder, a module.Args) error { return prepare(b, a[:1]) }

// named is the Accessor of an AVP.
type named interface {
	module.Assignable
	Name(c *module.Call) string
}

var errNoAVP = errors.New("an AVP is written $avp(name)")

// split divides at slashes outside of parentheses.
func split(text string) []string {
	var parts []string
	depth, from := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth = max(depth-1, 0)
		case '/':
			if depth == 0 {
				parts = append(parts, text[from:i])
				from = i + 1
			}
		}
	}
	return append(parts, text[from:])
}

// flags reads flags, each one of known or its upper case.
func flags(text, known string) (string, error) {
	text = strings.ToLower(text)
	if i := strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune(known, r) }); i >= 0 {
		return "", fmt.Errorf("unknown flag %q: %q are known", text[i], known)
	}
	return text, nil
}

// avpArg is $avp(x)/flags.
type avpArg struct {
	text, flags string
	avp         named
}

func (a *avpArg) has(flag string) bool { return strings.Contains(a.flags, flag) }

func (a *avpArg) bind(b module.Binder) error {
	v, err := b.Var(a.text)
	if err != nil {
		return err
	}
	var ok bool
	if a.avp, ok = module.Plain(v).(named); !ok {
		return fmt.Errorf("%q: %w", a.text, errNoAVP)
	}
	return nil
}

// compileAVP makes the Compile of an argument $avp(x)/flags.
func compileAVP(known string) func(string) (any, error) {
	return func(text string) (any, error) {
		parts := split(text)
		a := &avpArg{text: parts[0]}
		if len(parts) > 2 || len(parts) == 2 && known == "" {
			return nil, fmt.Errorf("%q: %w", text, errNoAVP)
		}
		if len(parts) == 2 {
			var err error
			if a.flags, err = flags(parts[1], known); err != nil {
				return nil, err
			}
		}
		return a, nil
	}
}

// pair is $avp(x)/$avp(y)/flags. Without a second AVP it works in place.
type pair struct {
	from, to avpArg
	flags    string
}

func (p *pair) inPlace(c *module.Call) bool {
	return p.to.avp == nil || p.to.avp.Name(c) == p.from.avp.Name(c)
}

func (p *pair) bind(b module.Binder) error {
	if err := p.from.bind(b); err != nil || p.to.text == "" {
		return err
	}
	return p.to.bind(b)
}

// compilePair makes the Compile of an argument $avp(x)/$avp(y)/flags.
func compilePair(known string) func(string) (any, error) {
	return func(text string) (any, error) {
		parts := split(text)
		p := &pair{from: avpArg{text: parts[0]}}
		if len(parts) > 1 {
			if p.to.text = parts[1]; p.to.text == "" {
				return nil, fmt.Errorf("%q: %w", text, errNoAVP)
			}
		}
		if len(parts) > 3 || len(parts) == 3 && known == "" {
			return nil, fmt.Errorf("%q has too many parts", text)
		}
		if len(parts) == 3 {
			var err error
			if p.flags, err = flags(parts[2], known); err != nil {
				return nil, err
			}
		}
		return p, nil
	}
}

// valuesArg is a variable with flags, whose values are asked for.
type valuesArg struct {
	text  string
	all   bool // flag g, or index [*]
	v     module.Accessor
	avp   named // nil for another variable
	index module.Index
}

func compileValues(text string) (any, error) {
	parts := split(text)
	v := &valuesArg{text: parts[0]}
	if len(parts) > 2 {
		return nil, fmt.Errorf("%q has too many parts", text)
	}
	if len(parts) == 2 {
		f, err := flags(parts[1], "g")
		if err != nil {
			return nil, err
		}
		v.all = f != ""
	}
	return v, nil
}

func (v *valuesArg) bind(b module.Binder) error {
	text := v.text
	if plain, ok := strings.CutSuffix(text, "[*])"); ok && strings.HasPrefix(text, "$(avp(") {
		text, v.all = "$"+strings.TrimPrefix(plain, "$("), true
	}
	var err error
	if v.v, err = b.Var(text); err != nil {
		return err
	}
	v.avp, _ = module.Plain(v.v).(named)
	return nil
}

// each calls f for the newest value, or for all, until it returns true.
func (v *valuesArg) each(c *module.Call, all bool, f func(v module.Value) bool) bool {
	if v.avp == nil {
		value := v.v.Get(c, v.index)
		return !value.IsNull() && f(value)
	}
	for _, value := range valuesOf(c, v.avp.Name(c), all || v.all) {
		if f(value) {
			return true
		}
	}
	return false
}

// valuesOf returns the values of an AVP, the newest first, or that alone.
func valuesOf(c *module.Call, name string, all bool) []module.Value {
	n := c.AVPs.Count(name)
	if !all {
		n = min(n, 1)
	}
	out := make([]module.Value, n)
	for i := range out {
		out[i], _ = c.AVPs.At(name, i)
	}
	return out
}

// put makes values, the newest first, those of an AVP.
func put(c *module.Call, name string, values []module.Value) {
	c.AVPs.Clear(name)
	for i := len(values) - 1; i >= 0; i-- {
		add(c, name, values[i])
	}
}

func add(c *module.Call, name string, v module.Value) {
	c.AVPs.Add(c.Keep(name), c.KeepValue(v))
}

// isNumber tells whether the name of an AVP is a number.
func isNumber(name string) bool { return strings.HasPrefix(name, "i:") }

// matching are AVPs by what their names are: a for all, i or s.
type matching byte

// parseMatching reads a, i or s.
func parseMatching(text string) (matching, bool, error) {
	if text == "" || !strings.Contains("ais", strings.ToLower(text[:1])) {
		return 0, false, nil
	}
	if text = strings.ToLower(strings.TrimSuffix(text, ":")); len(text) > 1 {
		return 0, false, fmt.Errorf("%q: AVPs have no script flags here", text)
	}
	return matching(text[0]), true, nil
}

func (m matching) fits(name string) bool { return m == 'a' || (m == 'i') == isNumber(name) }

// names returns the names of the AVPs that fit, each once.
func (m matching) names(c *module.Call) (out []string) {
	seen := map[string]bool{}
	for name := range c.AVPs.All() {
		if m.fits(name) && !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}
