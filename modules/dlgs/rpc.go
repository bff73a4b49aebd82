// SPDX-License-Identifier: Apache-2.0

package dlgs

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

func (d *Dlgs) commands() []module.Command {
	return []module.Command{
		{Name: "dlgs.list", Run: d.rpcList(full), Array: true, Doc: "Lists the calls."},
		{Name: "dlgs.briefing", Run: d.rpcList(brief), Array: true, Doc: "Lists the calls, with less about each."},
		{Name: "dlgs.get", Run: d.rpcGet(true), Doc: "Shows one call that matches: field, op, data, as those of dlgs_count."},
		{Name: "dlgs.getall", Run: d.rpcGet(false), Array: true, Doc: "Shows all calls that match: field, op, data, as those of dlgs_count."},
		{Name: "dlgs.count", Run: d.rpcCount, Doc: "Counts the calls that match and have not ended: field, op, data, as those of dlgs_count."},
		{Name: "dlgs.stats", Run: d.rpcStats, Doc: "Counts the calls by state: those that are kept, and all since the start."},
	}
}

// brief adds the most important of a call.
func brief(s *module.Struct, c *call) {
	s.Add("src", c.src).Add("dst", c.dst).Add("data", c.data).Add("state", names[c.state]).Add("ts_init", c.began).Add("ts_answer", c.answeredAt)
}

// full adds all of a call.
func full(s *module.Struct, c *call) {
	brief(s, c)
	s.Add("ts_finish", c.ending).Add("callid", c.callID).Add("ftag", c.fromTag).Add("ttag", c.toTag).Add("tags", strings.Join(c.tags, ","))
}

func (d *Dlgs) rpcList(show func(*module.Struct, *call)) func(r *module.Request) error {
	return func(r *module.Request) error {
		d.calls.each(func(c *call) bool {
			show(r.Struct(), c)
			return true
		})
		return nil
	}
}

// match reads the arguments field, op and data.
func match(r *module.Request) (func(c *call) bool, error) {
	var words [3]string
	for i := range words {
		var err error
		if words[i], err = r.Str(i); err != nil {
			return nil, module.Faultf(500, "Invalid Parameters")
		}
	}
	of, err := compileField(words[0])
	if err != nil {
		return nil, module.Faultf(400, "%s", err)
	}
	compare, err := compileOperator(words[1])
	if err != nil {
		return nil, module.Faultf(400, "%s", err)
	}
	f, err := filter(of.(field), compare.(operator), words[2])
	if err != nil {
		return nil, module.Faultf(400, "%s", err)
	}
	return f, nil
}

func (d *Dlgs) rpcGet(one bool) func(r *module.Request) error {
	return func(r *module.Request) error {
		matches, err := match(r)
		if err != nil {
			return err
		}
		d.calls.each(func(c *call) bool {
			if !matches(c) {
				return true
			}
			full(r.Struct(), c)
			return !one
		})
		if one && len(r.Reply) == 0 {
			return module.Faultf(404, "No such dialog")
		}
		return nil
	}
}

func (d *Dlgs) rpcCount(r *module.Request) error {
	matches, err := match(r)
	if err != nil {
		return err
	}
	r.Struct().Add("count", d.calls.count(matches))
	return nil
}

func (d *Dlgs) rpcStats(r *module.Request) error {
	s := r.Struct()
	kept, all := s.Struct("active"), s.Struct("total")
	for i, name := range names {
		kept.Add(name, d.calls.counts[i].Load())
		all.Add(name, d.calls.totals[i].Load())
	}
	return nil
}
