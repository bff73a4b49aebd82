// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"bytes"
	"net/netip"
	"testing"
)

// mirror answers each probe with itself and the address that it came from; one that
// ends in "!" it does not answer.
type mirror struct{}

func (mirror) Probe(dst, data []byte, src netip.AddrPort, p Proto) []byte {
	if bytes.HasSuffix(data, []byte("!")) {
		return dst
	}
	dst = append(append(dst, p.String()...), ' ')
	return append(src.AppendTo(dst), data...)
}

const probeText = "\x00\x01\x00\x04\x21\x12\xa4\x42abcdefghijklmnop"

func TestProbeOfUDP(t *testing.T) {
	overPaths(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(UDP, "127.0.0.1:0")
		l := startWith(t, o, mirror{}, echo)
		c, to := peer(t, l, "127.0.0.1:0"), l.Sockets()[0].Addr
		want := "udp " + c.LocalAddr().String() + probeText
		if got := exchange(t, c, to, []byte(probeText)); string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, silent := range []string{probeText[:23] + "!", "\x03!"} {
			if err := c.WriteTo([]byte(silent), to); err != nil {
				t.Fatal(err)
			}
		}
		if got := exchange(t, c, to, message(40)); !bytes.Equal(got, message(40)) {
			t.Errorf("behind probes that are not answered: got %q", got)
		}
	})
}

func TestProbeOfTCP(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(TCP, "127.0.0.1:0")
		l := startWith(t, o, mirror{}, echo)
		to := l.Sockets()[0].Addr
		c := dial(t, l, to)
		answer := "tcp " + addrPort(c.LocalAddr()).String() + probeText
		write(t, c, slice(sipText("a", 10), []byte(probeText), sipText("b", 0), []byte(probeText[:9])))
		expect(t, c, slice(sipText("a", 10), []byte(answer), sipText("b", 0)))
		write(t, c, []byte(probeText[9:]))
		expect(t, c, []byte(answer))
		for _, broken := range []string{"\x00\x01\xff\x00" + probeText[4:], "\x00\x01\x00\x04XXXX" + probeText[8:]} {
			c := dial(t, l, to)
			write(t, c, []byte(broken))
			if got := expectEnd(t, c); len(got) != 0 {
				t.Errorf("%q is answered with %q", broken, got)
			}
		}
	})
}

// Without a prober nothing is a probe.
func TestNoProber(t *testing.T) {
	overPaths(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(UDP, "127.0.0.1:0")
		l := start(t, o, echo)
		data := append([]byte(probeText), message(20)...)
		if got := exchange(t, peer(t, l, "127.0.0.1:0"), l.Sockets()[0].Addr, data); !bytes.Equal(got, data) {
			t.Errorf("got %q", got)
		}
	})
}
