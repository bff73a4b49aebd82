// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"fmt"
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// The three sets of flags that scripts see.
func messageFlags(c *module.Call) *uint32 { return &c.Flags }
func scriptFlags(c *module.Call) *uint32  { return &c.ScriptFlags }
func branchFlags(c *module.Call) *uint32  { return &c.Target.Flags }

func flagVariables() []module.Variable {
	return []module.Variable{
		write("mf", flags(messageFlags), setFlags(messageFlags), "flags of the message"),
		write("mF", flagsText(messageFlags), setFlags(messageFlags), "flags of the message, hexadecimal"),
		{Name: "Mf", Bind: bindFlag(messageFlags), Doc: "$Mf(flag), a number or a name: 1 when the flag of the message is set, else 0; null clears all flags"},
		write("sf", flags(scriptFlags), setFlags(scriptFlags), "script flags"),
		write("sF", flagsText(scriptFlags), setFlags(scriptFlags), "script flags, hexadecimal"),
		{Name: "Sf", Bind: bindFlag(scriptFlags), Doc: "$Sf(flag): the same for a script flag"},
		write("bf", flags(branchFlags), setFlags(branchFlags), "flags of the main branch"),
		write("bF", flagsText(branchFlags), setFlags(branchFlags), "flags of the main branch, hexadecimal"),
		{Name: "Bf", Bind: bindFlag(branchFlags), Doc: "$Bf(flag): the same for a flag of the main branch"},
	}
}

func flags(of func(c *module.Call) *uint32) getter {
	return func(c *module.Call) module.Value { return avp.Number(int64(*of(c))) }
}

func flagsText(of func(c *module.Call) *uint32) getter {
	return func(c *module.Call) module.Value {
		return build(c, func(b []byte) []byte { return appendHex8(b, *of(c)) })
	}
}

func appendHex8(b []byte, n uint32) []byte {
	const hex = "0123456789abcdef"
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, hex[n>>shift&15])
	}
	return b
}

func setFlags(of func(c *module.Call) *uint32) setter {
	return func(c *module.Call, v module.Value) error {
		if v.Kind == avp.Str {
			return errNeedNumber
		}
		*of(c) = uint32(v.Int)
		return nil
	}
}

// flag is $Mf(x), $Sf(x) or $Bf(x).
type flag struct {
	of  func(c *module.Call) *uint32
	bit uint32
}

var _ module.Assignable = flag{}

// bindFlag reads the number of a flag, or its name from a flags line.
func bindFlag(of func(c *module.Call) *uint32) func(module.Binder, string) (module.Accessor, error) {
	return func(b module.Binder, inner string) (module.Accessor, error) {
		n, err := strconv.ParseUint(inner, 10, 8)
		if err == nil && n < 32 {
			return flag{of, 1 << n}, nil
		}
		if k, ok := b.Flag(inner); ok {
			return flag{of, 1 << k}, nil
		}
		return nil, fmt.Errorf("%q is no flag: it is a number of 0 to 31, or a name from a flags line", inner)
	}
}

// Get implements module.Accessor.
func (f flag) Get(c *module.Call, _ module.Index) module.Value {
	if *f.of(c)&f.bit != 0 {
		return avp.Number(1)
	}
	return avp.Number(0)
}

// Set implements module.Assignable. Null clears all flags, as in Kamailio.
func (f flag) Set(c *module.Call, _ module.Index, v module.Value) error {
	all := f.of(c)
	switch {
	case v.IsNull():
		*all = 0
	case v.Kind == avp.Str:
		return errNeedNumber
	case v.Int != 0:
		*all |= f.bit
	default:
		*all &^= f.bit
	}
	return nil
}
