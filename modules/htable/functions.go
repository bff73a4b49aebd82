// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

func (h *HTable) functions() []module.Function {
	const everywhere = module.AnyRoute
	table := module.Arg{Name: "htable", Doc: "name of a table", Compile: h.compileTable}
	key := module.Arg{Name: "key", Doc: "key of an item"}
	slot := module.Arg{Name: "htable=>key", Doc: "table and key"}
	expression := module.Arg{Name: "htable=>regexp", Doc: "table and regular expression"}
	op := module.Arg{Name: "op", Doc: "re (regular expression) or sw (starts with)"}
	matchOp := module.Arg{Name: "op", Doc: "eq, ne, re (regular expression) or sw (starts with)"}
	pat := module.Arg{Name: "val", Doc: "what to compare with", Compile: func(text string) (any, error) { return newPattern(text), nil }}
	name := module.Arg{Name: "iname", Doc: "name of the iterator"}
	number := func(name, doc string) module.Arg { return module.Arg{Name: name, Type: module.ArgInt, Doc: doc} }
	life := number("exval", "seconds until it expires, 0 for the time of the table")
	args := func(a ...module.Arg) []module.Arg { return a }
	return []module.Function{
		{Name: "sht_iterator_start", Args: args(name, table), Routes: everywhere, Run: h.iteratorStart, Prepare: warnOfTable(1), Doc: "Puts an iterator in front of the first item. A message may have four; they end with it. Other than in Kamailio nothing is locked, and the table may be changed."},
		{Name: "sht_iterator_next", Args: args(name), Routes: everywhere, Run: h.iteratorNext, Doc: "Moves to the next item; false behind the last one."},
		{Name: "sht_iterator_end", Args: args(name), Routes: everywhere, Run: h.iteratorEnd, Doc: "Ends an iterator."},
		{Name: "sht_iterator_rm", Args: args(name), Routes: everywhere, Run: h.iteratorRemove, Doc: "Removes the item that the iterator is at and moves to the next one. $rc is -2 when there is none."},
		{Name: "sht_iterator_sets", Args: args(name, module.Arg{Name: "sval", Doc: "text"}), Routes: everywhere, Run: h.iteratorSetText, Doc: "Sets the item that the iterator is at to a text."},
		{Name: "sht_iterator_seti", Args: args(name, number("ival", "integer")), Routes: everywhere, Run: h.iteratorSetNumber, Doc: "Sets it to an integer."},
		{Name: "sht_iterator_setex", Args: args(name, number("exval", "seconds")), Routes: everywhere, Run: h.iteratorSetExpires, Doc: "Sets when it expires."},
		{Name: "sht_rm_name_re", Args: args(expression), Routes: everywhere, Run: h.removeExpression(byName), Prepare: checkExpression, Lua: "-", Doc: "Removes the items whose key matches."},
		{Name: "sht_rm_value_re", Args: args(expression), Routes: everywhere, Run: h.removeExpression(byText), Prepare: checkExpression, Lua: "-", Doc: "Removes the items whose text matches."},
		{Name: "sht_rm_name", Args: args(table, op, pat), Routes: everywhere, Run: h.removeMatching(byName), Prepare: checkPattern("re", "sw"), Doc: "Removes the items whose key matches."},
		{Name: "sht_rm_value", Args: args(table, op, pat), Routes: everywhere, Run: h.removeMatching(byText), Prepare: checkPattern("re", "sw"), Doc: "Removes the items whose text matches."},
		{Name: "sht_rm", Args: args(table, key), Routes: everywhere, Run: h.remove, Prepare: warnOfTable(0), Doc: "Removes an item. True also where there was none."},
		{Name: "sht_reset", Args: args(table), Routes: everywhere, Run: h.reset, Prepare: warnOfTable(0), LuaResult: module.LuaZero, Doc: "Removes all items."},
		{Name: "sht_lock", Args: args(slot), Routes: everywhere, Run: h.lock, Lua: "-", Doc: "Locks the slot of a key: other scripts that use it wait. May be nested. What is not unlocked is at the end of the request, and for whom waits longer after 10 s."},
		{Name: "sht_unlock", Args: args(slot), Routes: everywhere, Run: h.unlock, Lua: "-", Doc: "Unlocks the slot of a key."},
		{Name: "sht_match_name", Args: args(table, matchOp, pat), Routes: everywhere, Run: h.match(byName), Prepare: checkPattern("eq", "ne", "re", "sw"), Doc: "True when the key of an item matches."},
		{Name: "sht_has_name", Args: args(table, matchOp, pat), Routes: everywhere, Run: h.match(byName), Prepare: checkPattern("eq", "ne", "re", "sw"), Lua: "-", Doc: "The same as sht_match_name."},
		{Name: "sht_match_str_value", Args: args(table, matchOp, pat), Routes: everywhere, Run: h.match(byText), Prepare: checkPattern("eq", "ne", "re", "sw"), Doc: "True when the text of an item matches."},
		{Name: "sht_has_str_value", Args: args(table, matchOp, pat), Routes: everywhere, Run: h.match(byText), Prepare: checkPattern("eq", "ne", "re", "sw"), Lua: "-", Doc: "The same as sht_match_str_value."},
		{Name: "sht_setxs", Args: args(table, key, module.Arg{Name: "val", Doc: "text"}, life), Routes: everywhere, Run: h.setText, Prepare: warnOfTable(0), Doc: "Sets an item to a text, with the time until it expires."},
		{Name: "sht_setxi", Args: args(table, key, number("val", "integer"), life), Routes: everywhere, Run: h.setNumber, Prepare: warnOfTable(0), LuaResult: module.LuaZero, Doc: "Sets an item to an integer, with the time until it expires."},
		{Name: "sht_inc", Args: args(table, key), Routes: everywhere, Run: h.step(1), Prepare: warnOfTable(0), Doc: "Adds 1 to an integer. $rc is the new value, -255 when there is none."},
		{Name: "sht_dec", Args: args(table, key), Routes: everywhere, Run: h.step(-1), Prepare: warnOfTable(0), Doc: "Takes 1 from an integer. $rc is the new value, -255 when there is none."},
		{Name: "sht_is_null", Args: args(table, key), Routes: everywhere, Run: h.isNull, Prepare: warnOfTable(0), Doc: "True when there is no item; $rc is 2 when the table has an initval for it."},
		{Name: "sht_print", Routes: everywhere, Run: h.print, Lua: "-", Doc: "Writes all tables to the log, at level ERR."},
	}
}

