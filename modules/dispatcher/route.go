// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"errors"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// goal is where the chosen gateway is written.
type goal uint8

const (
	toDst    goal = iota // the next hop ($du)
	toDomain             // the domain of the Request-URI
	toXAVP               // nowhere but the XAVP
)

// Bits of the parameters flags, xavp_dst_mode and xavp_ctx_mode.
const (
	flagUserOnly = 1
	flagFailover = 2

	dstNoAttrs  = 1
	dstSocket   = 2
	dstSockname = 4

	ctxNoCount = 1
)

// Fields of the XAVPs.
const (
	fieldGroup    = "grp"
	fieldURI      = "uri"
	fieldID       = "dstid"
	fieldSock     = "sock"
	fieldSocket   = "socket"
	fieldSockname = "sockname"
	fieldAttrs    = "attrs"
	fieldCount    = "cnt"
)

var (
	errFailover = errors.New("failover needs flag 2 of the parameter flags")
	errBranches = errors.New("too many branches (max_branches)")
	errRules    = errors.New("rules are set=algorithm, divided by semicolons")
	errGoal     = errors.New("the mode begins with 0, d, 1, r, 2 or x")
)

// selectTo is the function of ds_select_dst, ds_select_domain and ds_select.
func (d *Dispatcher) selectTo(g goal) func(c *module.Call, a module.Args) module.Result {
	name := [...]string{"ds_select_dst", "ds_select_domain", "ds_select"}[g]
	return func(c *module.Call, a module.Args) module.Result {
		return d.route(c, name, g, a.Int(2, 0), rule{a.Int(0, 0), a.Int(1, 0)})
	}
}

// rule is a set and how to choose in it.
type rule struct{ set, algorithm int }

// route chooses by rules, and writes what was chosen to g and the XAVPs.
func (d *Dispatcher) route(c *module.Call, function string, g goal, limit int, rules ...rule) module.Result {
	if g == toDst && d.forceDst == 0 && c.Target.DstURI != "" {
		return c.Fail(function, errSetTaken)
	}
	sel := d.selection(c)
	routed := false
	for _, r := range rules {
		before := len(sel.chosen)
		if limit > 0 && before >= limit {
			break
		}
		if err := d.gather(c, r.set, r.algorithm, limit, sel); err != nil {
			d.nobody.Inc()
			c.Fail(function, err)
			continue
		}
		if r.algorithm == parallel {
			if !d.fork(c, function, g, sel.chosen[before:], routed) {
				return module.False
			}
			sel.chosen = sel.chosen[:before]
		} else if !routed {
			d.point(c, g, sel.chosen[before])
		}
		routed = true
		if d.flags&flagFailover == 0 {
			sel.chosen = sel.chosen[:0]
			break
		}
	}
	if !routed {
		return module.False
	}
	d.selected.Inc()
	d.remember(c, sel)
	return module.True
}

// point writes a gateway to g.
func (d *Dispatcher) point(c *module.Call, g goal, dst *destination) {
	if g == toXAVP {
		return
	}
	d.aim(c, g, dst.uri, dst.hostPart, dst.socket)
}

// aim makes a gateway the target of the message.
func (d *Dispatcher) aim(c *module.Call, g goal, uri, hostPart string, socket *transport.Socket) {
	if g == toDst {
		c.Target.DstURI = uri
	} else {
		c.Target.URI = withHostPart(c, hostPart)
	}
	if socket != nil {
		c.Target.Socket = socket
	}
	c.TargetUsed = false
}

// withHostPart is the Request-URI with another host, port and parameters.
func withHostPart(c *module.Call, hostPart string) string {
	u, err := c.ParseURI(c.Target.URI)
	text := c.Mem.Begin()
	switch {
	case err != nil || !u.IsSIP() && !u.IsTel():
		text = append(text, "sip:"...)
	case u.IsTel():
		text = append(append(append(text, "sip:"...), u.User...), '@')
	default:
		text = append(append(text, u.SchemeText...), ':')
		if u.HasUser {
			text = append(text, u.User...)
			if u.HasPassword {
				text = append(append(text, ':'), u.Password...)
			}
			text = append(text, '@')
		}
	}
	return c.Keep(c.Mem.Keep(append(text, hostPart...)))
}

// fork makes a branch of each gateway; the first is the target, where nothing
// else is yet.
func (d *Dispatcher) fork(c *module.Call, function string, g goal, chosen []*destination, routed bool) bool {
	uri := c.Target.URI
	if !routed && g != toXAVP {
		d.point(c, g, chosen[0])
		chosen = chosen[1:]
	}
	limit := c.Host.Core().MaxBranches
	for _, dst := range chosen {
		if limit > 0 && len(c.Branches)+1 >= limit {
			c.Fail(function, errBranches)
			return false
		}
		t := transaction.Target{URI: uri, Socket: dst.socket, Flags: c.Target.Flags, Q: transaction.QUnset}
		if g == toDomain {
			t.URI = withHostPart(c, dst.hostPart)
		} else {
			t.DstURI = dst.uri
		}
		c.Branches = append(c.Branches, t)
	}
	return true
}

