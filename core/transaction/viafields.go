// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"net/netip"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/sip"
)

// viaFields are the parameters of the own Via: those of the script, then the
// fields of the list that xavp_via_params names, the newest first as in
// Kamailio. What would break the header is left out.
func (l *Layer) viaFields(st *State) string {
	list := fieldsOf(&st.XAVPs, l.opt.ViaParams)
	if list == nil {
		return st.ViaParams
	}
	var b strings.Builder
	b.WriteString(st.ViaParams)
	list.Each(func(name string, it *avp.Item) bool {
		value := string(it.Value.AppendText(nil))
		if !sip.IsToken(name) || strings.ContainsAny(value, "\r\n,;\x00") {
			return true
		}
		b.WriteString(";" + name)
		if value != "" {
			b.WriteString("=" + value)
		}
		return true
	})
	return b.String()
}

// addressFields takes address and port of the own Via from the list that
// xavp_via_fields names.
func (l *Layer) addressFields(o *sip.Outgoing, st *State) {
	list := fieldsOf(&st.XAVPs, l.opt.ViaFields)
	if list == nil {
		return
	}
	if it := list.At("address", 0); it != nil {
		if host := hostText(string(it.Value.AppendText(nil))); host != "" {
			o.Host = host
		}
	}
	if it := list.At("port", 0); it != nil {
		if n, ok := sip.ParseUint(string(it.Value.AppendText(nil))); ok && n <= 65535 {
			o.Port = int(n)
		}
	}
}

// hostText is a host as it stands in a Via, "" for what is none.
func hostText(s string) string {
	if a, err := netip.ParseAddr(s); err == nil && a.Is6() {
		return "[" + s + "]"
	}
	if u, err := sip.ParseURI("sip:" + s); err != nil || u.Host != s {
		return ""
	}
	return s
}

// fieldsOf is the newest list of a name, nil where there is none.
func fieldsOf(t *avp.Tree, name string) *avp.Tree {
	if name == "" {
		return nil
	}
	if it := t.At(name, 0); it != nil {
		return it.Fields
	}
	return nil
}
