// SPDX-License-Identifier: Apache-2.0

package ndb_redis

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// state is what the module keeps with a Call: as in the reference each worker
// has its own replies, which stay from message to message.
type state struct {
	replies  []reply // by the number of the name
	piped    map[*server][]request
	sessions []*session
}

// maxNames bounds the names of replies, which a script may make of variables.
const maxNames = 1024

var (
	errName  = errors.New("a reply needs a name")
	errNames = errors.New("there are more than 1024 names of replies")
	errKey   = errors.New("write it as replyid=>type, value, info, size, type[n], value[n] or value[n]=>key")
)

func (m *Redis) state(c *module.Call) *state {
	return c.Local(m, func() any { return new(state) }).(*state)
}

// of returns a reply for changes.
func (st *state) of(number int) *reply {
	for number >= len(st.replies) {
		st.replies = append(st.replies, reply{})
	}
	return &st.replies[number]
}

// known returns the number of a name that is in use.
func (m *Redis) known(name string) (int, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	i := slices.Index(m.names, name)
	return i, i >= 0
}

// reply returns the number of a name, which it gets when it is new.
func (m *Redis) reply(name string) (int, error) {
	if name == "" {
		return 0, errName
	}
	if i, ok := m.known(name); ok {
		return i, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := slices.Index(m.names, name); i >= 0 {
		return i, nil
	}
	if len(m.names) >= maxNames {
		return 0, errNames
	}
	m.names = append(m.names, strings.Clone(name))
	return len(m.names) - 1, nil
}

// step is one key behind an arrow: an element of an array, where there is an
// index, and what of it.
type step struct {
	key   string
	index func(c *module.Call) (int64, bool)
}

// bindReply makes $redis(replyid=>key).
func (m *Redis) bindReply(b module.Binder, inner string) (module.Accessor, error) {
	keys := strings.Split(inner, "=>")
	if len(keys) < 2 {
		return nil, errKey
	}
	number, err := m.reply(strings.TrimSpace(keys[0]))
	if err != nil {
		return nil, err
	}
	steps := make([]step, len(keys)-1)
	for i, key := range keys[1:] {
		if steps[i], err = bindStep(b, strings.TrimSpace(key)); err != nil {
			return nil, err
		}
		if i < len(steps)-1 && (steps[i].index == nil || steps[i].key != "value") {
			return nil, errKey
		}
	}
	return module.Getter(func(c *module.Call) module.Value { return value(c, *m.state(c).of(number), steps) }), nil
}

func bindStep(b module.Binder, text string) (s step, err error) {
	key, index, indexed := strings.Cut(text, "[")
	s.key = strings.TrimSpace(key)
	if !slices.Contains([]string{"type", "value", "info", "size"}, s.key) {
		return s, errKey
	}
	if !indexed {
		return s, nil
	}
	index, closed := strings.CutSuffix(index, "]")
	if !closed || s.key != "type" && s.key != "value" {
		return s, errKey
	}
	s.index, err = bindIndex(b, strings.TrimSpace(index))
	return s, err
}

// bindIndex makes the function that returns an index: a number, or what a
// variable has.
func bindIndex(b module.Binder, text string) (func(c *module.Call) (int64, bool), error) {
	if n, ok := avp.ParseInt(text); ok && text[0] != '-' {
		return func(*module.Call) (int64, bool) { return n, true }, nil
	}
	if !strings.HasPrefix(text, "$") {
		return nil, fmt.Errorf("index %q is no number and no variable", text)
	}
	v, err := b.Var(text)
	if err != nil {
		return nil, err
	}
	return func(c *module.Call) (int64, bool) { return v.Get(c, module.Index{}).Number() }, nil
}

// value follows the keys from a reply.
func value(c *module.Call, r reply, steps []step) module.Value {
	for _, s := range steps {
		if s.index == nil {
			return r.value(s.key)
		}
		i, ok := s.index(c)
		if !ok || i < 0 || i >= int64(len(r.items)) {
			return avp.Value{}
		}
		r = r.items[i]
	}
	return r.value(steps[len(steps)-1].key)
}

func (r *reply) value(key string) module.Value {
	switch {
	case key == "type" && r.kind != 0:
		return avp.Number(int64(r.kind))
	case key == "value" && r.kind == kindString, key == "info" && (r.kind == kindString || r.kind == kindStatus || r.kind == kindError):
		return avp.String(r.text)
	case key == "value" && r.kind == kindInteger:
		return avp.Number(r.n)
	case key == "size" && r.kind == kindArray:
		return avp.Number(int64(len(r.items)))
	}
	return avp.Value{}
}

var typeNames = map[string]kind{"rpl_str": kindString, "rpl_arr": kindArray, "rpl_int": kindInteger, "rpl_nil": kindNil, "rpl_sts": kindStatus, "rpl_err": kindError}

// bindType makes $redisd(key).
func bindType(_ module.Binder, inner string) (module.Accessor, error) {
	k, ok := typeNames[strings.TrimSpace(inner)]
	if !ok {
		return nil, errors.New("write it as rpl_str, rpl_arr, rpl_int, rpl_nil, rpl_sts or rpl_err")
	}
	return module.Getter(func(*module.Call) module.Value { return avp.Number(int64(k)) }), nil
}