// remember writes the XAVPs: the gateways, the first of them on top, and how
// many there are.
func (d *Dispatcher) remember(c *module.Call, sel *selection) {
	for i := len(sel.chosen) - 1; i >= 0; i-- {
		fields := sel.chosen[i].fields
		if sel.counted {
			fields = sel.chosen[i].loadFields
		}
		c.XAVPs.Add(d.xavpDst, avp.Item{Fields: fields})
	}
	if d.xavpCtx != "" && d.xavpCtxMode&ctxNoCount == 0 {
		c.XAVPs.Add(d.xavpCtx, avp.Item{Fields: d.count(len(sel.chosen))})
	}
}

// counts are the fields of the context for small numbers.
const maxCount = 64

func newCounts() (fields [maxCount]*avp.Tree) {
	for i := range fields {
		fields[i] = countFields(i)
	}
	return fields
}

func countFields(n int) *avp.Tree {
	t := new(avp.Tree)
	t.Add(fieldCount, avp.Item{Value: avp.Number(int64(n))})
	return t.Freeze()
}

func (d *Dispatcher) count(n int) *avp.Tree {
	if n < len(d.counts) {
		return d.counts[n]
	}
	return countFields(n)
}

// selectRoutes is ds_select_routes(rules, mode[, limit]).
func (d *Dispatcher) selectRoutes(c *module.Call, a module.Args) module.Result {
	if a[0].Err != nil {
		return c.Fail("ds_select_routes", a[0].Err)
	}
	if a[1].Err != nil {
		return c.Fail("ds_select_routes", a[1].Err)
	}
	return d.route(c, "ds_select_routes", a[1].Data.(goal), a.Int(2, 0), a[0].Data.([]rule)...)
}

// parseRules reads "1=4;2=8": a set without an algorithm has 0.
func parseRules(text string) (any, error) {
	var rules []rule
	for part := range strings.SplitSeq(strings.TrimRight(text, ";"), ";") {
		id, algorithm, given := strings.Cut(part, "=")
		if !given {
			algorithm = "0"
		}
		var r rule
		if !number(id, &r.set) || !number(algorithm, &r.algorithm) {
			return nil, errRules
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func number(s string, n *int) bool {
	v, err := strconv.ParseUint(s, 10, 31)
	*n = int(v)
	return err == nil
}

// parseGoal reads the mode of ds_select_routes.
func parseGoal(text string) (any, error) {
	if text != "" {
		switch text[0] | 0x20 {
		case '0', 'd':
			return toDst, nil
		case '1', 'r':
			return toDomain, nil
		case '2', 'x':
			return toXAVP, nil
		}
	}
	return nil, errGoal
}

// written is the gateway on top of the XAVP.
type written struct {
	set       int
	uri, duid string
	socket    *transport.Socket
}

// top reads the gateway on top of the XAVP; false where there is none.
func (d *Dispatcher) top(c *module.Call) (w written, ok bool) {
	it := c.XAVPs.At(d.xavpDst, 0)
	if it == nil || it.Fields == nil {
		return w, false
	}
	get := func(name string) avp.Value {
		if f := it.Fields.At(name, 0); f != nil {
			return f.Value
		}
		return avp.Value{}
	}
	n, _ := get(fieldGroup).Number()
	w = written{set: int(n), uri: get(fieldURI).Str, duid: get(fieldID).Str}
	if s := get(fieldSock).Str; s != "" {
		w.socket = c.Host.Transport().SocketByText(s)
	}
	return w, w.uri != ""
}

// use is ds_next_dst and ds_next_domain, and with next false ds_set_dst and
// ds_set_domain.
func (d *Dispatcher) use(function string, g goal, next bool) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, _ module.Args) module.Result {
		if d.flags&flagFailover == 0 {
			return c.Fail(function, errFailover)
		}
		if next && !c.XAVPs.Remove(d.xavpDst, 0) {
			return module.False
		}
		w, ok := d.top(c)
		for next && ok && w.duid != "" && !d.moveLoad(c, w.set, w.duid) {
			c.XAVPs.Remove(d.xavpDst, 0) // it got full meanwhile
			w, ok = d.top(c)
		}
		if !ok {
			return module.False
		}
		part := ""
		if g == toDomain {
			u, err := sip.ParseURI(w.uri)
			if err != nil {
				return c.Fail(function, err)
			}
			part = hostPart(&u)
		}
		if next {
			d.failovers.Inc()
		}
		d.aim(c, g, w.uri, part, w.socket)
		return module.True
	}
}
