// SPDX-License-Identifier: Apache-2.0

package dialplan

import "github.com/kahea-sip/kahea/core/module"

func (d *Dialplan) rpcReload(r *module.Request) error {
	if err := d.load(r.Context); err != nil {
		d.log.Error("the rules stay as they were", "err", err)
		return module.Faultf(500, "Dialplan Reload Failed: %v", err)
	}
	return nil
}

// text is a text of a reply: one that is empty is none.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (d *Dialplan) rpcDump(r *module.Request) error {
	plan, err := r.Int(0)
	if err != nil {
		return module.Missing(err, "Missing parameter")
	}
	rules := (*d.plans.Load())[plan]
	if rules == nil {
		return module.Faultf(500, "Dialplan ID not matched")
	}
	all := r.Struct().Add("DPID", plan)
	var entries module.List
	for _, u := range rules {
		e := &module.Struct{}
		e.Struct("ENTRY").Add("PRIO", u.priority).Add("MATCHOP", u.op).Add("MATCHEXP", u.match).Add("MATCHLEN", u.length).
			Add("SUBSTEXP", text(u.subst)).Add("REPLEXP", text(u.replace)).Add("ATTRS", text(u.attrs))
		entries = append(entries, e)
	}
	all.Add("ENTRIES", entries)
	return nil
}

func (d *Dialplan) rpcTranslate(r *module.Request) error {
	plan, err := r.Int(0)
	if err != nil {
		return module.Faultf(500, "Invalid parameters")
	}
	input, err := r.Str(1)
	if err != nil {
		return module.Faultf(500, "Invalid parameters")
	}
	rules := (*d.plans.Load())[plan]
	switch {
	case rules == nil:
		return module.Faultf(500, "Dialplan ID not matched")
	case input == "":
		return module.Faultf(500, "Empty input parameter")
	}
	c := r.Host.NewCall()
	defer r.Host.FreeCall(c)
	for _, u := range rules {
		ok, err := u.matches(c, input)
		if err != nil {
			return module.Faultf(500, "%v", err)
		}
		if !ok {
			continue
		}
		out, _, err := u.translate(c, input)
		if err != nil {
			break
		}
		r.Struct().Add("Output", out).Add("Attributes", text(u.attrs))
		return nil
	}
	return module.Faultf(500, "No translation")
}
