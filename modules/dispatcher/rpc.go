// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"errors"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

func (d *Dispatcher) commands() []module.Command {
	return []module.Command{
		{Name: "dispatcher.list", Run: d.rpcList, Doc: "Lists the sets and their gateways. Argument: short leaves attributes out, full adds addresses."},
		{Name: "dispatcher.reload", Run: d.rpcReload, Doc: "Reads list_file, or the database, again. What was learned about gateways that stay is kept; a list that cannot be used changes nothing."},
		{Name: "dispatcher.set_state", Run: d.rpcSetState, Doc: "Sets the state of a gateway. Arguments: a, i, t or d, with p for probing; the set; the URI, or all."},
		{Name: "dispatcher.set_duid_state", Run: d.rpcSetDUIDState, Doc: "Sets the state of the gateway with a duid. Arguments: as of dispatcher.set_state, with the duid for the URI."},
		{Name: "dispatcher.ping_active", Run: d.rpcPingActive, Doc: "Turns probing on (1) or off (0), and tells what it was."},
		{Name: "dispatcher.add", Run: d.rpcAdd, Doc: "Adds a gateway, until the list is read again. Arguments: set, URI, and as in the list flags, priority and attributes."},
		{Name: "dispatcher.remove", Run: d.rpcRemove, Doc: "Takes a gateway out, until the list is read again. Arguments: set and URI."},
		{Name: "dispatcher.hash", Run: d.rpcHash, Doc: "Computes the hash of one or two texts, and the place in a set of that many gateways. Arguments: number of gateways, text, and for a URI user and host."},
	}
}

var errArguments = module.Faultf(500, "Invalid Parameters")

func (d *Dispatcher) rpcList(r *module.Request) error {
	short, full := false, false
	if r.Len() > 0 {
		mode, err := r.Str(0)
		if err != nil {
			return errArguments
		}
		short, full = mode == "short", mode == "full"
	}
	l := d.list.Load()
	if len(l.sets) == 0 {
		return module.Faultf(500, "No Destination Sets")
	}
	records := make(module.List, len(l.shown))
	for i, s := range l.shown {
		targets := make(module.List, len(s.destinations))
		for j, dst := range s.destinations {
			target := new(module.Struct)
			d.describe(target.Struct("DEST"), dst, short, full)
			targets[j] = target
		}
		record := new(module.Struct)
		record.Struct("SET").Add("ID", s.id).Add("TARGETS", targets)
		records[i] = record
	}
	r.Struct().Add("NRSETS", len(l.sets)).Add("RECORDS", records)
	return nil
}

// describe tells of a gateway.
func (d *Dispatcher) describe(to *module.Struct, dst *destination, short, full bool) {
	to.Add("URI", dst.uri).Add("FLAGS", dst.letters()).Add("PRIORITY", dst.priority)
	if full {
		d.describeAddress(to, dst)
	}
	if a := &dst.attrs; a.body != "" && !short {
		to.Struct("ATTRS").Add("BODY", a.body).Add("DUID", orNil(a.duid)).Add("MAXLOAD", a.maxLoad).Add("WEIGHT", a.weight).
			Add("RWEIGHT", a.rweight).Add("SOCKET", orNil(a.socket)).Add("SOCKNAME", orNil(a.sockname)).Add("OBPROXY", orNil(a.obproxy))
	}
	if d.pingLatency != 0 {
		dst.mu.Lock()
		l := dst.latency
		dst.mu.Unlock()
		to.Struct("LATENCY").Add("AVG", l.average).Add("STD", l.deviation()).Add("EST", l.estimate).Add("MAX", l.max).Add("TIMEOUT", l.timeouts)
	}
	if d.hashSize > 0 {
		to.Struct("RUNTIME").Add("DLGLOAD", dst.load.Load())
	}
}

// protoIDs are the numbers that commands have for protocols.
var protoIDs = map[transport.Proto]int{transport.UDP: 1, transport.TCP: 2, transport.TLS: 3, transport.SCTP: 4, transport.WS: 5, transport.WSS: 6}