// compileTable finds the table that an argument names; nil is no error, as with
// Kamailio: the function fails.
func (h *HTable) compileTable(name string) (any, error) { return h.byName[name], nil }

func tableOf(a module.Args, i int) *Table {
	t, _ := a[i].Data.(*Table)
	return t
}

// warnOfTable makes a Prepare that warns of a table that is not there.
func warnOfTable(i int) func(module.Binder, module.Args) error {
	return func(b module.Binder, a module.Args) error {
		if a[i].Const && tableOf(a, i) == nil {
			b.Log().Warn("there is no such table: the function will fail", "table", a.Str(i))
		}
		return nil
	}
}

// checkPattern makes a Prepare for (table, op, val).
func checkPattern(ops ...string) func(module.Binder, module.Args) error {
	warn := warnOfTable(0)
	return func(b module.Binder, a module.Args) error {
		if a[1].Const && !slices.Contains(ops, a.Str(1)) {
			return fmt.Errorf("%q is no operator here, only %s", a.Str(1), strings.Join(ops, ", "))
		}
		if p, _ := a[2].Data.(*pattern); a[1].Const && a[2].Const && a.Str(1) == "re" && p.err != nil {
			return p.err
		}
		return warn(b, a)
	}
}

func checkExpression(_ module.Binder, a module.Args) error {
	if !a[0].Const {
		return nil
	}
	_, text, ok := strings.Cut(a.Str(0), "=>")
	if !ok {
		return errReference
	}
	return newPattern(text).err
}

// removeExpression makes sht_rm_name_re and sht_rm_value_re.
func (h *HTable) removeExpression(of func(i item) (string, bool)) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		t, text, err := h.cut(a.Str(0))
		if err != nil {
			return c.Fail("sht_rm", err)
		}
		p, err := newPattern(text).with("re")
		if err != nil {
			return c.Fail("sht_rm", err)
		}
		t.removeMatching(of, p)
		return module.True
	}
}

// cut takes table=>key apart.
func (h *HTable) cut(text string) (*Table, string, error) {
	name, key, ok := strings.Cut(text, "=>")
	if !ok {
		return nil, "", errReference
	}
	t := h.byName[strings.TrimSpace(name)]
	if t == nil {
		return nil, "", errNoTable
	}
	return t, key, nil
}

// withPattern calls f with table and pattern of (table, op, val).
func withPattern(c *module.Call, a module.Args, function string, f func(t *Table, p *pattern) bool) module.Result {
	t := tableOf(a, 0)
	if t == nil {
		return c.Fail(function, errNoTable)
	}
	p, err := a[2].Data.(*pattern).with(a.Str(1))
	if err != nil {
		return c.Fail(function, err)
	}
	return module.Bool(f(t, p))
}

