// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
)

func (m *Module) commands() []module.Command {
	const one = "Arguments: Call-ID, and optionally the tag of the caller."
	const key = "Arguments: key (ruri, furi, turi, callid or start_ts), operator (eq, re, sw, gt or lt), value, and optionally how many at most."
	const tags = "Arguments: Call-ID, tag of the caller, tag of the callee."
	return []module.Command{
		{Name: "dlg.list", Run: m.rpcList, Array: true, Doc: "Lists all dialogs; behind the fields that Kamailio has: owner, who ends the dialog if nothing comes; deadline, when at the latest; reason, why it is in its state."},
		{Name: "dlg.list_ctx", Run: m.rpcList, Array: true, Doc: "Lists all dialogs with what other modules keep of them."},
		{Name: "dlg.list_match", Run: m.rpcMatch, Array: true, Doc: "Lists dialogs that match. " + key},
		{Name: "dlg.list_match_ctx", Run: m.rpcMatch, Array: true, Doc: "The same with what other modules keep of them. " + key},
		{Name: "dlg.dump_file", Run: m.rpcDump, Doc: "Writes all dialogs into a file, a line of JSON for each. Argument: name of the file."},
		{Name: "dlg.dlg_list", Run: m.rpcOne, Array: true, Doc: "Lists the dialogs of a call. " + one},
		{Name: "dlg.dlg_list_ctx", Run: m.rpcOne, Array: true, Doc: "The same with what other modules keep of them. " + one},
		{Name: "dlg.terminate_dlg", Run: m.rpcTerminate, Doc: "Ends an answered call with BYEs to both sides. " + tags},
		{Name: "dlg.end_dlg", Run: m.rpcEnd, Doc: "Ends an answered call with BYEs to both sides. Arguments: h_entry, h_id, and optionally header fields for the BYEs."},
		{Name: "dlg.set_state", Run: m.rpcSetState, Doc: "Sets the state of a dialog without events: 4 for an answered one, or 5. " + tags + " Then the state."},
		{Name: "dlg.profile_get_size", Run: m.rpcSize, Doc: "Counts the dialogs in a profile. Arguments: profile, and optionally a value."},
		{Name: "dlg.profile_list", Run: m.rpcProfile, Array: true, Doc: "Lists the dialogs in a profile. Arguments: profile, and optionally a value."},
		{Name: "dlg.bridge_dlg", Run: m.rpcBridge, Doc: "Calls an address and refers it to another one. Arguments: from, to, and optionally outbound proxy and body; a dot leaves one out, _ sends no body."},
		{Name: "dlg.stats_active", Run: m.rpcActive, Doc: "Counts dialogs by state."},
		{Name: "dlg.is_alive", Run: m.rpcAlive, Doc: "Tells whether a call is up. " + tags},
		{Name: "dlg.briefing", Run: m.rpcBriefing, Array: true, Doc: "Lists some fields of all dialogs. Argument: letters: f and t URIs, c Call-ID, F and T tags, I, S and E times, s state."},
	}
}

func (m *Module) rpcList(r *module.Request) error {
	r.Add(m.stream(nil))
	return nil
}

// str is an argument, or "" where it was left out.
func str(r *module.Request, i int) string {
	s, err := r.Str(i)
	if err != nil {
		return ""
	}
	return s
}

