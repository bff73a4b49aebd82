// SPDX-License-Identifier: Apache-2.0

package debugger

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// The bits of dbg_pv_dump's mask.
const (
	showNull = 1 << iota
	showAVPs
	showVars
	showXAVPs
	showAll = 31
)

func levelOf(a module.ArgValue, usual slog.Level) slog.Level {
	if l, ok := a.Data.(slog.Level); ok {
		return l
	}
	return usual
}

// dumpVariables is dbg_pv_dump(mask, level).
func (d *Debugger) dumpVariables(c *module.Call, a module.Args) module.Result {
	level := levelOf(a[1], module.LevelDebug)
	log := d.log(c)
	if !log.Enabled(c.Context(), level) {
		return module.True
	}
	mask := a.Int(0, showAll)
	var o object
	if named, ok := c.Gen.Program.(interface{ VarNames() []string }); ok && mask&showVars != 0 {
		for i, name := range named.VarNames() {
			if i < len(c.Vars) && (mask&showNull != 0 || !c.Vars[i].IsNull()) {
				o.add("$var("+name+")", plain(c.Vars[i]))
			}
		}
	}
	if mask&showAVPs != 0 {
		addAVPs(&o, c)
	}
	if mask&showXAVPs != 0 {
		addXAVPs(&o, c)
	}
	log.LogAttrs(c.Context(), level, "dbg_dump_json(): "+o.text(), slog.String("module", "debugger"))
	return module.True
}

// addAVPs adds each $avp with its values, the last one that was set first.
func addAVPs(o *object, c *module.Call) {
	values, order := map[string][]any{}, []string{}
	for name, v := range c.AVPs.All() {
		if strings.HasPrefix(name, "\x00") {
			continue // of a module: no script can name it
		}
		if values[name] == nil {
			order = append(order, name)
		}
		values[name] = append(values[name], plain(v))
	}
	for _, name := range order {
		o.add("$avp("+name+")", values[name])
	}
}

func addXAVPs(o *object, c *module.Call) {
	values, order := map[string][]any{}, []string{}
	c.XAVPs.Each(func(name string, it *avp.Item) bool {
		if values[name] == nil {
			order = append(order, name)
		}
		values[name] = append(values[name], item(it))
		return true
	})
	for _, name := range order {
		o.add("$xavp("+name+")", values[name])
	}
}

// item is what stands in an $xavp: its value, or the fields of it.
func item(it *avp.Item) any {
	if it.Fields == nil {
		return plain(it.Value)
	}
	fields := map[string][]any{}
	it.Fields.Each(func(name string, sub *avp.Item) bool {
		fields[name] = append(fields[name], item(sub))
		return true
	})
	return fields
}

func plain(v module.Value) any {
	switch v.Kind {
	case avp.Null:
		return nil
	case avp.Int:
		return v.Int
	}
	return v.Str
}

// object is a JSON object that keeps its order.
type object struct{ parts []string }

func (o *object) add(name string, v any) {
	key, _ := json.Marshal(name)
	value, err := json.Marshal(v)
	if err != nil {
		value = []byte("null")
	}
	o.parts = append(o.parts, string(key)+":"+string(value))
}

func (o *object) text() string { return "{" + strings.Join(o.parts, ",") + "}" }

// showMessage is dbg_sip_msg(level, facility).
func (d *Debugger) showMessage(c *module.Call, a module.Args) module.Result {
	level := levelOf(a[0], module.LevelErr)
	log := d.log(c)
	if !log.Enabled(c.Context(), level) {
		return module.True
	}
	now := printed(c)
	before, after := sections(string(c.Msg.Raw())), sections(now)
	var b strings.Builder
	fmt.Fprintf(&b, "w_dbg_sip_msg(): CONFIG LINE %d\n", c.Line.Line)
	b.WriteString("------------------------- START OF SIP message debug --------------------------\n")
	b.WriteString(now)
	b.WriteString("------------------------------ SIP header diffs -------------------------------\n")
	differences(&b, before.header, after.header)
	b.WriteString("------------------------------- SIP body diffs --------------------------------\n")
	differences(&b, before.body, after.body)
	b.WriteString("-------------------------- END OF SIP message debug ---------------------------\n\n")
	attrs := []slog.Attr{slog.String("module", "debugger")}
	if a[1].Given {
		attrs = append(attrs, slog.String("facility", a.Str(1)))
	}
	log.LogAttrs(c.Context(), level, b.String(), attrs...)
	return module.True
}

// printed is the message with what the script has done to it.
func printed(c *module.Call) string {
	o := sip.Outgoing{NoVia: true}
	if c.Msg.IsRequest() {
		o.RequestURI = c.Target.URI
		return string(sip.AppendRequest(nil, c.Msg, &o))
	}
	return string(c.Msg.Raw())
}

// parts are the lines of a message.
type parts struct{ header, body []string }

func sections(text string) parts {
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	return parts{lines[1:], strings.SplitAfter(body, "\n")}
}

// differences prints what is only in before with "- ", and what is only in after as it stands.
func differences(b *strings.Builder, before, after []string) {
	for _, l := range before {
		if !slices.Contains(after, l) {
			b.WriteString("- " + strings.TrimRight(l, "\r\n") + "\n")
		}
	}
	for _, l := range after {
		if !slices.Contains(before, l) {
			b.WriteString(strings.TrimRight(l, "\r\n") + "\n")
		}
	}
}
