// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func uriSteps() []module.Transformation {
	step := func(name, doc string, f func(c *module.Call, u *sip.URI) module.Value) module.Transformation {
		return onText("uri", name, doc, nil, func(c *module.Call, s string, _ module.Args) module.Value { return ofURI(c, s, f) })
	}
	plain := func(name, doc string, f func(u *sip.URI) string) module.Transformation {
		return step(name, doc, func(_ *module.Call, u *sip.URI) module.Value { return avp.String(f(u)) })
	}
	params := func(name string) module.Transformation {
		return plain(name, "parameter "+name+" of the URI", func(u *sip.URI) string { v, _ := u.Params.Lookup(name); return v })
	}
	return []module.Transformation{
		plain("user", "user of the URI", userPart),
		plain("host", "host of the URI", hostPart),
		plain("domain", "host of the URI", hostPart),
		plain("passwd", "password of the URI", func(u *sip.URI) string { return u.Password }),
		step("port", "port of the URI", func(_ *module.Call, u *sip.URI) module.Value {
			return avp.Text(int64(u.Port), u.PortText)
		}),
		plain("params", "parameters of the URI", func(u *sip.URI) string {
			if u.Scheme == sip.SchemeTel {
				return "" // as in Kamailio
			}
			return string(u.Params)
		}),
		onText("uri", "param", "one parameter of the URI", []module.Arg{{Name: "name"}}, func(c *module.Call, s string, a module.Args) module.Value {
			return ofURI(c, s, func(_ *module.Call, u *sip.URI) module.Value {
				v, _ := u.Params.Lookup(strings.TrimSpace(a.Str(0)))
				return avp.String(v)
			})
		}),
		plain("headers", "headers of the URI", func(u *sip.URI) string { return u.Headers }),
		plain("scheme", "scheme of the URI", func(u *sip.URI) string { return u.SchemeText }),
		params("transport"), params("ttl"), params("maddr"), params("method"), params("lr"), params("r2"),
		plain("uparam", "parameter user of the URI", func(u *sip.URI) string { v, _ := u.Params.Lookup("user"); return v }),
		step("tosocket", "proto:host:port of the URI", func(c *module.Call, u *sip.URI) module.Value {
			if u.PortText == "" {
				return avp.String("")
			}
			return build(c, func(b []byte) []byte {
				b = append(append(b, transportName(u)...), ':')
				return append(append(append(b, u.Host...), ':'), u.PortText...)
			})
		}),
		step("duri", "the URI without user, parameters and headers, but transport", short(false, true)),
		step("saor", "scheme, user and host of the URI", short(true, false)),
		step("suri", "the URI without parameters and headers, but transport", short(true, true)),
	}
}

// ofURI runs f with the URI; a text that is none, or of a scheme that SIP does
// not have, gives null.
func ofURI(c *module.Call, s string, f func(c *module.Call, u *sip.URI) module.Value) module.Value {
	u, err := c.ParseURI(s)
	if err != nil || u.Scheme == sip.SchemeOther {
		return null
	}
	return f(c, u)
}

func transportName(u *sip.URI) string {
	if v, ok := u.Params.Lookup("transport"); ok && v != "" {
		return v
	}
	if u.Scheme == sip.SchemeSIPS {
		return "tls"
	}
	return "udp"
}

func short(user, place bool) func(c *module.Call, u *sip.URI) module.Value {
	return func(c *module.Call, u *sip.URI) module.Value {
		return build(c, func(b []byte) []byte {
			b = append(append(b, u.SchemeText...), ':')
			if user && u.User != "" {
				b = append(append(b, u.User...), '@')
			}
			b = append(b, u.Host...)
			if !place {
				return b
			}
			if u.PortText != "" {
				b = append(append(b, ':'), u.PortText...)
			}
			if v, ok := u.Params.Lookup("transport"); ok {
				b = append(append(b, ";transport="...), v...)
			}
			return b
		})
	}
}

// socketSteps are {sock.…} on proto:host:port and {urialias.…}.
func socketSteps() []module.Transformation {
	step := func(name, doc string, f func(c *module.Call, proto, host, port string) module.Value) module.Transformation {
		return onText("sock", name, doc, nil, func(c *module.Call, s string, _ module.Args) module.Value {
			proto, host, port, ok := cutSocket(s)
			if !ok {
				return null
			}
			return f(c, proto, host, port)
		})
	}
	return []module.Transformation{
		step("proto", "protocol of the socket", func(_ *module.Call, p, _, _ string) module.Value { return avp.String(p) }),
		step("host", "host of the socket", func(_ *module.Call, _, h, _ string) module.Value { return avp.String(h) }),
		step("port", "port of the socket", func(_ *module.Call, _, _, p string) module.Value { return avp.String(p) }),
		step("touri", "URI of the socket", func(c *module.Call, proto, host, port string) module.Value {
			return build(c, func(b []byte) []byte {
				b = append(append(b, "sip:"...), host...)
				if port != "" {
					b = append(append(b, ':'), port...)
				}
				if proto != "" {
					b = append(append(b, ";transport="...), proto...)
				}
				return b
			})
		}),
		onText("urialias", "encode", "address, port and protocol of a URI with ~ between", nil, func(c *module.Call, s string, _ module.Args) module.Value {
			if _, err := c.ParseURI(s); err != nil && s != "" {
				return avp.String("")
			}
			return ofURI(c, s, func(c *module.Call, u *sip.URI) module.Value {
				port := u.Port
				t := u.Transport()
				if t == sip.TransportNone || t == sip.TransportOther {
					t = sip.TransportUDP
				}
				if port == 0 {
					port = t.DefaultPort()
				}
				return build(c, func(b []byte) []byte {
					b = strconv.AppendInt(append(append(b, u.Host...), '~'), int64(port), 10)
					return strconv.AppendInt(append(b, '~'), int64(t), 10)
				})
			})
		}),
		onText("urialias", "decode", "URI of address~port~protocol", nil, func(c *module.Call, s string, _ module.Args) module.Value {
			p := strings.LastIndexByte(s, '~')
			if s == "" {
				return null
			}
			if p < 0 {
				return avp.String("")
			}
			host, port, ok := strings.Cut(s[:p], "~")
			n, good := sip.ParseUint(s[p+1:])
			if !ok || !good || n == 0 || n >= uint32(sip.TransportOther) {
				return avp.String("")
			}
			return build(c, func(b []byte) []byte {
				b = append(append(append(append(b, "sip:"...), host...), ':'), port...)
				if t := sip.Transport(n); t != sip.TransportUDP {
					b = append(append(b, ";transport="...), t.String()...)
				}
				return b
			})
		}),
	}
}

// cutSocket takes [proto:]host[:port] apart; an IPv6 address stands in
// brackets.
func cutSocket(s string) (proto, host, port string, ok bool) {
	if p, rest, has := strings.Cut(s, ":"); has && sip.ParseTransport(p) != sip.TransportOther {
		proto, s = p, rest
	}
	host = s
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		host, port = s[:i], s[i+1:]
		if _, number := sip.ParseUint(port); !number {
			return "", "", "", false
		}
	}
	return proto, host, port, host != ""
}
