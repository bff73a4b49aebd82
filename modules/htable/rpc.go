// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

func (h *HTable) commands() []module.Command {
	return []module.Command{
		{Name: "htable.dump", Run: h.rpcDump, Array: true, Doc: "Lists the items of a table by slot: table."},
		{Name: "htable.get", Run: h.rpcGet, Doc: "Shows an item: table, key."},
		{Name: "htable.delete", Run: h.rpcDelete, Doc: "Removes an item: table, key."},
		{Name: "htable.sets", Run: h.rpcSetText, Doc: "Sets an item to a text: table, key, value."},
		{Name: "htable.seti", Run: h.rpcSetNumber, Doc: "Sets an item to an integer: table, key, value."},
		{Name: "htable.setex", Run: h.rpcSetExpires, Doc: "Sets when an item expires: table, key, seconds."},
		{Name: "htable.setxs", Run: h.rpcSetTextFor, Doc: "Sets an item to a text that expires: table, key, value, seconds."},
		{Name: "htable.setxi", Run: h.rpcSetNumberFor, Doc: "Sets an item to an integer that expires: table, key, value, seconds."},
		{Name: "htable.flush", Run: h.rpcFlush, Doc: "Removes all items: table."},
		{Name: "htable.listTables", Run: h.rpcTables, Array: true, Doc: "Lists the tables with their definition."},
		{Name: "htable.stats", Run: h.rpcStats, Array: true, Doc: "Counts the items of each table, in all and by slot."},
		{Name: "htable.reload", Run: h.rpcReload, Doc: "Loads a table from the database again: table."},
		{Name: "htable.store", Run: h.rpcStore, Doc: "Writes a table to the database, in place of what is there: table."},
	}
}

// arguments reads the table, which the first argument names, and the texts
// behind it; missing is the fault where there are too few.
func (h *HTable) arguments(r *module.Request, missing string, texts ...*string) (*Table, error) {
	name, err := r.Str(0)
	if err != nil {
		return nil, module.Missing(err, missing)
	}
	for i, p := range texts {
		if *p, err = r.Str(i + 1); err != nil {
			return nil, module.Missing(err, missing)
		}
	}
	if t := h.byName[name]; t != nil {
		return t, nil
	}
	return nil, module.Faultf(500, "No such htable")
}

func (h *HTable) rpcDump(r *module.Request) error {
	t, err := h.arguments(r, "No htable name given")
	if err != nil {
		return err
	}
	var k cursor
	var slot uint32
	var list module.Rows
	var into *module.Struct
	end := func() {
		if into != nil {
			into.Add("entry", slot).Add("size", len(list)).Add("slot", list)
		}
	}
	for k.start(t); k.next(); {
		i, ok := k.item(heap{})
		if !ok {
			continue
		}
		if n := t.slot(i.sum); into == nil || n != slot {
			end()
			slot, list, into = n, nil, r.Struct()
		}
		list = append(list, new(module.Struct).Add("name", i.key).Add("value", shown(i.value)).Add("type", kind(i.value)))
	}
	end()
	return nil
}

func shown(v avp.Value) any {
	if v.Kind == avp.Str {
		return v.Str
	}
	return v.Int
}

func kind(v avp.Value) string {
	if v.Kind == avp.Str {
		return "str"
	}
	return "int"
}

func (h *HTable) rpcGet(r *module.Request) error {
	var key string
	t, err := h.arguments(r, "Not enough parameters (htable name and key name)", &key)
	if err != nil {
		return err
	}
	i, ok := t.look(key)
	if !ok {
		return module.Faultf(500, "Key name doesn't exist in htable.")
	}
	flags, expires := 0, "NEVER"
	if i.value.Kind == avp.Str {
		flags = 2 // the mark of a text
	}
	if i.expires != 0 {
		expires = time.Unix(int64(i.expires), 0).Format(time.DateTime)
	}
	r.Struct().Struct("item").Add("name", i.key).Add("value", shown(i.value)).Add("flags", flags).Add("expire", expires)
	return nil
}

// look returns a copy of an item that is not over.
func (t *Table) look(key string) (i item, ok bool) {
	p := t.place(key)
	s, now := t.shard(p), t.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.find(p.hash, key)
	if n == 0 || over(s.expires(n), now) {
		return item{}, false
	}
	i = s.item(n)
	i.key, i.value = key, i.value.Clone()
	return i, true
}

