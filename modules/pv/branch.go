// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

func branchVariables() []module.Variable {
	return []module.Variable{
		{Name: "branch", Bind: bindBranch(false), Doc: "attribute of a further branch: uri, dst_uri, path, q, flags, send_socket, ruid, location_ua, otcpid, instance, count; the index counts from 0"},
		{Name: "sbranch", Bind: bindBranch(true), Doc: "attribute of the branch that sbranch_append and sbranch_set_ruri take"},
		write("br", firstBranch, addBranch, "URI of the first further branch; assigned, it adds a branch"),
		read("bR", func(c *module.Call) module.Value { return branchList(c, false) }, "all further branches as a list of addresses"),
		read("ds", destinationSet, "the target set as a Contact header"),
	}
}

// branchAttr is $branch(x) or $sbranch(x).
type branchAttr struct {
	name   string
	static bool
}

var _ module.Assignable = branchAttr{}

var branchNames = map[string]bool{"uri": true, "dst_uri": true, "path": true, "q": true, "flags": true, "send_socket": true, "ruid": true,
	"location_ua": true, "otcpid": true, "instance": true, "count": true}

func bindBranch(static bool) func(module.Binder, string) (module.Accessor, error) {
	return func(_ module.Binder, inner string) (module.Accessor, error) {
		if !branchNames[inner] || static && inner == "count" {
			return nil, fmt.Errorf("a branch has no attribute %q", inner)
		}
		return branchAttr{inner, static}, nil
	}
}

func (b branchAttr) target(c *module.Call, i module.Index) *transaction.Target {
	if b.static {
		return &c.StaticBranch
	}
	n := i.N
	if n < 0 {
		n += len(c.Branches)
	}
	if n < 0 || n >= len(c.Branches) {
		return nil
	}
	return &c.Branches[n]
}

// Get implements module.Accessor.
func (b branchAttr) Get(c *module.Call, i module.Index) module.Value {
	if b.name == "count" {
		if len(c.Branches) == 0 {
			return null // as in Kamailio: equal to 0, and prints <null>
		}
		return number(len(c.Branches))
	}
	t := b.target(c, i)
	if t == nil || b.static && *t == (transaction.Target{Q: transaction.QUnset}) {
		return null
	}
	switch b.name {
	case "uri":
		return orNull(t.URI)
	case "dst_uri":
		return orNull(t.DstURI)
	case "path":
		return orNull(t.Path)
	case "q":
		if t.Q == transaction.QUnset {
			return null
		}
		return number(int(t.Q))
	case "flags":
		return avp.Number(int64(t.Flags))
	case "send_socket":
		if t.Socket == nil {
			return null
		}
		return avp.String(t.Socket.Text)
	case "ruid":
		return orNull(t.RUID)
	case "location_ua":
		return orNull(t.UserAgent)
	case "otcpid":
		return avp.Number(int64(t.Conn))
	}
	return orNull(t.Instance)
}

var errNoBranch = errors.New("there is no such branch")

// Set implements module.Assignable.
func (b branchAttr) Set(c *module.Call, i module.Index, v module.Value) error {
	if b.name == "count" {
		return errReadOnly
	}
	t := b.target(c, i)
	if t == nil {
		return errNoBranch
	}
	switch b.name {
	case "uri":
		if v.IsNull() && !b.static {
			n := i.N
			if n < 0 {
				n += len(c.Branches)
			}
			c.Branches = append(c.Branches[:n], c.Branches[n+1:]...)
			return nil
		}
		t.URI = c.Keep(v.Str)
	case "dst_uri":
		t.DstURI = c.Keep(v.Str)
	case "path":
		t.Path = c.Keep(v.Str)
	case "ruid":
		t.RUID = c.Keep(v.Str)
	case "location_ua":
		t.UserAgent = c.Keep(v.Str)
	case "instance":
		t.Instance = c.Keep(v.Str)
	case "send_socket":
		return b.setSocket(c, t, v)
	case "q", "flags", "otcpid":
		return b.setNumber(t, v)
	}
	return nil
}

func (b branchAttr) setSocket(c *module.Call, t *transaction.Target, v module.Value) error {
	if v.Str == "" {
		t.Socket = nil
		return nil
	}
	s := c.Host.Transport().SocketByText(v.Str)
	if s == nil {
		return errNoSocket(v.Str)
	}
	t.Socket = s
	return nil
}

func (b branchAttr) setNumber(t *transaction.Target, v module.Value) error {
	n, ok := v.Number()
	if !ok {
		return errNeedNumber
	}
	switch b.name {
	case "q":
		t.Q = int16(min(max(n, -1), 1000))
		if v.IsNull() {
			t.Q = transaction.QUnset
		}
	case "flags":
		t.Flags = uint32(n)
	case "otcpid":
		t.Conn = 0
		if n > 0 {
			t.Conn = transport.ConnID(n)
		}
	}
	return nil
}

func firstBranch(c *module.Call) module.Value {
	if len(c.Branches) == 0 {
		return null
	}
	return orNull(c.Branches[0].URI)
}

// addBranch adds a branch with a URI.
func addBranch(c *module.Call, v module.Value) error {
	if v.Kind != avp.Str || v.Str == "" {
		return errNeedString
	}
	return appendBranch(c, transaction.Target{URI: c.Keep(v.Str), Q: transaction.QUnset})
}

var errTooMany = errors.New("too many branches (max_branches)")

func appendBranch(c *module.Call, t transaction.Target) error {
	if limit := c.Host.Core().MaxBranches; limit > 0 && len(c.Branches)+1 >= limit {
		return errTooMany
	}
	c.Branches = append(c.Branches, t)
	return nil
}

func appendTarget(b []byte, t *transaction.Target, bracket bool) []byte {
	if bracket || t.Q != transaction.QUnset {
		b = append(append(append(b, '<'), t.URI...), '>')
	} else {
		b = append(b, t.URI...)
	}
	if t.Q == transaction.QUnset {
		return b
	}
	return appendQ(append(b, ";q="...), int(t.Q))
}

// appendQ prints thousandths as 0.5 or 1.
func appendQ(b []byte, q int) []byte {
	if q >= 1000 {
		return append(b, '1')
	}
	if q == 0 {
		return append(b, '0')
	}
	b = append(b, "0."...)
	for div := 100; q > 0; div /= 10 {
		b = strconv.AppendInt(b, int64(q/div), 10)
		q %= div
	}
	return b
}

func branchList(c *module.Call, bracket bool) module.Value {
	if len(c.Branches) == 0 {
		return null
	}
	return build(c, func(b []byte) []byte {
		for i := range c.Branches {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendTarget(b, &c.Branches[i], bracket)
		}
		return b
	})
}

// destinationSet is the Contact header of a redirection. The Request-URI is in
// it only when the script set it.
func destinationSet(c *module.Call) module.Value {
	changed := c.Msg.IsRequest() && c.Target.URI != c.Msg.RequestURI
	if !changed && len(c.Branches) == 0 {
		return null
	}
	return build(c, func(b []byte) []byte {
		b = append(b, "Contact: "...)
		if changed {
			b = appendTarget(b, &c.Target, true)
			if len(c.Branches) > 0 {
				b = append(b, ", "...)
			}
		}
		for i := range c.Branches {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendTarget(b, &c.Branches[i], true)
		}
		return append(b, "\r\n"...)
	})
}
