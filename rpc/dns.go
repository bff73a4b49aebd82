// SPDX-License-Identifier: Apache-2.0

package rpc

import (
	"errors"
	"net/netip"
	"time"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/module"
)

// dnsTypes are the types of records that the commands name. The cache keeps
// no CNAME, TXT and EBL of their own: there is never one to delete.
var dnsTypes = map[string]locate.Type{"A": locate.A, "AAAA": locate.AAAA, "SRV": locate.SRV, "NAPTR": locate.NAPTR, "PTR": locate.PTR}

// negativeRecord is the flag of an added record that says that there is none.
const negativeRecord = 1

var errNotFound = module.Faultf(400, "Not found")

// dnsCommands are the commands of the DNS cache.
func dnsCommands() []module.Command {
	list := []module.Command{
		{Name: "dns.view", Doc: "Shows the answers in the DNS cache.", Array: true, Run: dnsView},
		{Name: "dns.lookup", Doc: "Asks for a type and a name, through the cache, and shows the answer.", Run: dnsLookup},
		{Name: "dns.mem_info", Doc: "Returns the memory of the DNS cache and the most that it may take, in bytes.", Array: true, Run: dnsMemory},
		{Name: "dns.debug", Doc: "Lists the answers in the DNS cache as a row of values: name, type, size, references, expires, last used, flags.", Array: true, Run: dnsDebug},
		{Name: "dns.debug_all", Doc: "The same with the values of each record.", Array: true, Run: dnsDebugAll},
		{Name: "dns.add_a", Doc: "Adds an A record: name, ttl in seconds, address, flags (1: the name does not exist, 2: permanent).", Run: func(r *module.Request) error { return dnsAddAddr(r, locate.A) }},
		{Name: "dns.add_aaaa", Doc: "Adds an AAAA record: name, ttl in seconds, address, flags.", Run: func(r *module.Request) error { return dnsAddAddr(r, locate.AAAA) }},
		{Name: "dns.add_srv", Doc: "Adds an SRV record: name, ttl in seconds, priority, weight, port, target, flags.", Run: dnsAddSRV},
		{Name: "dns.delete_all", Doc: "Forgets all answers that are not permanent.", Run: func(r *module.Request) error { return dnsFlush(r, false) }},
		{Name: "dns.delete_all_force", Doc: "Forgets all answers.", Run: func(r *module.Request) error { return dnsFlush(r, true) }},
	}
	for _, d := range []struct{ name, kind string }{{"a", "A"}, {"aaaa", "AAAA"}, {"srv", "SRV"}, {"naptr", "NAPTR"}, {"ptr", "PTR"}, {"cname", ""}, {"txt", ""}, {"ebl", ""}} {
		list = append(list, module.Command{Name: "dns.delete_" + d.name, Doc: "Forgets what is known of a name and this type.",
			Run: func(r *module.Request) error { return dnsDelete(r, d.kind) }})
	}
	return list
}

func dnsView(r *module.Request) error {
	for _, e := range r.Host.Locator().Entries() {
		showEntry(r.Struct(), &e)
	}
	return nil
}

// showEntry writes an answer as a structure.
func showEntry(s *module.Struct, e *locate.Entry) {
	s.Add("name", e.Name).Add("type", e.Type.String()).Add("size_bytes", e.Size()).Add("reference_counter", 1)
	s.Add("permanent", yesNo(e.Permanent)).Add("expires", left(e)).Add("last_used", int64(e.Unused/time.Second))
	s.Add("negative_entry", yesNo(len(e.Records) == 0))
	if len(e.Records) == 0 {
		return
	}
	var list module.Rows
	for i := range e.Records {
		list = append(list, showRecord(i, e))
	}
	s.Add("records", list)
}

// showRecord is record i of an answer.
func showRecord(i int, e *locate.Entry) *module.Struct {
	s, rec := &module.Struct{}, &e.Records[i]
	s.Add("rr_idx", i)
	switch e.Type {
	case locate.A, locate.AAAA:
		s.Add("rr_ip", rec.Addr.String())
	case locate.SRV:
		s.Add("rr_name", rec.Name).Add("rr_port", rec.Port).Add("rr_priority", rec.Priority).Add("rr_weight", rec.Weight)
	case locate.NAPTR:
		s.Add("rr_order", rec.Priority).Add("rr_preference", rec.Weight).Add("rr_flags", rec.Flags).Add("rr_service", rec.Service)
		s.Add("rr_regexp", rec.Regexp).Add("rr_replacement", rec.Name)
	default:
		s.Add("rr_name", rec.Name)
	}
	return s.Add("rr_permanent", yesNo(e.Permanent)).Add("rr_expires", left(e))
}

