// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"runtime"
	"testing"
)

// Readers that nobody needs park, and come back when all others are at work.
func TestReadersPark(t *testing.T) {
	o := Options{Sockets: listenOn(UDP, "127.0.0.1:0"), UDP: UDPOptions{Children: 6}}
	hold := make(chan bool)
	l := start(t, o, func(p Packet, out *Out) {
		<-hold
		echo(p, out)
	})
	u := l.Sockets()[0].packets.(*udpSocket)
	for u.resting.Load() != 4 {
		runtime.Gosched()
	}
	c := peer(t, l, "127.0.0.1:0")
	for range 6 {
		if err := c.WriteTo(message(50), u.local); err != nil {
			t.Fatal(err)
		}
		hold <- true
		receive(t, c)
	}
	for range 6 {
		if err := c.WriteTo(message(50), u.local); err != nil {
			t.Fatal(err)
		}
	}
	for range 6 {
		hold <- true
	}
	for range 6 {
		receive(t, c)
	}
}
