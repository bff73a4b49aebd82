// SPDX-License-Identifier: Apache-2.0

package corex

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/locate"
)

// record is one dns_cache.
type record struct {
	name      string
	typ       locate.Type
	permanent bool
	// absent says that the name does not exist (flag 1).
	absent bool
	data   locate.Record
}

// The flags of a record.
const (
	absentName = 1 << iota
	permanentRecord
)

var errRecordType = errors.New("type is A, AAAA or SRV")

// addRecord reads a dns_cache: "type=A;name=x;addr=y;ttl=60;flags=0".
func (x *Corex) addRecord(text string) error {
	r, err := parseRecord(text)
	if err != nil {
		return err
	}
	x.records = append(x.records, r)
	return nil
}

// addRecords reads a dns_file: one dns_cache in a line.
func (x *Corex) addRecords(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := x.addRecord(line); err != nil {
			return fmt.Errorf("%s, line %d: %w", file, n, err)
		}
	}
	return nil
}

func parseRecord(text string) (record, error) {
	var r record
	var kind, addr string
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return r, fmt.Errorf("expected attribute=value, found %q", part)
		}
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch name {
		case "type":
			kind = value
			continue
		case "name":
			r.name = value
			continue
		case "addr":
			addr = value
			continue
		}
		if err := r.number(name, value); err != nil {
			return r, err
		}
	}
	return r, r.complete(kind, addr)
}

// number sets an attribute that is a number.
func (r *record) number(name, value string) error {
	bits := 16
	if name == "ttl" {
		bits = 31
	}
	n, err := strconv.ParseUint(value, 10, bits)
	if err != nil {
		return fmt.Errorf("%s=%s is no number, or too large", name, value)
	}
	switch name {
	case "ttl":
		r.data.TTL = time.Duration(n) * time.Second
	case "priority":
		r.data.Priority = uint16(n)
	case "weight":
		r.data.Weight = uint16(n)
	case "port":
		r.data.Port = uint16(n)
	case "flags":
		if n > absentName|permanentRecord {
			return fmt.Errorf("flags=%s: 1 says that the name does not exist, 2 that the record is permanent", value)
		}
		r.absent, r.permanent = n&absentName != 0, n&permanentRecord != 0
	default:
		return fmt.Errorf("there is no attribute %q: type, name, addr, ttl, priority, weight, port, flags", name)
	}
	return nil
}

// complete looks whether the attributes are right together. The target of SRV
// is its addr.
func (r *record) complete(kind, addr string) error {
	if r.name == "" {
		return errors.New("name is missing")
	}
	switch kind {
	case "A":
		r.typ = locate.A
	case "AAAA":
		r.typ = locate.AAAA
	case "SRV":
		r.typ = locate.SRV
	default:
		return errRecordType
	}
	if r.absent {
		return nil
	}
	if r.typ == locate.SRV {
		if addr == "" || r.data.Port == 0 {
			return errors.New("a record of type SRV has addr, its target, and port")
		}
		r.data.Name = addr
		return nil
	}
	ip, err := netip.ParseAddr(addr)
	if err != nil || ip.Is4() != (r.typ == locate.A) {
		return fmt.Errorf("addr=%s is no address of type %s", addr, kind)
	}
	r.data.Addr = ip
	return nil
}

// remember puts the records into the cache: those of one name and type
// together, as one answer.
func (x *Corex) remember(l *locate.Locator) error {
	done := make([]bool, len(x.records))
	for i, r := range x.records {
		if done[i] {
			continue
		}
		var data []locate.Record
		for k := i; k < len(x.records); k++ {
			o := &x.records[k]
			if o.typ != r.typ || !strings.EqualFold(o.name, r.name) {
				continue
			}
			done[k] = true
			r.permanent = r.permanent || o.permanent
			if !o.absent {
				data = append(data, o.data)
			}
		}
		if err := l.Put(r.name, r.typ, r.permanent, data...); err != nil {
			return fmt.Errorf("dns_cache, name=%s: %w", r.name, err)
		}
	}
	return nil
}
