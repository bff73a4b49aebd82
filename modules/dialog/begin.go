// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// keeper is what the module keeps with a Call: the dialog that its script has
// begun or ended, until a transaction keeps it.
type keeper struct{ d *Dialog }

func (m *Module) keeper(c *module.Call) *keeper {
	return c.Local(m, func() any { return new(keeper) }).(*keeper)
}

// current is the dialog of a Call, nil for none; it may be a draft.
func current(c *module.Call) *Dialog {
	d, _ := c.State.Dialog.(*Dialog)
	return d
}

// live is the dialog of a Call, nil for none and for a draft.
func live(c *module.Call) *Dialog {
	d := current(c)
	if d == nil || d.State() == Draft {
		return nil
	}
	return d
}

// draft is the dialog of a Call; where there is none it begins a draft, which
// dlg_manage or the transaction makes a dialog.
func (m *Module) draft(c *module.Call) *Dialog {
	d := current(c)
	if d == nil {
		d = &Dialog{m: m, lifetime: m.defaultTimeout}
		c.State.Dialog = d
	}
	return d
}

// manage is dlg_manage().
func (m *Module) manage(c *module.Call, _ module.Args) module.Result {
	if !c.Msg.IsRequest() {
		return module.False
	}
	if c.Msg.Method != sip.MethodInvite || c.Msg.ToTag() != "" {
		if c.Msg.ToTag() != "" {
			m.within(c, sip.Params(c.OwnRoute), true)
		}
		return module.True
	}
	if live(c) != nil {
		return module.True
	}
	d := m.begin(c, c.Msg, c.State, c.Packet, c.Gen)
	if d == nil {
		return module.False
	}
	if c.Tx != nil && c.TxHeld {
		m.bind(c.Tx, d)
		return module.True
	}
	m.keep(c, d)
	return module.True
}

// keep holds a dialog until the script of c has ended, or a transaction has
// taken it over.
func (m *Module) keep(c *module.Call, d *Dialog) {
	k := m.keeper(c)
	if k.d == d {
		return
	}
	m.letGo(k)
	d.use(1)
	k.d = d
}

// letGo ends what keep began. A dialog that no transaction took over is over:
// its INVITE was answered without one, or was a retransmission.
func (m *Module) letGo(k *keeper) {
	d := k.d
	if d == nil {
		return
	}
	k.d = nil
	d.mu.Lock()
	orphan := d.state == Unconfirmed && !d.bound
	d.mu.Unlock()
	if orphan {
		d.end("no transaction")
	}
	d.use(-1)
}

// begin makes the dialog of an INVITE, or finds the one that it belongs to as a
// spiral. It returns nil for an INVITE that cannot have one.
func (m *Module) begin(c *module.Call, msg *sip.Message, st *transaction.State, p transport.Packet, gen *module.Generation) *Dialog {
	from, err := msg.From()
	if err != nil {
		return nil
	}
	to, err := msg.To()
	if err != nil {
		return nil
	}
	cseq, err := msg.CSeq()
	if err != nil {
		return nil
	}
	callID, tag := msg.CallID(), msg.FromTag()
	if m.detectSpirals != 0 {
		d := m.find(callID, func(d *Dialog) bool { return d.state < Deleted && d.caller.tag == tag })
		if d != nil {
			st.Dialog = d
			m.addRouteParam(st, p.Buffer, d)
			m.tell(Spiraled, d, c, nil)
			return d
		}
	}
	d, _ := st.Dialog.(*Dialog)
	if d == nil || d.State() != Draft {
		d = &Dialog{m: m, lifetime: m.defaultTimeout}
	}
	contact := ""
	if list, err := msg.Contacts(); err == nil && len(list) > 0 {
		contact = list[0].URI
	}
	routes := routeSet(msg, 0, false)
	// One piece of memory has all texts.
	text := strings.Join([]string{callID, from.URI, to.URI, msg.RequestURI, tag, contact, routes}, "")
	cut := func(n int) (s string) { s, text = text[:n], text[n:]; return }
	d.callID, d.fromURI, d.toURI = cut(len(callID)), cut(len(from.URI)), cut(len(to.URI))
	d.reqURI, tag = cut(len(msg.RequestURI)), cut(len(tag))
	d.entry, d.id = m.entryOf(d.callID), m.newID()
	d.readTimeout(c)
	d.mu.Lock()
	d.caller = leg{tag: tag, contact: cut(len(contact)), routes: text, cseq: cseq.Number, socket: p.Socket}
	d.state, d.reason = Unconfirmed, "no reply yet"
	d.gen = gen
	d.created = m.host.Clock().Now().UnixMilli()
	if m.sendBye != 0 {
		d.iflags |= timeoutBye
	}
	if m.timeoutNoReset != 0 {
		d.iflags |= timeoutNoReset
	}
	d.timer.Init(m.host.Timers(), d)
	d.mu.Unlock()
	st.Dialog = d
	m.table.add(d)
	m.processed.Inc()
	d.mu.Lock()
	d.lookAt(m.now() + time.Duration(m.earlyTimeout)*time.Second)
	d.mu.Unlock()
	m.addRouteParam(st, p.Buffer, d)
	m.tell(Created, d, c, nil)
	return d
}