func (m *Module) rpcMatch(r *module.Request) error {
	if r.Len() < 3 {
		return module.Faultf(500, "Too few parameters")
	}
	var field func(d *Dialog) string
	key := str(r, 0)
	switch key {
	case "ruri":
		field = func(d *Dialog) string { return d.reqURI }
	case "furi":
		field = func(d *Dialog) string { return d.fromURI }
	case "turi":
		field = func(d *Dialog) string { return d.toURI }
	case "callid":
		field = func(d *Dialog) string { return d.callID }
	case "start_ts":
	default:
		return module.Faultf(500, "Invalid matching key parameter")
	}
	value := str(r, 2)
	start := func(d *Dialog) int64 { d.mu.Lock(); defer d.mu.Unlock(); return d.answered / 1000 }
	var pick func(d *Dialog) bool
	switch op := str(r, 1); {
	case op == "eq" && field == nil, op == "gt", op == "lt":
		want, err := strconv.ParseInt(value, 10, 64)
		if err != nil || field != nil {
			return module.Faultf(500, "Invalid matching value parameter")
		}
		pick = func(d *Dialog) bool {
			switch at := start(d); op {
			case "gt":
				return at > want
			case "lt":
				return at < want
			default:
				return at == want
			}
		}
	case field == nil && (op == "re" || op == "sw"):
		return module.Faultf(500, "Invalid matching operator parameter")
	case op == "eq":
		pick = func(d *Dialog) bool { return field(d) == value }
	case op == "sw":
		pick = func(d *Dialog) bool { return strings.HasPrefix(field(d), value) }
	case op == "re":
		re, err := ere.Compile(value, 0)
		if err != nil {
			return module.Faultf(500, "Invalid matching value parameter")
		}
		pick = func(d *Dialog) bool { return re.MatchString(field(d)) }
	default:
		return module.Faultf(500, "Invalid matching operator parameter")
	}
	limit := int64(0)
	if r.Len() > 3 {
		var err error
		if limit, err = r.Int(3); err != nil || limit < 0 {
			return module.Faultf(500, "Invalid limit parameter")
		}
	}
	return m.addMatching(r, pick, limit)
}

// addMatching replies with the dialogs that pick wants, at most limit of them
// where that is not 0.
func (m *Module) addMatching(r *module.Request, pick func(d *Dialog) bool, limit int64) error {
	n := int64(0)
	m.table.each(func(d *Dialog) bool {
		if pick(d) {
			d.show(r.Struct())
			n++
		}
		return limit == 0 || n < limit
	})
	if n == 0 {
		return module.Faultf(404, "Not found")
	}
	return nil
}

func (m *Module) rpcDump(r *module.Request) error {
	name, err := r.Str(0)
	if err != nil || name == "" {
		return module.Faultf(500, "No file name")
	}
	if err := m.dumpFile(name); err != nil {
		return module.Faultf(500, "Cannot write the file: %s", err)
	}
	return nil
}

func (m *Module) rpcOne(r *module.Request) error {
	callID, err := r.Str(0)
	if err != nil {
		return module.Faultf(400, "error at parameter 0: expected any type but end of packet encountered")
	}
	tag, err := r.Str(1)
	some := err == nil
	var all []*Dialog
	m.find(callID, func(d *Dialog) bool {
		if !some || d.caller.tag == tag {
			all = append(all, d)
		}
		return false
	})
	for _, d := range all {
		d.show(r.Struct())
	}
	return nil
}

// exact finds the dialog that three arguments name.
func (m *Module) exact(r *module.Request) *Dialog {
	from, to := str(r, 1), str(r, 2)
	return m.find(str(r, 0), func(d *Dialog) bool { return d.caller.tag == from && d.callee.tag == to && d.state != Deleted })
}

func (m *Module) rpcTerminate(r *module.Request) error {
	if r.Len() < 3 {
		return module.Faultf(400, "Too few parameters (required callid, from-tag, to-tag)")
	}
	d := m.exact(r)
	if d == nil {
		return module.Faultf(500, "Couldnt find callid in dialog")
	}
	if d.Terminate(nil, "", "dlg.terminate_dlg") != nil {
		return module.Faultf(500, "Cannot terminate dialog")
	}
	return nil
}

func (m *Module) rpcEnd(r *module.Request) error {
	entry, err := r.Int(0)
	if err != nil {
		return module.Faultf(500, "Invalid parameters")
	}
	id, err := r.Int(1)
	if err != nil {
		return module.Faultf(500, "Invalid parameters")
	}
	d := m.byID(uint32(entry), uint32(id))
	if d == nil {
		return module.Faultf(404, "Dialog not found")
	}
	headers := str(r, 2)
	if headers != "" && !strings.HasSuffix(headers, "\n") {
		headers += "\r\n"
	}
	if d.Terminate(nil, headers, "dlg.end_dlg") != nil {
		return module.Faultf(500, "Operation failed")
	}
	return nil
}

