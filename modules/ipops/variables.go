// SPDX-License-Identifier: Apache-2.0

package ipops

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// field is a key of $dns(pvid=>key) and its like. With each it is one of a list,
// key[index].
type field struct {
	each bool
	get  func(a *answer, i int) avp.Value
}

var errKey = errors.New("unknown key")

func length(a *answer) int { return max(len(a.addrs), len(a.records)) }

var count = field{get: func(a *answer, _ int) avp.Value { return number(length(a)) }}

var dnsFields = map[string]field{
	"count": count,
	"ipv4":  {get: func(a *answer, _ int) avp.Value { return number(a.has(4)) }},
	"ipv6":  {get: func(a *answer, _ int) avp.Value { return number(a.has(6)) }},
	"addr":  {each: true, get: func(a *answer, i int) avp.Value { return avp.String(a.addrs[i].String()) }},
	"type":  {each: true, get: func(a *answer, i int) avp.Value { return number(a.family(i)) }},
}

var srvFields = map[string]field{
	"count":    count,
	"port":     {each: true, get: func(a *answer, i int) avp.Value { return number(a.records[i].Port) }},
	"priority": {each: true, get: func(a *answer, i int) avp.Value { return number(a.records[i].Priority) }},
	"target":   {each: true, get: func(a *answer, i int) avp.Value { return avp.String(a.records[i].Name) }},
	"weight":   {each: true, get: func(a *answer, i int) avp.Value { return number(a.records[i].Weight) }},
}

var naptrFields = map[string]field{
	"count":    count,
	"order":    {each: true, get: func(a *answer, i int) avp.Value { return number(a.records[i].Priority) }},
	"pref":     {each: true, get: func(a *answer, i int) avp.Value { return number(a.records[i].Weight) }},
	"flags":    {each: true, get: func(a *answer, i int) avp.Value { return avp.String(a.records[i].Flags) }},
	"services": {each: true, get: func(a *answer, i int) avp.Value { return avp.String(a.records[i].Service) }},
	"regex":    {each: true, get: func(a *answer, i int) avp.Value { return avp.String(a.records[i].Regexp) }},
	"replace":  {each: true, get: func(a *answer, i int) avp.Value { return avp.String(a.records[i].Name) }},
}

var ptrFields = map[string]field{
	"ip": {get: func(a *answer, _ int) avp.Value { return avp.String(a.asked) }},
	"hostname": {get: func(a *answer, _ int) avp.Value {
		if len(a.records) == 0 {
			return avp.Value{}
		}
		return avp.String(a.records[0].Name)
	}},
}

// has tells, as 1 or 0, whether there is an address of a family.
func (a *answer) has(family int) int {
	for i := range a.addrs {
		if a.family(i) == family {
			return 1
		}
	}
	return 0
}

func (a *answer) family(i int) int {
	if a.addrs[i].Is4() {
		return 4
	}
	return 6
}

// bind makes $dns(pvid=>key) and its like. The container and the index may have
// variables; a negative index counts from the end.
func (m *IPOps) bind(k kind, fields map[string]field) func(b module.Binder, inner string) (module.Accessor, error) {
	return func(b module.Binder, inner string) (module.Accessor, error) {
		name, key, ok := strings.Cut(inner, "=>")
		if !ok {
			return nil, errors.New("write it as pvid=>key")
		}
		container, err := b.Template(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		key, at, indexed := strings.Cut(strings.TrimSpace(key), "[")
		f, ok := fields[strings.TrimSpace(key)]
		if k == hosts && f.each && !indexed { // $dns(pvid=>addr) is the first one
			at, indexed = "0]", true
		}
		if !ok || f.each != indexed || indexed && !strings.HasSuffix(at, "]") {
			return nil, fmt.Errorf("%w %q", errKey, key)
		}
		index, err := b.Template(strings.TrimSuffix(at, "]"))
		if err != nil {
			return nil, err
		}
		return module.Getter(func(c *module.Call) module.Value {
			a := m.answers(c).find(k, container.Eval(c))
			if a == nil {
				return avp.Value{}
			}
			i := 0
			if f.each {
				n, ok := avp.ParseInt(index.Eval(c))
				if i = int(n); i < 0 {
					i += length(a)
				}
				if !ok || i < 0 || i >= length(a) {
					return avp.Value{}
				}
			}
			return f.get(a, i)
		}), nil
	}
}

// bindHost is $HN(n), $HN(f), $HN(d), $HN(i).
func (m *IPOps) bindHost(_ module.Binder, inner string) (module.Accessor, error) {
	if len(inner) != 1 || !strings.Contains("nfdi", inner) {
		return nil, fmt.Errorf("%w %q: n is the name of this machine, f that with its domain, d the domain, i its address", errKey, inner)
	}
	return module.Getter(func(*module.Call) module.Value { return m.machine.get(inner[0]) }), nil
}

// machine is this host, looked up when it is first asked for.
type machine struct {
	name, full, domain, addr string
}

// get returns a property of the machine.
func (h *machine) get(key byte) avp.Value {
	text := map[byte]string{'n': h.name, 'f': h.full, 'd': h.domain, 'i': h.addr}[key]
	if text == "" {
		return avp.Value{}
	}
	return avp.String(text)
}

// newMachine reads the name of this host.
func newMachine(addrs func(host string) (string, bool)) machine {
	full, err := os.Hostname()
	if err != nil {
		return machine{}
	}
	h := machine{full: full}
	h.name, h.domain, _ = strings.Cut(full, ".")
	h.addr, _ = addrs(full)
	return h
}
