// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"fmt"
	"strings"
	"testing"
)

// show prints entries as the table of TestParseFile has them.
func show(entries []entry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s %d %s %d %d %q; ", e.at, e.set, e.uri, e.flags, e.priority, e.attrs)
	}
	return strings.TrimSuffix(b.String(), "; ")
}

// TestParseFile: what comes of a line is what Kamailio made of it; that it
// means nothing is told in addition.
func TestParseFile(t *testing.T) {
	for _, c := range []struct {
		name, text, want, fault, err string
	}{
		{name: "empty"},
		{name: "comments", text: "# x\n\n   \n  # y\n"},
		{name: "plain", text: "1 sip:a\n2 sip:b", want: `l:1 1 sip:a 0 0 ""; l:2 2 sip:b 0 0 ""`},
		{name: "whole", text: "1 sip:a 8 10 weight=5;x=y\n", want: `l:1 1 sip:a 8 10 "weight=5;x=y"`},
		{name: "tabs", text: "\t1\tsip:a\t0\t3\ta=b\n", want: `l:1 1 sip:a 0 3 "a=b"`},
		{name: "lines of Windows", text: "1 sip:a 0 0 a=b\r\n2 sip:b\r\n", want: `l:1 1 sip:a 0 0 "a=b"; l:2 2 sip:b 0 0 ""`},
		{name: "comment behind attributes", text: "1 sip:a 0 0 a=b # c\n", want: `l:1 1 sip:a 0 0 "a=b"`},
		{name: "comment behind the address", text: "1 sip:a # c\n", want: `l:1 1 sip:a 0 0 ""`},
		{name: "attributes without numbers", text: "1 sip:a 4 a=b\n2 sip:b c=d\n", want: `l:1 1 sip:a 4 0 "a=b"; l:2 2 sip:b 0 0 "c=d"`},
		{name: "blank in attributes", text: "1 sip:a 0 0 a=b; c=d\n", want: `l:1 1 sip:a 0 0 "a=b"`, fault: `l:1: "c=d" behind the attributes is left out`},
		{name: "negative priority", text: "1 sip:a 0 -3\n", want: `l:1 1 sip:a 0 0 "-3"`, fault: `l:1: "-3" is taken as attributes`},
		{name: "unknown flags", text: "1 sip:a 4097\n", want: `l:1 1 sip:a 1 0 ""`},
		{name: "no number as set", text: "x sip:a\n2 sip:b\n", want: `l:2 2 sip:b 0 0 ""`, fault: "l:1: "},
		{name: "negative set", text: "-3 sip:a\n", fault: "l:1: "},
		{name: "huge set", text: "99999999999 sip:a\n", fault: "l:1: "},
		{name: "huge priority", text: "1 sip:a 0 99999999999\n", fault: "l:1: flags and priority"},
		{name: "no address", text: "1 sip:a\n1\n", err: "l:2: there is no address behind the set id 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			entries, faults, err := parseFile("l", c.text)
			if got := fmt.Sprint(err); c.err == "" && err != nil || c.err != "" && got != c.err {
				t.Errorf("error %q, want %q", got, c.err)
			}
			if got := show(entries); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if got := strings.Join(faults, "|"); (got == "") != (c.fault == "") || !strings.HasPrefix(got, c.fault) {
				t.Errorf("faults %q, want %q", got, c.fault)
			}
		})
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add("1 sip:a 8 10 weight=5;x=y\n# c\n")
	f.Add("\t1\tsip:a\t0\t3\ta=\"b;c\";d # e\r\n2")
	f.Fuzz(func(t *testing.T, text string) {
		entries, _, err := parseFile("l", text)
		if err != nil {
			return
		}
		for _, e := range entries {
			// What was read reads the same when it is written.
			line := fmt.Sprintf("%d %s %d %d %s", e.set, e.uri, e.flags, e.priority, e.attrs)
			again, _, err := parseFile("l", line)
			if err != nil || len(again) != 1 {
				t.Fatalf("%q: %v %v", line, again, err)
			}
			again[0].at = e.at
			if again[0] != e {
				t.Fatalf("%q: got %+v, want %+v", line, again[0], e)
			}
			_, _, _ = parseAttrs(e.attrs)
		}
	})
}

func TestParseAttrs(t *testing.T) {
	a, faults, err := parseAttrs(`duid=x;maxload=20;weight=50;rweight=7;socket=udp:1.2.3.4:5060;sockname="a;b";ping_from=sip:p@x;obproxy=sip:o;latency=24;cc=1;my=1;flag`)
	if err != nil || faults != nil {
		t.Fatal(err, faults)
	}
	a.body = ""
	want := attrs{duid: "x", maxLoad: 20, weight: 50, rweight: 7, socket: "udp:1.2.3.4:5060", sockname: "a;b", pingFrom: "sip:p@x", obproxy: "sip:o",
		latency: 24, hasLatency: true, congestion: true}
	if a != want {
		t.Errorf("got %+v, want %+v", a, want)
	}
	for _, c := range []struct{ text, fault string }{
		{"weight=abc", "weight=abc is no number of 1 to 100 and counts as not given"},
		{"weight=0", "weight=0 is no number of 1 to 100 and counts as not given"},
		{"rweight=101", "rweight=101 is no number of 1 to 100 and counts as not given"},
		{"maxload=-1", "maxload=-1 is no number of 0 to 2147483647 and counts as not given"},
		{"latency=", "latency= is no number of 0 to 2147483647 and counts as not given"},
	} {
		a, faults, err := parseAttrs(c.text)
		if err != nil || strings.Join(faults, "|") != c.fault || a.weight != 0 || a.rweight != 0 || a.maxLoad != 0 {
			t.Errorf("%s: %+v %q %v", c.text, a, faults, err)
		}
	}
	if _, _, err := parseAttrs(`a=b;c="d`); err != errQuote {
		t.Errorf("an open quote: %v", err)
	}
}
