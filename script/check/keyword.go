// SPDX-License-Identifier: Apache-2.0

package check

import (
	"net/netip"
	"strconv"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/script/expr"
	"github.com/kahea-sip/kahea/script/variable"
)

// keywordValue is what a keyword stands for as a value.
var keywordValue = map[string]*expr.Native{
	"method":    {Name: "method", Kind: expr.Str, Get: methodOf},
	"status":    {Name: "status", Kind: expr.Unknown, Get: statusOf},
	"uri":       {Name: "uri", Kind: expr.Str, Get: func(c *module.Call) module.Value { return avp.String(c.Target.URI) }},
	"from_uri":  {Name: "from_uri", Kind: expr.Str, Get: func(c *module.Call) module.Value { return avp.String(fromURI(c)) }},
	"to_uri":    {Name: "to_uri", Kind: expr.Str, Get: func(c *module.Call) module.Value { return avp.String(toURI(c)) }},
	"src_ip":    {Name: "src_ip", Kind: expr.Str, Get: func(c *module.Call) module.Value { return addrValue(c, c.Packet.Src.Addr()) }},
	"dst_ip":    {Name: "dst_ip", Kind: expr.Str, Get: func(c *module.Call) module.Value { return addrValue(c, c.Packet.Dst.Addr()) }},
	"src_port":  {Name: "src_port", Kind: expr.Int, Get: func(c *module.Call) module.Value { return avp.Number(int64(c.Packet.Src.Port())) }},
	"dst_port":  {Name: "dst_port", Kind: expr.Int, Get: func(c *module.Call) module.Value { return avp.Number(int64(c.Packet.Dst.Port())) }},
	"proto":     {Name: "proto", Kind: expr.Int, Get: func(c *module.Call) module.Value { return avp.Number(int64(protoOf(c))) }},
	"af":        {Name: "af", Kind: expr.Int, Get: func(c *module.Call) module.Value { return avp.Number(familyOf(c.Packet.Src.Addr())) }},
	"msg:len":   {Name: "msg:len", Kind: expr.Int, Get: func(c *module.Call) module.Value { return avp.Number(int64(len(c.Msg.Raw()))) }},
	"snd_ip":    {Name: "snd_ip", Kind: expr.Str, Get: func(c *module.Call) module.Value { return addrValue(c, sending(c).Socket.Addr.Addr()) }},
	"snd_port":  {Name: "snd_port", Kind: expr.Int, Get: func(c *module.Call) module.Value { return avp.Number(int64(sending(c).Socket.Addr.Port())) }},
	"to_ip":     {Name: "to_ip", Kind: expr.Str, Get: func(c *module.Call) module.Value { return addrValue(c, sending(c).Addr.Addr()) }},
	"to_port":   {Name: "to_port", Kind: expr.Int, Get: func(c *module.Call) module.Value { return avp.Number(int64(sending(c).Addr.Port())) }},
	"snd_proto": {Name: "snd_proto", Kind: expr.Int, Get: sendingProto},
	"to_proto":  {Name: "to_proto", Kind: expr.Int, Get: sendingProto},
	"snd_af":    {Name: "snd_af", Kind: expr.Int, Get: sendingFamily},
	"to_af":     {Name: "to_af", Kind: expr.Int, Get: sendingFamily},
}

func sendingProto(c *module.Call) module.Value { return avp.Number(int64(sending(c).Proto)) }

func sendingFamily(c *module.Call) module.Value {
	return avp.Number(familyOf(sending(c).Addr.Addr()))
}

// keywordConst are the keywords with a fixed value.
var keywordConst = map[string]int64{
	"UDP": int64(transport.UDP), "TCP": int64(transport.TCP), "TLS": int64(transport.TLS), "SCTP": int64(transport.SCTP),
	"WS": int64(transport.WS), "WSS": int64(transport.WSS), "INET": inet, "INET6": inet6, "INET4": inet,
}

// The address families.
const (
	inet  = 2
	inet6 = 10
)

func familyOf(a netip.Addr) int64 {
	if a.Is4() || a.Is4In6() {
		return inet
	}
	return inet6
}

func protoOf(c *module.Call) transport.Proto {
	if c.Packet.Socket == nil {
		return transport.UDP
	}
	return c.Packet.Socket.Proto
}

func methodOf(c *module.Call) module.Value {
	if c.Msg.IsRequest() {
		return avp.String(c.Msg.MethodName)
	}
	if cs, err := c.Msg.CSeq(); err == nil {
		return avp.String(cs.MethodName)
	}
	return module.Value{}
}

