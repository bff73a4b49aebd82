// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"cmp"
	"errors"
	"slices"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// Serial forking keeps the part of the target set that waits in an XAVP
// (contacts_avp), one item per target, and targets that share their
// +sip.instance with one that was tried in another (contact_flows_avp). The
// newest item of an XAVP comes first, so the targets go in in reverse order.

// noneLeft is what t_next_contacts returns when there is nothing more.
const noneLeft module.Result = -2

var errNoAVP = errors.New("the parameters contacts_avp and contact_flows_avp are not set")

// Fields of an item. The last of a group of equal priority has q_flag 1.
const (
	fieldURI      = "uri"
	fieldDstURI   = "dst_uri"
	fieldPath     = "path"
	fieldQFlag    = "q_flag"
	fieldQ        = "q"
	fieldSock     = "sock"
	fieldFlags    = "flags"
	fieldInstance = "instance"
	fieldRUID     = "ruid"
	fieldAgent    = "ua"
	fieldConn     = "conn"
	fieldReg      = "reg_id"
	fieldAttrs    = "attrs"
)

// contact is a target with the attributes that lookup found for it, in the XAVP
// that xavp_contact names.
type contact struct {
	transaction.Target
	attrs *avp.Tree
}

// loadContacts is t_load_contacts([mode]).
func (m *TM) loadContacts(c *module.Call, a module.Args) module.Result {
	if m.contactsAVP == "" || m.flowsAVP == "" {
		return c.Fail("t_load_contacts", errNoAVP)
	}
	set := m.targetSet(c)
	if len(set) < 2 {
		return module.True
	}
	byWeight := a.Int(0, 0) == 1
	if byWeight {
		m.shuffle(set)
	} else {
		slices.SortStableFunc(set, func(x, y contact) int { return cmp.Compare(y.Q, x.Q) })
	}
	c.XAVPs.Clear(m.contactsAVP)
	c.XAVPs.Clear(m.flowsAVP)
	for i := len(set) - 1; i >= 0; i-- {
		last := byWeight || i == len(set)-1 || set[i].Q != set[i+1].Q
		c.XAVPs.Add(m.contactsAVP, item(c, &set[i], last))
	}
	c.Branches = c.Branches[:0]
	if m.xavpContact != "" {
		c.XAVPs.Clear(m.xavpContact)
	}
	return module.True
}

// targetSet is the whole target set; the Request-URI is a part of it while it
// was not sent to.
func (m *TM) targetSet(c *module.Call) []contact {
	var set []contact
	add := func(t transaction.Target) {
		k := contact{Target: t}
		if m.xavpContact != "" {
			if it := c.XAVPs.At(m.xavpContact, len(set)); it != nil {
				k.attrs = it.Fields
			}
		}
		set = append(set, k)
	}
	if c.Target.URI != "" && !c.TargetUsed {
		add(c.Target)
	}
	for _, t := range c.Branches {
		add(t)
	}
	return set
}

// shuffle orders targets by chance, weighted by q; those without weight come
// last.
func (m *TM) shuffle(set []contact) {
	r := m.host.Rand()
	for i := range set {
		sum := 0
		for _, t := range set[i:] {
			sum += int(max(t.Q, 0))
		}
		if sum == 0 {
			return
		}
		n := r.IntN(sum)
		for j := i; j < len(set); j++ {
			if n -= int(max(set[j].Q, 0)); n < 0 {
				t := set[j]
				copy(set[i+1:j+1], set[i:j])
				set[i] = t
				break
			}
		}
	}
}

// item makes an XAVP item of a target.
func item(c *module.Call, t *contact, last bool) avp.Item {
	f := new(avp.Tree)
	str := func(name, s string) {
		if s != "" {
			f.Add(name, avp.Item{Value: avp.String(c.Keep(s))})
		}
	}
	num := func(name string, n int64) {
		if n != 0 {
			f.Add(name, avp.Item{Value: avp.Number(n)})
		}
	}
	str(fieldURI, t.URI)
	str(fieldDstURI, t.DstURI)
	str(fieldPath, t.Path)
	if t.Socket != nil {
		str(fieldSock, t.Socket.Text)
	}
	str(fieldInstance, t.Instance)
	str(fieldRUID, t.RUID)
	str(fieldAgent, t.UserAgent)
	num(fieldFlags, int64(t.Flags))
	num(fieldConn, int64(t.Conn))
	num(fieldReg, int64(t.RegID))
	f.Add(fieldQ, avp.Item{Value: avp.Number(int64(t.Q))})
	if last {
		f.Add(fieldQFlag, avp.Item{Value: avp.Number(1)})
	}
	if t.attrs != nil {
		f.Add(fieldAttrs, avp.Item{Fields: t.attrs})
	}
	return avp.Item{Fields: f}
}

