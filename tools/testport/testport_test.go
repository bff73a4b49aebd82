// SPDX-License-Identifier: Apache-2.0

package testport

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"testing"
)

// A port is given once, is odd, and has the one above it.
func TestFree(t *testing.T) {
	seen := map[int]bool{}
	for range maxBlocks * perBlock * 9 / 10 {
		port, err := Free()
		if err != nil {
			t.Fatal(err)
		}
		if seen[port] || !MayBe(port) || port%BlockSize == BlockSize-1 {
			t.Fatalf("%d is given, twice: %v", port, seen[port])
		}
		seen[port] = true
	}
}

// A port that somebody has is not given.
func TestFreeIsFree(t *testing.T) {
	port, err := Free()
	if err != nil {
		t.Fatal(err)
	}
	at := pairs.next - 1
	again := func() (int, error) { // its turn once more
		pairs.next = at
		return Free()
	}
	for _, above := range []int{0, 1} {
		udp, err := net.ListenPacket("udp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port+above)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := again(); err != nil || got == port {
			t.Errorf("got %d, %v though somebody has %d", got, err, port+above)
		}
		udp.Close()
	}
	if got, err := again(); err != nil || got != port {
		t.Errorf("got %d, %v, want %d, which is free again", got, err, port)
	}
}

// A block belongs to who has taken it, until he ends; that of the records to nobody. The address is one at which no other process looks.
func TestBlocksAreShared(t *testing.T) {
	host := fmt.Sprintf("127.9.%d.%d", os.Getpid()>>8&255, os.Getpid()&255)
	seen := map[int]net.Listener{}
	for {
		l, err := lock(host, 3)
		if err != nil {
			break
		}
		defer l.Close()
		port := l.Addr().(*net.TCPAddr).Port
		if seen[port] != nil || port/BlockSize == RecordServer/BlockSize || port/BlockSize == RecordClient/BlockSize {
			t.Errorf("the block %d is given, twice: %v", port, seen[port] != nil)
		}
		seen[port] = l
	}
	if len(seen) != blocks-1 {
		t.Errorf("there were %d blocks, want %d", len(seen), blocks-1)
	}
	for port, l := range seen {
		l.Close()
		again, err := lock(host, 0)
		if err != nil || again.Addr().(*net.TCPAddr).Port != port {
			t.Fatalf("%v, %v, want the block %d, which is free again", again, err, port)
		}
		again.Close()
		break
	}
}

// What Block gives is no other's, of Free neither.
func TestBlock(t *testing.T) {
	seen := map[int]bool{}
	for range 3 {
		first, err := Block()
		if err != nil {
			t.Fatal(err)
		}
		if l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(first))); err == nil {
			l.Close()
			t.Errorf("the block %d is locked by nobody", first)
		}
		if seen[first] {
			t.Errorf("the block %d is given twice", first)
		}
		seen[first] = true
	}
	for range perBlock + 1 {
		if port, err := Free(); err != nil || seen[port/BlockSize*BlockSize] {
			t.Errorf("got %d, %v, which is of a block that was given", port, err)
		}
	}
}