func (d *Dispatcher) describeAddress(to *module.Struct, dst *destination) {
	addr, at := "", time.Time{}
	if r := dst.resolved.Load(); r != nil && len(r.addrs) > 0 {
		addr, at = r.addrs[0].String(), r.at
	}
	to.Add("HOST", dst.host).Add("IPADDR", addr).Add("PORT", dst.port).Add("PROTOID", protoIDs[dst.proto])
	sec, usec := int64(0), int64(0)
	if !at.IsZero() && d.dnsMode&dnsRefresh != 0 {
		sec, usec = at.Unix(), int64(at.Nanosecond()/1000)
	}
	to.Add("DNSTIME_SEC", sec).Add("DNSTIME_USEC", usec)
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (d *Dispatcher) rpcReload(r *module.Request) error {
	err := d.reload(r.Context)
	switch {
	case errors.Is(err, errSoon):
		return module.Faultf(500, "Ongoing reload")
	case err != nil:
		d.log.Error("the list of gateways was not loaded, the one before stays", "err", err)
		return module.Faultf(500, "Reload Failed: %s", err)
	}
	r.Printf("Ok. Dispatcher successfully reloaded.")
	return nil
}

func (d *Dispatcher) rpcSetState(r *module.Request) error {
	return d.setStates(r, func(dst *destination, name string) bool { return dst.uri == name })
}

func (d *Dispatcher) rpcSetDUIDState(r *module.Request) error {
	return d.setStates(r, func(dst *destination, name string) bool { return dst.attrs.duid == name })
}

// setStates is dispatcher.set_state and its like: is tells which gateway is
// meant, the first one where there are several.
func (d *Dispatcher) setStates(r *module.Request, is func(dst *destination, name string) bool) error {
	state, err := r.Str(0)
	if err != nil {
		return errArguments
	}
	id, err := r.Int(1)
	if err != nil {
		return errArguments
	}
	name, err := r.Str(2)
	if err != nil {
		return errArguments
	}
	if state == "" {
		return module.Faultf(500, "Invalid State Parameter")
	}
	bits, ok := parseState(state[:1])
	if !ok || bits == probing {
		return module.Faultf(500, "Unknown State Value")
	}
	if len(state) > 1 && state[1]|0x20 == 'p' && bits != disabled {
		bits |= probing
	}
	s := d.list.Load().set(int(id))
	if s == nil {
		return module.Faultf(500, "State Update Failed")
	}
	found := false
	for _, dst := range s.destinations {
		if name == "all" || !found && is(dst, name) {
			dst.force(bits)
			found = true
		}
	}
	if !found {
		return module.Faultf(500, "State Update Failed")
	}
	d.reweighSet(s.id)
	r.Printf("Ok. Dispatcher state updated.")
	return nil
}

func (d *Dispatcher) rpcPingActive(r *module.Request) error {
	if r.Len() == 0 {
		r.Struct().Add("OldPingState", d.pingOn.Load())
		return nil
	}
	n, err := r.Int(0)
	if err != nil || n != 0 && n != 1 {
		return module.Faultf(500, "the state is 0 or 1")
	}
	r.Struct().Add("NewPingState", n).Add("OldPingState", d.pingOn.Swap(n))
	return nil
}

func (d *Dispatcher) rpcAdd(r *module.Request) error {
	id, err := r.Int(0)
	if err != nil {
		return errArguments
	}
	e := entry{at: "dispatcher.add", set: int(id)}
	if e.uri, err = r.Str(1); err != nil {
		return errArguments
	}
	var flags, priority int64
	if r.Len() > 2 {
		flags, err = r.Int(2)
	}
	if r.Len() > 3 && err == nil {
		priority, err = r.Int(3)
	}
	if r.Len() > 4 && err == nil {
		e.attrs, err = r.Str(4)
	}
	if err != nil || id < 0 || id > 1<<31-1 || priority < 0 || priority > 1<<31-1 {
		return errArguments
	}
	e.flags, e.priority = uint32(flags)&allFlags, int(priority)
	if err := d.add(r.Context, e); err != nil {
		return changed(err)
	}
	r.Printf("Ok. Dispatcher destination added.")
	return nil
}

func (d *Dispatcher) rpcRemove(r *module.Request) error {
	id, err := r.Int(0)
	if err != nil {
		return errArguments
	}
	uri, err := r.Str(1)
	if err != nil {
		return errArguments
	}
	if err := d.remove(r.Context, int(id), uri); err != nil {
		return changed(err)
	}
	r.Printf("Ok. Dispatcher destination removed.")
	return nil
}

// changed is the fault for a change of the list that failed.
func changed(err error) error {
	if errors.Is(err, errSoon) {
		return module.Faultf(500, "Ongoing reload")
	}
	return module.Faultf(500, "%s", err)
}

func (d *Dispatcher) rpcHash(r *module.Request) error {
	slots, err := r.Int(0)
	if err != nil {
		return errArguments
	}
	var k keys
	if k.first, err = r.Str(1); err != nil {
		return errArguments
	}
	if r.Len() > 2 {
		k.two = true
		if k.second, err = r.Str(2); err != nil {
			return errArguments
		}
	}
	h, slot := int64(k.hash()), int64(0)
	if slots > 0 {
		slot = h % slots
	}
	r.Struct().Add("hashid", h).Add("slot", slot)
	return nil
}
