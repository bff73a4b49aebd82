// SPDX-License-Identifier: Apache-2.0

package siputils

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

const chargingVector = "P-Charging-Vector: "

var (
	errVectorFlags = errors.New("unknown flag: it is r (remove), g (generate) or f (remove and generate)")
	errVectorPart  = errors.New("unknown part of the charging vector: it is all, value, genaddr, orig or term")
)

// vectorFlags is a compiled argument of sip_p_charging_vector.
type vectorFlags struct{ remove, generate bool }

func parseVectorFlags(text string) (any, error) {
	switch text {
	case "r", "R":
		return vectorFlags{remove: true}, nil
	case "g", "G":
		return vectorFlags{generate: true}, nil
	case "f", "F":
		return vectorFlags{remove: true, generate: true}, nil
	}
	return nil, errVectorFlags
}

// editVector is sip_p_charging_vector(flags) (RFC 7315 4.6).
func editVector(c *module.Call, a module.Args) module.Result {
	f, ok := a[0].Data.(vectorFlags)
	if !ok {
		return c.Fail("sip_p_charging_vector", a[0].Err)
	}
	there := c.Msg.HasHeader(sip.HeaderPChargingVector)
	if f.remove {
		for i := c.Msg.First(sip.HeaderPChargingVector); i >= 0; i = c.Msg.Next(sip.HeaderPChargingVector, i) {
			c.Msg.DeleteHeader(i)
		}
		there = false
	}
	if !f.generate || there || c.ChargingVector != "" {
		return module.True
	}
	c.ChargingVector = generateVector(c)
	c.Msg.AppendHeader(c.Mem.Keep(append(append(c.Mem.Begin(), c.ChargingVector...), "\r\n"...)))
	return module.True
}

// generateVector makes the header: 32 hexadecimal digits that nobody else has,
// with the receiving address in them and beside them.
func generateVector(c *module.Call) string {
	address := c.Packet.Dst.Addr().Unmap()
	text := append(c.Mem.Begin(), chargingVector+"icid-value=495653"...)
	ip := address.As16()
	text = appendHexBytes(text, ip[12:])
	random := c.Host.Rand()
	for range 9 {
		text = appendHexBytes(text, []byte{byte(random.Uint32())})
	}
	text = append(text, "; icid-generated-at="...)
	return c.Mem.Keep(sip.AppendAddr(text, address))
}

func appendHexBytes(dst, bytes []byte) []byte {
	const digits = "0123456789ABCDEF"
	for _, b := range bytes {
		dst = append(dst, digits[b>>4], digits[b&15])
	}
	return dst
}

// bindVector is $pcv(all), $pcv(value), $pcv(genaddr), $pcv(orig) and
// $pcv(term): of the header that came, else of the one that was generated.
func bindVector(_ module.Binder, part string) (module.Accessor, error) {
	name, ok := map[string]string{"all": "", "value": "icid-value", "genaddr": "icid-generated-at", "orig": "orig-ioi", "term": "term-ioi"}[part]
	if !ok {
		return nil, errVectorPart
	}
	return module.Getter(func(c *module.Call) module.Value {
		text := c.Msg.Value(sip.HeaderPChargingVector)
		if text == "" {
			text = c.ChargingVector
		}
		if name == "" {
			if text == "" {
				return module.Value{}
			}
			return avp.String(text)
		}
		value, ok := sip.Params(strings.TrimPrefix(text, chargingVector)).Lookup(name)
		if !ok {
			return module.Value{}
		}
		return avp.String(value)
	}), nil
}
