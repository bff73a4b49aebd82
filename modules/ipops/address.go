// SPDX-License-Identifier: Apache-2.0

package ipops

import (
	"errors"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// isForm makes is_ip and its like: true for the given forms.
func isForm(forms ...form) func(c *module.Call, a module.Args) module.Result {
	return func(_ *module.Call, a module.Args) module.Result {
		_, f := parse(a.Str(0))
		for _, want := range forms {
			if f == want {
				return module.True
			}
		}
		return module.False
	}
}

// ipType is ip_type(ip).
func ipType(_ *module.Call, a module.Args) module.Result {
	_, f := parse(a.Str(0))
	return module.Result(f)
}

var errNotAssignable = errors.New("the variable cannot be assigned")

// detailedType makes detailed_ip_type(ip, var) and its like.
func detailedType(forms ...form) func(c *module.Call, a module.Args) module.Result {
	is := isForm(forms...)
	return func(c *module.Call, a module.Args) module.Result {
		if is(c, a) != module.True {
			return module.False
		}
		to, ok := a.Var(1).(module.Assignable)
		if !ok {
			return c.Fail("detailed_ip_type", errNotAssignable)
		}
		ip, _ := parse(a.Str(0))
		if err := to.Set(c, module.Index{}, avp.String(kindOf(ip))); err != nil {
			return c.Fail("detailed_ip_type", err)
		}
		return module.True
	}
}

// compareIPs is compare_ips(ip1, ip2).
func compareIPs(_ *module.Call, a module.Args) module.Result {
	x, f := parse(a.Str(0))
	y, g := parse(a.Str(1))
	return module.Bool(f != none && g != none && x == y)
}

// comparePureIPs is compare_pure_ips(ip1, ip2).
func comparePureIPs(_ *module.Call, a module.Args) module.Result {
	x, f := parse(a.Str(0))
	y, g := parse(a.Str(1))
	return module.Bool(f != none && f != reference && f == g && x == y)
}

// isPrivate is is_ip_rfc1918(ip).
func isPrivate(_ *module.Call, a module.Args) module.Result {
	ip, f := parse(a.Str(0))
	return module.Bool(f == ipv4 && ip.IsPrivate())
}

// isInSubnet is is_in_subnet(ip, subnets).
func isInSubnet(c *module.Call, a module.Args) module.Result {
	ip, f := parse(a.Str(0))
	if f == none || f == reference {
		return module.False
	}
	for _, n := range a[1].Data.(list).networks {
		if n.Contains(ip) {
			return module.True
		}
	}
	return module.False
}

// compileNetworks compiles the networks of is_in_subnet.
func compileNetworks(text string) (any, error) { return parseNetworks(text), nil }

// checkNetworks refuses a constant that holds what is no network.
func checkNetworks(_ module.Binder, a module.Args) error {
	if l, ok := a[1].Data.(list); ok && a[1].Const {
		return l.err
	}
	return nil
}
