// SPDX-License-Identifier: Apache-2.0

package maxfwd

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

func call(t *testing.T, headers string) *module.Call {
	t.Helper()
	text := "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n" + headers +
		"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n"
	buf := transport.NewBuffer(len(text))
	c := new(module.Call)
	c.Reset(new(sip.Message), transport.Packet{Data: buf.Data[:copy(buf.Data, text)], Buffer: buf})
	if err := c.Msg.Parse(c.Packet.Data); err != nil {
		t.Fatal(err)
	}
	return c
}

func number(n int64) module.Args { return module.Args{{Value: avp.Number(n), Given: true}} }

// The expectations were seen on the wire of Kamailio 5.6.3.
func TestProcess(t *testing.T) {
	m := New()
	for _, row := range []struct {
		header string
		result module.Result
		want   string
	}{
		{"Max-Forwards: 70\r\n", 1, "Max-Forwards: 69\r\n"},
		{"Max-Forwards: 10\r\n", 1, "Max-Forwards:  9\r\n"},
		{"Max-Forwards:   1\r\n", 1, "Max-Forwards:   0\r\n"},
		{"Max-Forwards: 007\r\n", 1, "Max-Forwards:   6\r\n"},
		{"Max-Forwards: 100\r\n", 1, "Max-Forwards:  70\r\n"},
		{"Max-Forwards: 0\r\n", -1, "Max-Forwards: 0\r\n"},
		{"Max-Forwards: abc\r\n", -2, "Max-Forwards: abc\r\n"},
		{"Max-Forwards: 5,6\r\n", -2, "Max-Forwards: 5,6\r\n"},
		{"", 2, "OPTIONS sip:a@b SIP/2.0\r\nMax-Forwards: 10\r\n"},
	} {
		c := call(t, row.header)
		if got := m.process(c, number(10)); got != row.result {
			t.Errorf("%q: result %d, want %d", row.header, got, row.result)
		}
		if got := string(sip.AppendRequest(nil, c.Msg, &sip.Outgoing{NoVia: true})); !strings.Contains(got, row.want) {
			t.Errorf("%q: no %q in\n%s", row.header, row.want, got)
		}
	}
}

func TestLess(t *testing.T) {
	m := New()
	c := call(t, "Max-Forwards: 5\r\n")
	if got := m.less(c, number(5)); got != notLess {
		t.Errorf("5 < 5: %d", got)
	}
	m.process(c, number(10))
	if got := m.less(c, number(5)); got != module.True {
		t.Errorf("after the decrement 4 < 5: %d", got)
	}
	if got := m.less(call(t, ""), number(5)); got != absent {
		t.Errorf("without header: %d", got)
	}
	if got := m.atLeast(c, number(4)); got != module.True {
		t.Errorf("4 >= 4: %d", got)
	}
}
