// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

// run runs a command and returns its reply as text: fields in braces, lists in
// brackets.
func run(t *testing.T, u *Usrloc, name string, args ...any) string {
	t.Helper()
	for _, c := range u.commands() {
		if c.Name != name {
			continue
		}
		r := &module.Request{Args: args}
		if err := c.Run(r); err != nil {
			return err.Error()
		}
		var b strings.Builder
		for _, v := range r.Reply {
			show(&b, v)
		}
		return b.String()
	}
	t.Fatalf("there is no command %s", name)
	return ""
}

func show(b *strings.Builder, v any) {
	switch v := v.(type) {
	case *module.Struct:
		b.WriteString("{")
		for i, f := range v.Fields {
			if i > 0 {
				b.WriteString(" ")
			}
			b.WriteString(f.Name + ":")
			show(b, f.Value)
		}
		b.WriteString("}")
	case module.Stream:
		show(b, v.List())
	case module.List:
		b.WriteString("[")
		for _, e := range v {
			show(b, e)
		}
		b.WriteString("]")
	default:
		fmt.Fprint(b, v)
	}
}

// What Kamailio 5.6.3 answers, but for the numbers that differ from run to run.
func TestCommands(t *testing.T) {
	u := New()
	u.hashSize, u.parts = 0, 1
	d := start(t, newHost(t), u)
	now := rpctest.Start.Unix()
	contact := fmt.Sprintf("{Contact:{Address:sip:x@h Expires:permanent Q:1 Call-ID:%s CSeq:1 User-Agent:%s Received:[not set] Path:[not set] State:CS_NEW "+
		"Flags:0 CFlags:0 Socket:[not set] Methods:16383 Ruid:ulcx%s1 Instance:[not set] Reg-Id:0 Server-Id:0 Tcpconn-Id:-1 Keepalive:0 "+
		"Last-Keepalive:%d KA-Roundtrip:0 Last-Modified:0}}", addedCallID, addedAgent, strings.TrimPrefix(d.t.store.prefix, "uloc"), now)
	for _, row := range []struct {
		command string
		args    []any
		want    string
	}{
		{"ul.dump", nil, "{Domains:[{Domain:{Domain:location Size:1 AoRs:[] Stats:{Records:0 Max-Slots:0}}}]}"},
		{"ul.lookup", []any{"location", "bob"}, "500 AOR not found in location table"},
		{"ul.lookup", []any{"location"}, "500 Not enough parameters (table and AOR to lookup)"},
		{"ul.lookup", []any{"nosuch", "bob"}, "500 Domain table not found"},
		{"ul.rm", []any{"location", "bob"}, ""},
		{"ul.rm_contact", []any{"location", "bob", "sip:x@h"}, "404 AOR not found"},
		{"ul.rm_contact", []any{"location", "bob"}, "500 Not enough parameters (table, AOR and contact)"},
		{"ul.add", []any{"location", "bob"}, "500 Not enough parameters or wrong format"},
		{"ul.add", []any{"location", "bob", "sip:x@h", "abc", 1.0, "0", int64(0), int64(0), int64(16383)}, "500 argument 4: \"abc\" is no integer"},
		{"ul.add", []any{"location", "bob", "sip:x@h", int64(0), "high", "0", int64(0), int64(0), int64(16383)}, "500 argument 5: \"high\" is no float"},
		{"ul.add", []any{"location", "bob", "sip:x@h", int64(0), 1.0, "0", int64(0), int64(0), int64(16383), ".", "udp:127.0.0.1:999"}, "500 Unknown socket"},
		{"ul.add", []any{"location", "bob", "sip:x@h", int64(0), 1.0, "0", int64(0), int64(0), int64(16383)}, ""},
		{"ul.lookup", []any{"location", "bob@127.0.0.1"}, "{AoR:bob Contacts:[" + contact + "]}"},
		{"ul.dump", nil, "{Domains:[{Domain:{Domain:location Size:1 AoRs:[{Info:{AoR:bob HashID:0 Contacts:[" + contact + "]}}] Stats:{Records:1 Max-Slots:1}}}]}"},
		{"ul.dump", []any{"brief"}, "{Domains:[{Domain:{Domain:location Size:1 AoRs:[{AoR:bob}] Stats:{Records:1 Max-Slots:1}}}]}"},
		{"ul.rm_contact", []any{"location", "bob", "sip:y@h"}, "404 Contact not found"},
		{"ul.rm_contact", []any{"location", "bob", "sip:x@h"}, ""},
		{"ul.dump", []any{"brief"}, "{Domains:[{Domain:{Domain:location Size:1 AoRs:[] Stats:{Records:0 Max-Slots:0}}}]}"},
		{"ul.flush", nil, ""},
		{"ul.db_users", []any{"location"}, "500 Command is not supported in db_mode=0"},
	} {
		if got := run(t, u, row.command, row.args...); got != row.want {
			t.Errorf("%s %v:\n got %s\nwant %s", row.command, row.args, got, row.want)
		}
	}
}

func TestAddReplaces(t *testing.T) {
	u := New()
	d := start(t, newHost(t), u)
	for _, q := range []any{0.25, 0.5} {
		if got := run(t, u, "ul.add", "location", "bob", "sip:x@h", int64(100), q, "<sip:p>", int64(1), int64(2), int64(3), "sip:1.2.3.4:5", "udp:127.0.0.1:5060"); got != "" {
			t.Fatal(got)
		}
	}
	b := lockAOR(d, "bob")
	defer b.Unlock()
	var c Contact
	b.Read(b.First(), &c)
	if b.Next(b.First()) != 0 || c.Q != 500 || c.Path != "<sip:p>" || c.Flags != 1 || c.CFlags != 2 || c.Methods != 3 ||
		c.Received != "sip:1.2.3.4:5" || c.Socket == nil || c.Expires != rpctest.Start.Unix()+100 {
		t.Errorf("%+v", c)
	}
}

// TestDumpIsAStream: the list is made while it is read, page by page and to where
// the reader stops, with nothing locked meanwhile.
func TestDumpIsAStream(t *testing.T) {
	for _, brief := range []bool{true, false} {
		d := start(t, newHost(t), New())
		fillTable(t, d, 1000)
		var out module.Struct
		d.dump(&out, brief)
		stream, ok := out.Fields[2].Value.(module.Stream)
		if !ok || out.Fields[2].Name != "AoRs" {
			t.Fatalf("%#v is no stream", out.Fields[2])
		}
		n := 0
		for v := range stream {
			var b strings.Builder
			show(&b, v)
			if !strings.Contains(b.String(), "AoR:user0") {
				continue
			}
			if n++; !brief && strings.Count(b.String(), "Contact:{") != 1 {
				t.Fatal(b.String())
			}
			insert(t, d, fmt.Sprint("another", n), contact("sip:a@h")) // would wait for ever on a lock
		}
		if n != 1000 {
			t.Errorf("brief %v: %d AORs, want 1000", brief, n)
		}
		for range stream {
			break
		}
	}
}