func statusOf(c *module.Call) module.Value {
	if c.Msg.IsRequest() {
		return avp.Number(0)
	}
	return avp.Text(int64(c.Msg.Status), statusText(c))
}

func statusText(c *module.Call) string { return variable.Decimal(c, int64(c.Msg.Status)) }

func fromURI(c *module.Call) string {
	if a, err := c.Msg.From(); err == nil {
		return a.URI
	}
	return ""
}

func toURI(c *module.Call) string {
	if a, err := c.Msg.To(); err == nil {
		return a.URI
	}
	return ""
}

func addrValue(c *module.Call, a netip.Addr) module.Value {
	return avp.String(c.Mem.Keep(sip.AppendAddr(c.Mem.Begin(), a.Unmap())))
}

// noDestination stands in where an onsend keyword is used outside of an
// onsend route.
var noDestination = &transport.Destination{Socket: &transport.Socket{}}

// sending is where the message of an onsend route goes.
func sending(c *module.Call) *transport.Destination {
	if d, ok := c.Event.(*module.Sending); ok && d.Socket != nil {
		return &d.Destination
	}
	return noDestination
}

// notSending refuses the addresses of what is being sent where nothing is.
func (c *checker) notSending(k *syntax.Keyword) bool {
	if k.Name != "snd_ip" && k.Name != "to_ip" || c.kind == module.OnSendRoute {
		return false
	}
	c.errs.AddSpan(k.Span, "elsewhere nothing is being sent", "%s may stand in onsend_route only", k.Name)
	return true
}

// keyword resolves a keyword that stands alone.
func (c *checker) keyword(k *syntax.Keyword) expr.Node {
	if c.notSending(k) {
		return nil
	}
	if n, ok := keywordConst[k.Name]; ok {
		return expr.Number(n)
	}
	if n := keywordValue[k.Name]; n != nil {
		return n
	}
	c.errs.AddSpan(k.Span, "compare it: uri==myself, src_ip==myself", "%s is no value", k.Name)
	return nil
}

// keywordTest resolves a comparison of a keyword; ok is false when x is none.
func (c *checker) keywordTest(x *syntax.Binary) (expr.Node, bool) {
	k, left := syntax.Unwrap(x.X).(*syntax.Keyword)
	y := x.Y
	if !left {
		if k, left = syntax.Unwrap(x.Y).(*syntax.Keyword); !left {
			return nil, false
		}
		y = x.X
	}
	if c.notSending(k) {
		return nil, true
	}
	if k.Name == "myself" {
		if other, ok := syntax.Unwrap(y).(*syntax.Keyword); ok {
			return c.myself(x, other), true
		}
		c.errs.AddSpan(k.Span, "ask is_myself(…) of module kex", "%s is no keyword that can be compared with myself", "this")
		return nil, true
	}
	switch x.Op {
	case syntax.OpEq, syntax.OpNe, syntax.OpMatch:
	default:
		return nil, false
	}
	switch right := syntax.Unwrap(y).(type) {
	case *syntax.Keyword:
		if right.Name == "myself" {
			return c.myself(x, k), true
		}
	case *syntax.PV:
		if k.Name == "proto" && x.Op != syntax.OpMatch {
			return c.protoTest(x, k, right), true
		}
	case *syntax.IP:
		return c.network(x, k, right), true
	case *syntax.Address:
		return c.hostTest(x, k, right.Host, right.Span), true
	case *syntax.String:
		switch {
		case x.Op == syntax.OpMatch:
		case keywordValue[k.Name] != nil && keywordValue[k.Name].Kind == expr.Int:
			c.errs.Warn(&source.Error{Pos: right.Pos, End: right.Fin, Rule: source.Script, Message: k.Name + " is no text: the comparison never holds, != neither",
				Advice: "write it without quotes"})
			return expr.Number(0), true
		case k.Name == "src_ip" || k.Name == "dst_ip" || k.Name == "to_ip" || k.Name == "snd_ip":
			return c.addressText(x, k, right), true
		case k.Name == "uri" || k.Name == "from_uri" || k.Name == "to_uri":
			return c.uriTest(x, k, right.Value, right.Span), true
		}
	}
	if k.Name == "method" && x.Op != syntax.OpMatch {
		return c.methodTest(x, y), true
	}
	return nil, false
}