// readTimeout takes the lifetime from timeout_avp, where the request has it.
func (d *Dialog) readTimeout(c *module.Call) {
	if d.m.timeoutAVP == nil {
		return
	}
	if n, ok := seconds(d.m.timeoutAVP.Get(c, module.Index{})); ok {
		d.mu.Lock()
		d.lifetime = n
		d.mu.Unlock()
	}
}

// addRouteParam puts the dialog's name into Record-Route: its numbers in
// hexadecimal digits, the lowest first.
func (m *Module) addRouteParam(st *transaction.State, mem *transport.Buffer, d *Dialog) {
	if m.matchMode == matchTags || mem == nil {
		return
	}
	var own [32]byte
	did := d.appendID(append(append(append(own[:0], ';'), m.rrParam...), '='))
	if strings.Contains(st.RouteParams, string(did)) {
		return
	}
	st.RouteParams = mem.Keep(append(append(mem.Begin(), st.RouteParams...), did...))
}

func (d *Dialog) appendID(dst []byte) []byte {
	return appendHex(append(appendHex(dst, d.entry), '.'), d.id)
}

func appendHex(dst []byte, n uint32) []byte {
	const digits = "0123456789abcdef"
	for {
		dst = append(dst, digits[n&15])
		if n >>= 4; n == 0 {
			return dst
		}
	}
}

// parseID reads what appendID wrote.
func parseID(s string) (entry, id uint32, ok bool) {
	a, b, ok := strings.Cut(s, ".")
	if !ok {
		return 0, 0, false
	}
	if entry, ok = parseHex(a); !ok {
		return 0, 0, false
	}
	id, ok = parseHex(b)
	return entry, id, ok
}

func parseHex(s string) (n uint32, ok bool) {
	if s == "" || len(s) > 8 {
		return 0, false
	}
	for i := len(s) - 1; i >= 0; i-- {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		default:
			return 0, false
		}
		n = n<<4 | uint32(c)
	}
	return n, true
}

// routeSet is the route set that a message gives: its Record-Route values
// without the last skip ones, reversed where it is a reply (RFC 3261 12.1).
func routeSet(msg *sip.Message, skip int, reversed bool) string {
	rr, err := msg.RecordRoutes()
	if err != nil || len(rr) <= skip {
		return ""
	}
	rr = rr[:len(rr)-skip]
	var b strings.Builder
	for i := range rr {
		a := &rr[i]
		if reversed {
			a = &rr[len(rr)-1-i]
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(a.Raw)
	}
	return b.String()
}

// seconds reads a timeout.
func seconds(v module.Value) (n int, ok bool) {
	switch {
	case v.IsNull():
		return 0, false
	case v.Str != "" && v.Int == 0:
		k, err := strconv.Atoi(v.Str)
		return k, err == nil && k > 0
	}
	return int(v.Int), v.Int > 0
}