// target is the reverse of item.
func (m *TM) target(it *avp.Item) (t contact, last bool) {
	t.Q = transaction.QUnset
	if it.Fields == nil {
		return t, true
	}
	get := func(name string) avp.Value {
		if v := it.Fields.At(name, 0); v != nil {
			return v.Value
		}
		return avp.Value{}
	}
	t.URI, t.DstURI, t.Path = get(fieldURI).Str, get(fieldDstURI).Str, get(fieldPath).Str
	t.Instance, t.RUID, t.UserAgent = get(fieldInstance).Str, get(fieldRUID).Str, get(fieldAgent).Str
	if s := get(fieldSock).Str; s != "" {
		t.Socket = m.host.Transport().SocketByText(s)
	}
	t.Flags, t.Conn = uint32(get(fieldFlags).Int), transport.ConnID(get(fieldConn).Int)
	t.RegID = int(get(fieldReg).Int)
	if q := get(fieldQ); !q.IsNull() {
		t.Q = int16(q.Int)
	}
	if v := it.Fields.At(fieldAttrs, 0); v != nil {
		t.attrs = v.Fields
	}
	return t, get(fieldQFlag).Int == 1
}

// nextContacts is t_next_contacts().
func (m *TM) nextContacts(c *module.Call, _ module.Args) module.Result {
	if m.contactsAVP == "" || m.flowsAVP == "" {
		return c.Fail("t_next_contacts", errNoAVP)
	}
	var group []contact
	for {
		it := c.XAVPs.At(m.contactsAVP, 0)
		if it == nil {
			break
		}
		t, last := m.target(it)
		kept := *it
		c.XAVPs.Remove(m.contactsAVP, 0)
		if sameInstance(group, t.Instance) {
			c.XAVPs.Add(m.flowsAVP, kept)
		} else {
			group = append(group, t)
		}
		if last {
			break
		}
	}
	if len(group) == 0 {
		return noneLeft
	}
	m.setTargets(c, group)
	return module.True
}

func sameInstance(group []contact, instance string) bool {
	return instance != "" && slices.ContainsFunc(group, func(t contact) bool { return t.Instance == instance })
}

// setTargets makes contacts the target set, and their attributes those of
// xavp_contact, the first one's as the newest.
func (m *TM) setTargets(c *module.Call, group []contact) {
	c.Target, c.TargetUsed = group[0].Target, false
	c.Branches = c.Branches[:0]
	for i := range group[1:] {
		c.Branches = append(c.Branches, group[i+1].Target)
	}
	if m.xavpContact == "" {
		return
	}
	c.XAVPs.Clear(m.xavpContact)
	for _, k := range slices.Backward(group) {
		if k.attrs != nil {
			c.XAVPs.Add(m.xavpContact, avp.Item{Fields: k.attrs})
		}
	}
}

// nextContactFlow is t_next_contact_flow().
func (m *TM) nextContactFlow(c *module.Call, _ module.Args) module.Result {
	if m.flowsAVP == "" {
		return c.Fail("t_next_contact_flow", errNoAVP)
	}
	instance := ""
	if c.Tx != nil && c.TxHeld {
		if b := c.Tx.Picked(); b != nil {
			instance = b.Target.Instance
		}
	}
	for i := 0; ; i++ {
		it := c.XAVPs.At(m.flowsAVP, i)
		if it == nil {
			return noneLeft
		}
		t, _ := m.target(it)
		if t.Instance != instance {
			continue
		}
		c.XAVPs.Remove(m.flowsAVP, i)
		m.setTargets(c, []contact{t})
		return module.True
	}
}