func (h *HTable) rpcDelete(r *module.Request) error {
	var key string
	t, err := h.arguments(r, "Not enough parameters (htable name & key name", &key)
	if err != nil {
		return err
	}
	if !t.remove(nil, key) {
		return module.Faultf(404, "Key not found in htable.")
	}
	r.Add("Ok. Key deleted.")
	return nil
}

const (
	missingValue   = "Not enough parameters (htable name, key name and value)"
	missingExpires = "Not enough parameters (htable name, item name and expire)"
	missingLife    = "Not enough parameters (htable name, key name, value and expire)"
)

func (h *HTable) rpcSetText(r *module.Request) error {
	var key, value string
	t, err := h.arguments(r, missingValue, &key, &value)
	if err != nil {
		return err
	}
	return rpcSet(r, t, key, avp.String(value), 0)
}

func (h *HTable) rpcSetNumber(r *module.Request) error {
	var key string
	t, err := h.arguments(r, missingValue, &key)
	if err != nil {
		return err
	}
	n, err := r.Int(2)
	if err != nil {
		return module.Missing(err, missingValue)
	}
	return rpcSet(r, t, key, avp.Number(n), 0)
}

// rpcSetTextFor is htable.setxs.
func (h *HTable) rpcSetTextFor(r *module.Request) error {
	text, err := r.Str(2)
	if err != nil {
		return module.Missing(err, missingLife)
	}
	return h.rpcSetFor(r, avp.String(text))
}

// rpcSetNumberFor is htable.setxi.
func (h *HTable) rpcSetNumberFor(r *module.Request) error {
	n, err := r.Int(2)
	if err != nil {
		return module.Missing(err, missingLife)
	}
	return h.rpcSetFor(r, avp.Number(n))
}

func (h *HTable) rpcSetFor(r *module.Request, v avp.Value) error {
	var key string
	life, err := r.Int(3)
	if err != nil {
		return module.Missing(err, missingLife)
	}
	t, err := h.arguments(r, missingLife, &key)
	if err != nil {
		return module.Faultf(500, "Failed to set the item")
	}
	return rpcSet(r, t, key, v, seconds(life))
}

func rpcSet(r *module.Request, t *Table, key string, v avp.Value, life uint32) error {
	t.set(nil, key, v, life)
	r.Add("Ok. Key set to new value.")
	return nil
}

func (h *HTable) rpcSetExpires(r *module.Request) error {
	var key string
	t, err := h.arguments(r, missingExpires, &key)
	if err != nil {
		return err
	}
	n, err := r.Int(2)
	if err != nil {
		return module.Missing(err, missingExpires)
	}
	t.setExpires(nil, key, seconds(n))
	r.Add("Ok")
	return nil
}

func (h *HTable) rpcFlush(r *module.Request) error {
	t, err := h.arguments(r, "No htable name given")
	if err != nil {
		return err
	}
	t.clear()
	r.Add("Ok. Htable flushed.")
	return nil
}

// newestFirst is the order in which the reference lists tables.
func (h *HTable) newestFirst(f func(t *Table)) {
	for i := len(h.tables) - 1; i >= 0; i-- {
		f(h.tables[i])
	}
}

func (h *HTable) rpcTables(r *module.Request) error {
	h.newestFirst(func(t *Table) {
		r.Struct().Add("name", t.name).Add("dbtable", t.dbTable).Add("dbmode", t.dbMode).Add("expire", t.autoExpire).
			Add("updateexpire", t.updateExpire).Add("size", 1<<t.bits).Add("dmqreplicate", t.dmqReplicate)
	})
	return nil
}

func (h *HTable) rpcStats(r *module.Request) error {
	h.newestFirst(func(t *Table) {
		used, most, all := uint32(0), int64(0), int64(0)
		least := int64(1<<63 - 1)
		var slot uint32
		var n int64
		end := func() {
			if n > 0 {
				used++
				most, least = max(most, n), min(least, n)
			}
		}
		t.slots(func(of uint32) {
			if of != slot {
				end()
				slot, n = of, 0
			}
			n++
			all++
		})
		end()
		if int64(used) < 1<<t.bits {
			least = 0
		}
		r.Struct().Add("name", t.name).Add("slots", 1<<t.bits).Add("all", all).Add("min", least).Add("max", most)
	})
	return nil
}
