// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"fmt"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/relay"
)

// chosen are the sets that set_rtpengine_set has chosen for a message.
type chosen struct {
	serial uint64
	sets   [2]*relay.Set
}

func (r *RTPEngine) chosen(c *module.Call) *chosen {
	return c.Local(r, func() any { return new(chosen) }).(*chosen)
}

// checkSets sees the numbers of set_rtpengine_set at start. Those of a database are looked at when it has been read.
func (r *RTPEngine) checkSets(_ module.Binder, a module.Args) error {
	for i := range a {
		switch {
		case !a[i].Given || !a[i].Const:
		case r.dbURL != "":
			r.wanted = append(r.wanted, a.Int(i, 0))
		case r.sets.Find(a.Int(i, 0)) == nil:
			return fmt.Errorf("set %d: %w", a.Int(i, 0), errNoSet)
		}
	}
	return nil
}

// checkWanted sees whether the database has the sets that the script names.
func (r *RTPEngine) checkWanted() error {
	for _, id := range r.wanted {
		if r.sets.Find(id) == nil {
			return fmt.Errorf("rtpengine: set_rtpengine_set: set %d of table %s: %w", id, r.names.table, errNoSet)
		}
	}
	return nil
}

// selectSets is set_rtpengine_set(setid[, setid]).
func (r *RTPEngine) selectSets(c *module.Call, a module.Args) module.Result {
	k := chosen{serial: c.Serial}
	for i := range a {
		if !a[i].Given {
			continue
		}
		if k.sets[i] = r.sets.Find(a.Int(i, 0)); k.sets[i] == nil {
			return c.Fail("set_rtpengine_set", fmt.Errorf("set %d: %w", a.Int(i, 0), errNoSet))
		}
	}
	*r.chosen(c) = k
	return module.True
}

// setsOf are the sets for a message: those that were chosen, that of setid_avp, or setid_default.
func (r *RTPEngine) setsOf(c *module.Call) ([2]*relay.Set, error) {
	if k := r.chosen(c); k.sets[0] != nil && k.serial == c.Serial {
		return k.sets, nil
	}
	id := r.defaultSet
	if r.setID != nil {
		if v := r.setID.Get(c, module.Index{}); !v.IsNull() {
			n, ok := v.Number()
			if !ok {
				return [2]*relay.Set{}, errSetID
			}
			id = int(n)
		}
	}
	s := r.sets.Find(id)
	if s == nil {
		return [2]*relay.Set{}, fmt.Errorf("set %d: %w", id, errNoSet)
	}
	return [2]*relay.Set{s}, nil
}
