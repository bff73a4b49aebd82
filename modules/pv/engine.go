// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

func engineVariables() []module.Variable {
	pid := os.Getpid()
	return []module.Variable{
		read("pp", func(*module.Call) module.Value { return number(pid) }, "number of the process"),
		read("sid", func(c *module.Call) module.Value { return number(c.Host.Core().ServerID) }, "server_id"),
		read("true", func(*module.Call) module.Value { return number(1) }, "1"),
		{Name: "stat", Bind: bindStat, Doc: "value of a counter"},
		{Name: "ccp", Bind: bindCustom, Doc: "a parameter that cfg.get and cfg.set know, as those of the operator: $ccp(group.name); it can be assigned"},
		{Name: "_s", Bind: bindText, Doc: "a text with variables"},
		{Name: "cnt", Bind: bindCount, Doc: "number of values of an $avp or $xavp"},
		{Name: "K", Bind: bindConstant, Doc: "constants: IPv4, IPv6, UDP, TCP, TLS, SCTP, WS, WSS"},
		attribute("version", "version: num, full", map[string]getter{
			"num":  func(*module.Call) module.Value { return avp.String(languageVersion) },
			"full": func(c *module.Call) module.Value { return avp.String(c.Host.Core().Version) },
		}),
		attribute("ksr", "version: ver", map[string]getter{
			"ver": func(*module.Call) module.Value { return avp.String(languageVersion) },
		}),
	}
}

// languageVersion is the version of Kamailio that routes are written for:
// scripts compare it, and take other branches for an unknown one.
const languageVersion = "5.6.3"

func bindStat(b module.Binder, inner string) (module.Accessor, error) {
	d, err := bindName(b, inner)
	if err != nil {
		return nil, err
	}
	return module.Getter(func(c *module.Call) module.Value {
		name := d.name(c)
		set := c.Host.Counters()
		s := set.Find(name)
		if group, short, ok := strings.Cut(name, "."); s == nil && ok {
			s = set.Lookup(group, short)
		}
		if s == nil {
			return null
		}
		return avp.Number(int64(s.Value()))
	}), nil
}

// bindCustom is $ccp(group.name) and $ccp(group:name).
func bindCustom(_ module.Binder, inner string) (module.Accessor, error) {
	i := strings.IndexAny(inner, ".:")
	if i < 0 {
		return nil, errors.New("expected group.name")
	}
	return custom{setting(inner[:i], inner[i+1:]), inner[:i], inner[i+1:]}, nil
}

// custom is $ccp(group.name).
type custom struct {
	module.Getter
	group, name string
}

var _ module.Assignable = custom{}

// Set implements module.Assignable. Null changes nothing, as in Kamailio.
func (k custom) Set(c *module.Call, _ module.Index, v module.Value) error {
	switch {
	case v.IsNull():
		return nil
	case v.Kind == avp.Str:
		return c.Host.Settings().Set(k.group, k.name, strings.Clone(v.Str))
	}
	return c.Host.Settings().Set(k.group, k.name, v.Int)
}

// setting reads a setting that cfg.set may change.
func setting(group, name string) module.Getter {
	return func(c *module.Call) module.Value {
		for _, i := range c.Instances {
			if i.Group == group {
				return ofInstance(c.Host.Settings().InstanceValue(group, i.ID, name))
			}
		}
		e := c.Host.Settings().Lookup(group, name)
		switch {
		case e == nil:
			return null
		case e.Int != nil:
			return avp.Number(e.Int.Get())
		}
		return avp.String(e.Str.Get())
	}
}

func ofInstance(value any) module.Value {
	switch v := value.(type) {
	case int64:
		return avp.Number(v)
	case string:
		return avp.String(v)
	}
	return null
}

func bindText(b module.Binder, inner string) (module.Accessor, error) {
	if inner == "" {
		return nil, errors.New("the text is empty")
	}
	t, err := b.Template(inner)
	if err != nil {
		return nil, err
	}
	return module.Getter(func(c *module.Call) module.Value { return avp.String(t.Eval(c)) }), nil
}

func bindCount(b module.Binder, inner string) (module.Accessor, error) {
	name, ok := strings.CutPrefix(inner, "$avp(")
	if ok {
		acc, err := (&PV{}).bindAVP(b, strings.TrimSuffix(name, ")"))
		if err != nil {
			return nil, err
		}
		a := acc.(avpName)
		return module.Getter(func(c *module.Call) module.Value { return number(c.AVPs.Count(a.name.name(c))) }), nil
	}
	for prefix, t := range map[string]tree{"$xavp(": xavps, "$xavu(": xavus, "$xavi(": xavis} {
		if name, ok := strings.CutPrefix(inner, prefix); ok {
			acc, err := t.bind(b, strings.TrimSuffix(name, ")"))
			if err != nil {
				return nil, err
			}
			x := acc.(*xavp)
			return module.Getter(func(c *module.Call) module.Value {
				in := x.fields(c)
				if in == nil {
					return number(0)
				}
				return number(in.Count(x.path[len(x.path)-1].name.name(c)))
			}), nil
		}
	}
	return nil, errors.New("only values of $avp, $xavp, $xavu and $xavi can be counted")
}

var constants = map[string]int{"IPv4": 2, "IPv6": 10, "UDP": int(transport.UDP), "TCP": int(transport.TCP), "TLS": int(transport.TLS),
	"SCTP": int(transport.SCTP), "WS": int(transport.WS), "WSS": int(transport.WSS)}

func bindConstant(_ module.Binder, inner string) (module.Accessor, error) {
	n, ok := constants[inner]
	if !ok {
		return nil, fmt.Errorf("there is no constant %q", inner)
	}
	return module.Getter(func(*module.Call) module.Value { return number(n) }), nil
}