// removeMatching makes sht_rm_name and sht_rm_value.
func (h *HTable) removeMatching(of func(i item) (string, bool)) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		if op := a.Str(1); op != "re" && op != "sw" {
			return c.Fail("sht_rm", errRemoveOperator)
		}
		return withPattern(c, a, "sht_rm", func(t *Table, p *pattern) bool {
			t.removeMatching(of, p)
			return true
		})
	}
}

// match makes sht_match_name and sht_match_str_value.
func (h *HTable) match(of func(i item) (string, bool)) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		return withPattern(c, a, "sht_match", func(t *Table, p *pattern) bool { return t.has(of, p) })
	}
}

// remove is sht_rm(htable, key).
func (h *HTable) remove(c *module.Call, a module.Args) module.Result {
	t := tableOf(a, 0)
	if t == nil {
		return c.Fail("sht_rm", errNoTable)
	}
	t.remove(c, a.Str(1))
	return module.True
}

// reset is sht_reset(htable).
func (h *HTable) reset(c *module.Call, a module.Args) module.Result {
	t := tableOf(a, 0)
	if t == nil {
		return c.Fail("sht_reset", errNoTable)
	}
	t.clear()
	return module.True
}

func (t *Table) clear() { t.sweep(func(item) bool { return true }) }

// setText is sht_setxs(htable, key, val, exval).
func (h *HTable) setText(c *module.Call, a module.Args) module.Result {
	return set(c, a, avp.String(a.Str(2)), seconds(a[3].Value.Int))
}

// setNumber is sht_setxi(htable, key, val, exval).
func (h *HTable) setNumber(c *module.Call, a module.Args) module.Result {
	return set(c, a, avp.Number(a[2].Value.Int), seconds(a[3].Value.Int))
}

func set(c *module.Call, a module.Args, v avp.Value, life uint32) module.Result {
	t := tableOf(a, 0)
	if t == nil {
		return c.Fail("sht_set", errNoTable)
	}
	t.set(c, a.Str(1), v, life)
	return module.True
}

// noNumber is what sht_inc and sht_dec have in $rc where there is nothing to count.
const noNumber module.Result = -255

// step makes sht_inc and sht_dec(htable, key).
func (h *HTable) step(by int64) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		t := tableOf(a, 0)
		if t == nil {
			c.Fail("sht_inc", errNoTable)
			return noNumber
		}
		v := t.step(c, a.Str(1), by)
		if v.IsNull() {
			return noNumber
		}
		return module.Result(v.Int)
	}
}

// isNull is sht_is_null(htable, key).
func (h *HTable) isNull(c *module.Call, a module.Args) module.Result {
	t := tableOf(a, 0)
	switch {
	case t == nil:
		return module.True
	case t.exists(c, a.Str(1)):
		return module.False
	case t.hasInit:
		return 2
	}
	return module.True
}

var (
	errLocked    = errors.New("the slot was locked for 10 s: the script that locked it does not unlock it on all its ways")
	errNotLocked = errors.New("the script has not locked the slot")
)

// lock is sht_lock(htable=>key).
func (h *HTable) lock(c *module.Call, a module.Args) module.Result {
	t, key, err := h.cut(a.Str(0))
	if err != nil {
		return c.Fail("sht_lock", err)
	}
	return lock(c, t, key)
}

func lock(c *module.Call, t *Table, key string) module.Result {
	if t == nil {
		return c.Fail("sht_lock", errNoTable)
	}
	if t.locks.Lock(c, t.slot(t.place(key).sum)) {
		c.Fail("sht_lock", errLocked)
	}
	return module.True
}

// unlock is sht_unlock(htable=>key).
func (h *HTable) unlock(c *module.Call, a module.Args) module.Result {
	t, key, err := h.cut(a.Str(0))
	if err != nil {
		return c.Fail("sht_unlock", err)
	}
	return unlock(c, t, key)
}

func unlock(c *module.Call, t *Table, key string) module.Result {
	if t == nil {
		return c.Fail("sht_unlock", errNoTable)
	}
	if !t.locks.Unlock(c, t.slot(t.place(key).sum)) {
		return c.Fail("sht_unlock", errNotLocked)
	}
	return module.True
}

// print is sht_print().
func (h *HTable) print(c *module.Call, _ module.Args) module.Result {
	log := c.Log()
	for i := len(h.tables) - 1; i >= 0; i-- {
		t := h.tables[i]
		log.Error(fmt.Sprintf("htable[%s] exp: %d items: %d", t.name, t.autoExpire, t.count.Load()))
		var k cursor
		for k.start(t); k.next(); {
			if i, ok := k.item(heap{}); ok {
				log.Error(fmt.Sprintf("htable[%s] slot: %d cell: %s expire: %d value: %s", t.name, t.slot(i.sum), i.key, i.expires, i.value.AppendText(nil)))
			}
		}
	}
	return module.True
}