func (c *checker) test(x *syntax.Binary, k *syntax.Keyword, right string, run func(c *module.Call) bool) expr.Node {
	op := "=="
	if x.Op == syntax.OpNe {
		op = "!="
		positive := run
		run = func(c *module.Call) bool { return !positive(c) }
	}
	return &expr.Test{Name: "(" + k.Name + " " + op + " " + right + ")", Run: run}
}

// methodTest compares the method without regard to case.
func (c *checker) methodTest(x *syntax.Binary, y syntax.Expr) expr.Node {
	n := c.value(y)
	if n == nil {
		return nil
	}
	v, ok := expr.IsConst(n)
	if !ok {
		e, err := expr.Binary(x.Op, keywordValue["method"], n)
		if err != nil {
			c.fail(valueSpan(y), err)
			return nil
		}
		return e
	}
	k := &syntax.Keyword{Name: "method"}
	want := v.Str
	c.warnMethod(valueSpan(y), want)
	return c.test(x, k, want, func(c *module.Call) bool { return sip.EqualFold(methodOf(c).Str, want) })
}

// protoTest compares the protocol with a variable: $pr and its like have its
// name, others its number.
func (c *checker) protoTest(x *syntax.Binary, k *syntax.Keyword, right *syntax.PV) expr.Node {
	ref := c.pv(right)
	if ref == nil {
		return nil
	}
	return c.test(x, k, right.Raw, func(c *module.Call) bool {
		v := ref.Value(c)
		if n, ok := variable.Int(v); ok {
			return n == int64(protoOf(c))
		}
		return v.Kind == avp.Str && v.Str == protoOf(c).String()
	})
}

// myself compares a URI or address with our own addresses and names.
func (c *checker) myself(x *syntax.Binary, k *syntax.Keyword) expr.Node {
	if c.notSending(k) {
		return nil
	}
	var run func(c *module.Call) bool
	switch k.Name {
	case "uri":
		run = func(c *module.Call) bool { return isMyselfURI(c, c.Target.URI) }
	case "from_uri":
		run = func(c *module.Call) bool { return isMyselfURI(c, fromURI(c)) }
	case "to_uri":
		run = func(c *module.Call) bool { return isMyselfURI(c, toURI(c)) }
	case "src_ip":
		run = func(c *module.Call) bool { return isMyselfAddr(c, c.Packet.Src.Addr()) }
	case "dst_ip":
		run = func(c *module.Call) bool { return isMyselfAddr(c, c.Packet.Dst.Addr()) }
	case "to_ip":
		run = func(c *module.Call) bool { return isMyselfAddr(c, sending(c).Addr.Addr()) }
	case "snd_ip":
		run = func(c *module.Call) bool { return isMyselfAddr(c, sending(c).Socket.Addr.Addr()) }
	default:
		c.errs.AddSpan(k.Span, "uri, from_uri, to_uri, src_ip and dst_ip can be", "%s cannot be compared with myself", k.Name)
		return nil
	}
	return c.test(x, k, "myself", run)
}

// isMyselfURI reports whether host and port of a URI are ours, the default port
// where none is written: of a server that listens elsewhere, sip:bob@192.0.2.1 is
// another one on the same machine. As in Kamailio the protocol does not count.
func isMyselfURI(c *module.Call, uri string) bool {
	u, err := sip.ParseURI(uri)
	if err != nil {
		return false
	}
	port := u.Port
	if port == 0 {
		port = u.Transport().DefaultPort()
	}
	return c.Host.Transport().IsMyself(u.Host, port, transport.ProtoNone)
}

func isMyselfAddr(c *module.Call, a netip.Addr) bool {
	return c.Host.Transport().IsMyself(addrValue(c, a).Str, 0, transport.ProtoNone)
}

// addrOf is the address that a keyword stands for.
func addrOf(name string) func(c *module.Call) netip.Addr {
	switch name {
	case "src_ip":
		return func(c *module.Call) netip.Addr { return c.Packet.Src.Addr().Unmap() }
	case "dst_ip":
		return func(c *module.Call) netip.Addr { return c.Packet.Dst.Addr().Unmap() }
	case "to_ip":
		return func(c *module.Call) netip.Addr { return sending(c).Addr.Addr().Unmap() }
	case "snd_ip":
		return func(c *module.Call) netip.Addr { return sending(c).Socket.Addr.Addr().Unmap() }
	}
	return nil
}