// left is how many seconds an answer is still kept, 0 for ever.
func left(e *locate.Entry) int64 {
	if e.Permanent {
		return 0
	}
	return int64((e.Left + time.Second - 1) / time.Second)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func dnsLookup(r *module.Request) error {
	kind, name, err := typeAndName(r)
	if err != nil {
		return err
	}
	l := r.Host.Locator()
	if _, err := l.Records(r.Context, name, kind); err != nil {
		return errNotFound
	}
	for _, e := range l.Entries() {
		if e.Type == kind && e.Is(name) {
			showEntry(r.Struct(), &e)
			return nil
		}
	}
	return errNotFound
}

func typeAndName(r *module.Request) (kind locate.Type, name string, err error) {
	word, err := r.Str(0)
	if err != nil {
		return 0, "", err
	}
	if name, err = r.Str(1); err != nil {
		return 0, "", err
	}
	kind, ok := dnsTypes[word]
	if !ok {
		return 0, "", module.Faultf(400, "Invalid type")
	}
	return kind, name, nil
}

func dnsMemory(r *module.Request) error {
	used := 0
	for _, e := range r.Host.Locator().Entries() {
		used += e.Size()
	}
	r.Add(used)
	r.Add(locate.BytesFor(r.Host.Locator().Config().MaxEntries))
	return nil
}

// The flags of an answer as dns.debug has them.
const (
	badName   = 1
	permanent = 2
)

func entryFlags(e *locate.Entry) (n int) {
	if len(e.Records) == 0 {
		n |= badName
	}
	if e.Permanent {
		n |= permanent
	}
	return n
}

func dnsDebug(r *module.Request) error {
	for _, e := range r.Host.Locator().Entries() {
		for _, v := range []any{e.Name, int(e.Type), e.Size(), 1, left(&e), int64(e.Unused / time.Second), entryFlags(&e)} {
			r.Add(v)
		}
	}
	return nil
}

func dnsDebugAll(r *module.Request) error {
	for _, e := range r.Host.Locator().Entries() {
		for i := range e.Records {
			rec := &e.Records[i]
			for _, v := range []any{e.Name, int(e.Type), i, e.Size(), 1, left(&e), int64(e.Unused / time.Second), entryFlags(&e)} {
				r.Add(v)
			}
			switch e.Type {
			case locate.A, locate.AAAA:
				r.Add("ip")
				r.Add(rec.Addr.String())
			case locate.SRV:
				r.Add("srv")
				r.Add(rec.Name)
			default:
				r.Add("unknown")
				r.Add("?")
			}
			r.Add(left(&e))
		}
	}
	return nil
}

// ints reads arguments that are numbers.
func ints(r *module.Request, at ...int) ([]int64, error) {
	out := make([]int64, len(at))
	for i, n := range at {
		v, err := r.Int(n)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

var errAddress = module.Faultf(400, "not an address of this type")

func dnsAddAddr(r *module.Request, t locate.Type) error {
	name, err := r.Str(0)
	if err != nil {
		return err
	}
	ttl, err := r.Int(1)
	if err != nil {
		return err
	}
	text, err := r.Str(2)
	if err != nil {
		return err
	}
	flags, err := r.Int(3)
	if err != nil {
		return err
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Is4() != (t == locate.A) {
		return errAddress
	}
	return dnsPut(r, name, t, flags, locate.Record{TTL: time.Duration(ttl) * time.Second, Addr: addr})
}

func dnsAddSRV(r *module.Request) error {
	name, err := r.Str(0)
	if err != nil {
		return err
	}
	n, err := ints(r, 1, 2, 3, 4)
	if err != nil {
		return err
	}
	target, err := r.Str(5)
	if err != nil {
		return err
	}
	flags, err := r.Int(6)
	if err != nil {
		return err
	}
	return dnsPut(r, name, locate.SRV, flags, locate.Record{TTL: time.Duration(n[0]) * time.Second, Priority: uint16(n[1]), Weight: uint16(n[2]), Port: uint16(n[3]), Name: target})
}

func dnsPut(r *module.Request, name string, t locate.Type, flags int64, rec locate.Record) error {
	records := []locate.Record{rec}
	if flags&negativeRecord != 0 {
		records = nil
	}
	err := r.Host.Locator().Put(name, t, flags&permanent != 0, records...)
	if errors.Is(err, locate.ErrName) {
		return module.Faultf(400, "%s is no name", name)
	}
	return err
}

func dnsDelete(r *module.Request, kind string) error {
	name, err := r.Str(0)
	if err != nil {
		return err
	}
	if t, ok := dnsTypes[kind]; ok && r.Host.Locator().Delete(name, t) {
		return nil
	}
	return errNotFound
}

func dnsFlush(r *module.Request, all bool) error {
	r.Host.Locator().Flush(all)
	r.Struct().Add("status", "ok")
	return nil
}