func (m *Module) rpcSetState(r *module.Request) error {
	n, err := r.Int(3)
	if err != nil || n < 1 || n > 5 {
		return module.Faultf(500, "Invalid state value")
	}
	d := m.exact(r)
	if d == nil {
		return module.Faultf(500, "Dialog not found")
	}
	if err := d.force(State(n)); err != nil {
		return module.Faultf(500, "Invalid state value: %s", err)
	}
	return nil
}

func (m *Module) profileOf(r *module.Request) (p *profile, value string, given bool, err error) {
	name, err := r.Str(0)
	if err != nil {
		return nil, "", false, err
	}
	if p = m.profiles[name]; p == nil {
		return nil, "", false, module.Faultf(404, "Profile not found: %s", name)
	}
	return p, str(r, 1), r.Len() > 1, nil
}

func (m *Module) rpcSize(r *module.Request) error {
	p, value, given, err := m.profileOf(r)
	if err != nil {
		return err
	}
	r.Add(p.size(value, given))
	return nil
}

func (m *Module) rpcProfile(r *module.Request) error {
	p, value, given, err := m.profileOf(r)
	if err != nil {
		return err
	}
	r.Add(m.stream(func(d *Dialog) bool { return d.in(p, value, given) }))
	return nil
}

func (m *Module) rpcBridge(r *module.Request) error {
	from, err := r.Str(0)
	if err != nil {
		return err
	}
	to, err := r.Str(1)
	if err != nil {
		return err
	}
	body := holdBody
	if r.Len() > 3 {
		switch b := str(r, 3); b {
		case ".":
		case "", "_":
			body = ""
		default:
			body = b
		}
	}
	if err := m.bridge(from, to, str(r, 2), body); err != nil {
		return module.Faultf(500, "Internal error: %s", err)
	}
	return nil
}

func (m *Module) rpcActive(r *module.Request) error {
	var n [Deleted + 1]int
	m.table.each(func(d *Dialog) bool { n[d.State()]++; return true })
	r.Struct().Add("starting", n[Unconfirmed]).Add("connecting", n[Early]).Add("answering", n[Answered]).Add("ongoing", n[Confirmed]).
		Add("all", n[Unconfirmed]+n[Early]+n[Answered]+n[Confirmed])
	return nil
}

func (m *Module) rpcAlive(r *module.Request) error {
	if r.Len() < 3 {
		return module.Faultf(400, "Too few parameters (required callid, from-tag, to-tag)")
	}
	d := m.exact(r)
	if d == nil {
		return module.Faultf(404, "Dialog not found")
	}
	if d.State() != Confirmed {
		return module.Faultf(500, "Dialog is not in confirmed state")
	}
	r.Add("Alive")
	return nil
}

func (m *Module) rpcBriefing(r *module.Request) error {
	want := "ftcFT"
	if r.Len() > 0 {
		want = str(r, 0)
	}
	has := func(letter string) bool { return strings.Contains(want, letter) }
	r.Add(module.Stream(func(yield func(any) bool) {
		m.table.each(func(d *Dialog) bool {
			s := new(module.Struct)
			d.mu.Lock()
			s.Add("h_entry", d.entry).Add("h_id", d.id)
			for _, f := range []struct {
				letter, name string
				value        any
			}{
				{"f", "from_uri", d.fromURI}, {"t", "to_uri", d.toURI}, {"c", "call-id", d.callID}, {"F", "from_tag", d.caller.tag}, {"T", "to_tag", d.callee.tag},
				{"I", "init_ts", d.created / 1000}, {"S", "start_ts", d.answered / 1000}, {"E", "end_ts", d.ended / 1000}, {"s", "state", int(d.state)},
			} {
				if has(f.letter) {
					s.Add(f.name, f.value)
				}
			}
			d.mu.Unlock()
			return yield(s)
		})
	}))
	return nil
}