// network compares an address with an address or network.
func (c *checker) network(x *syntax.Binary, k *syntax.Keyword, ip *syntax.IP) expr.Node {
	get := addrOf(k.Name)
	if get == nil {
		c.errs.AddSpan(ip.Span, "", "%s cannot be compared with an address", k.Name)
		return nil
	}
	prefix, text, err := parseNetwork(ip.Text, ip.Mask)
	if err != nil {
		c.fail(ip.Span, err)
		return nil
	}
	return c.test(x, k, text, func(c *module.Call) bool { return prefix.Contains(get(c)) })
}

func parseNetwork(addr, mask string) (netip.Prefix, string, error) {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return netip.Prefix{}, "", &variable.Error{Message: addr + " is no address"}
	}
	a = a.Unmap()
	bits := a.BitLen()
	text := a.String()
	if mask != "" {
		text += "/" + mask
		if n, err := strconv.Atoi(mask); err == nil {
			bits = n
		} else if m, err := netip.ParseAddr(mask); err == nil {
			bits = 0
			for _, b := range m.Unmap().AsSlice() {
				for ; b&0x80 != 0; b <<= 1 {
					bits++
				}
			}
		} else {
			return netip.Prefix{}, "", &variable.Error{Message: mask + " is no network mask"}
		}
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return p, "", &variable.Error{Message: mask + " is no network mask of " + addr}
	}
	return p, text, nil
}

// addressText compares an address with one in quotes: an address, a network,
// or a name.
func (c *checker) addressText(x *syntax.Binary, k *syntax.Keyword, s *syntax.String) expr.Node {
	if s.Value == "myself" {
		return c.myself(x, k)
	}
	addr, mask, _ := cutMask(s.Value)
	if _, err := netip.ParseAddr(addr); err == nil {
		ip := &syntax.IP{Span: s.Span, Text: addr, Mask: mask}
		return c.network(x, k, ip)
	}
	return c.hostTest(x, k, s.Value, s.Span)
}

func cutMask(s string) (addr, mask string, ok bool) {
	if len(s) > 1 && s[0] == '[' {
		s = s[1:]
		for i := range s {
			if s[i] == ']' {
				addr, s = s[:i], s[i+1:]
				if len(s) > 1 && s[0] == '/' {
					return addr, s[1:], true
				}
				return addr, "", false
			}
		}
	}
	for i := range s {
		if s[i] == '/' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// hostTest compares an address with the addresses of a name.
func (c *checker) hostTest(x *syntax.Binary, k *syntax.Keyword, host string, span source.Span) expr.Node {
	get := addrOf(k.Name)
	if get == nil {
		n, err := expr.Binary(x.Op, c.keyword(k), expr.String(host))
		if err != nil {
			c.fail(span, err)
			return nil
		}
		return n
	}
	return c.test(x, k, host, func(c *module.Call) bool { return hasAddress(c, host, get(c)) })
}

// hasAddress reports whether a name has that address. Answers come from the
// cache of the resolver, most often at once.
func hasAddress(c *module.Call, host string, addr netip.Addr) bool {
	q := locate.Query{Host: host, Port: 5060, Transport: transport.UDP}
	l := c.Host.Locator()
	found, ok := l.Ready(q)
	if !ok {
		var err error
		c.Block(func() { found, err = l.Locate(c.Context(), q) })
		if err != nil {
			return false
		}
	}
	for at, ok := found.Next(); ok; at, ok = found.Next() {
		if at.Addr.Addr().Unmap() == addr {
			return true
		}
	}
	return false
}

// uriTest compares URIs by the rules of RFC 3261 19.1.4.
func (c *checker) uriTest(x *syntax.Binary, k *syntax.Keyword, want string, span source.Span) expr.Node {
	get := keywordValue[k.Name].Get
	c.warnURI(span, want)
	return c.test(x, k, strconv.Quote(want), func(c *module.Call) bool { return sip.URIsEqual(get(c).Str, want) })
}

// warnURI tells of a constant that is to be a URI and is none: the comparison
// never holds, the assignment fails when it runs.
func (c *checker) warnURI(at source.Span, text string) {
	if _, err := sip.ParseURI(text); err == nil {
		return
	}
	advice := "a URI is written sip:user@host:port"
	if _, err := sip.ParseURI("sip:" + text); err == nil {
		advice = "write sip:" + text
	}
	c.errs.Warn(&source.Error{Pos: at.Pos, End: at.Fin, Rule: source.Script, Message: strconv.Quote(text) + " is no URI", Advice: advice})
}
