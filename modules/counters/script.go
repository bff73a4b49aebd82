// SPDX-License-Identifier: Apache-2.0

package counters

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
)

// scriptCounter is a counter that the configuration declares. Count is ready
// once the module has started; calls in the script hold the pointer before.
type scriptCounter struct {
	group, name, doc string
	count            counter.Counter
}

// Prepare implements module.Preparer.
func (m *Counters) Prepare(module.Binder) error {
	m.script, m.order = map[string]*scriptCounter{}, nil
	var errs []error
	for _, text := range m.declared {
		c, err := m.parse(text)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		key := c.group + "." + c.name
		if m.script[key] != nil {
			continue // declared twice, which Kamailio lets pass
		}
		m.script[key] = c
		m.order = append(m.order, c)
	}
	return errors.Join(errs...)
}

// parse reads "[group.]name[( |:)description]".
func (m *Counters) parse(text string) (*scriptCounter, error) {
	name, doc := text, ""
	if i := strings.IndexAny(text, " :"); i >= 0 {
		name, doc = text[:i], strings.TrimSpace(text[i+1:])
	}
	if doc == "" {
		doc = "custom script counter."
	}
	c := &scriptCounter{group: m.group, name: name, doc: doc}
	if group, rest, ok := strings.Cut(name, "."); ok {
		c.group, c.name = group, rest
	}
	if c.group == "" || c.name == "" {
		return nil, fmt.Errorf("counters: script_counter %q has no name, expected [group.]name", text)
	}
	return c, nil
}

// declare makes the counters known.
func (m *Counters) declare(s *counter.Set) error {
	for _, c := range m.order {
		if err := s.Declare(c.group, counter.Entry{Group: c.group, Name: c.name, Doc: c.doc, Counter: &c.count}); err != nil {
			return err
		}
	}
	return nil
}

// compile finds the counter that an argument names.
func (m *Counters) compile(text string) (any, error) {
	key := text
	if !strings.Contains(key, ".") {
		key = m.group + "." + key
	}
	c := m.script[key]
	if c == nil {
		return nil, fmt.Errorf(`counter %s is not declared; add modparam("counters", "script_counter", "%s")`, key, text)
	}
	return c, nil
}

func (m *Counters) inc(c *module.Call, a module.Args) module.Result {
	return m.count(c, "cnt_inc", a, func(s *scriptCounter) { s.count.Inc() })
}

func (m *Counters) add(c *module.Call, a module.Args) module.Result {
	n := a[1].Value.Int
	return m.count(c, "cnt_add", a, func(s *scriptCounter) { s.count.Add(n) })
}

func (m *Counters) reset(c *module.Call, a module.Args) module.Result {
	return m.count(c, "cnt_reset", a, func(s *scriptCounter) { s.count.Reset() })
}

func (m *Counters) count(c *module.Call, function string, a module.Args, f func(*scriptCounter)) module.Result {
	if a[0].Err != nil {
		return c.Fail(function, a[0].Err)
	}
	s, ok := a[0].Data.(*scriptCounter)
	if !ok {
		return module.False
	}
	f(s)
	return module.True
}
