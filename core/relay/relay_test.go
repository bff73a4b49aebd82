// SPDX-License-Identifier: Apache-2.0

package relay

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestParseNode(t *testing.T) {
	for text, want := range map[string]string{
		"udp:localhost:12221": "udp4 localhost:12221 1", "udp:127.0.0.1:7=3": "udp4 127.0.0.1:7 3", "udp6:[::1]:7": "udp6 [::1]:7 1", "udp6:::1:7": "udp6 [::1]:7 1",
		"unix:/run/x": "unix /run/x 1", "/run/x": "unix /run/x 1", "udp:a:1=0": "udp4 a:1 0", "tcp:a:1": "", "udp:": "", "udp:a": "", "x": "", "udp:a:1=x": "", "": "",
		"ws://a:1/b": "ws ws://a:1/b 1", "wss://[::1]:1=2": "ws wss://[::1]:1 2", "ws:a:1": "", "ws://": "",
		"udp:a:0": "", "udp:a:65536": "", "udp:a:b": "", "udp:a:1=-1": "", "udp:a:1=65537": "", "=": "",
	} {
		got := ""
		if n, err := ParseNode(text); err == nil {
			got = fmt.Sprint(n.Network, " ", n.Address, " ", n.Weight())
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// FuzzParseNode: no text panics, and what is taken can be dialled.
func FuzzParseNode(f *testing.F) {
	f.Add("udp:127.0.0.1:7=3")
	f.Add("udp6:::1:7")
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := ParseNode(text); err == nil && (n.Address == "" || n.Network == "") {
			t.Errorf("%q has no address", text)
		}
	})
}

func TestRead(t *testing.T) {
	var s Sets
	refuse := errors.New("not this one")
	accept := func(n *Node) error {
		if n.Network == "unix" {
			return refuse
		}
		return nil
	}
	for _, text := range []string{"udp:a:1=2 udp:b:2", "7 == udp:a:1", "0==udp:c:3"} {
		if err := s.Read(text, 0, accept); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	var other Sets
	if err := other.Read("udp:a:1", 5, nil); err != nil || other.Find(5) == nil {
		t.Errorf("another set: %v", err)
	}
	for _, text := range []string{"x == udp:a:1", "-1 == udp:a:1", "tcp:a:1", "udp:a:1 unix:/x"} {
		if err := s.Read(text, 0, accept); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	var got []string
	for n := range s.Nodes() {
		got = append(got, fmt.Sprintf("%d %d %s %d", n.Set, n.Index, n.URL, n.Weight()))
	}
	if want := []string{"0 0 udp:a:1 2", "0 1 udp:b:2 1", "0 3 udp:c:3 1", "0 4 udp:a:1 1", "7 2 udp:a:1 1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if s.Find(3) != nil || s.Find(7) == nil {
		t.Error("sets are found that were not named, or not those that were")
	}
}

// TestPick: shares follow the weights.
func TestPick(t *testing.T) {
	var s Sets
	if err := s.Read("udp:a:1=2 udp:b:1 udp:c:1=0", 0, nil); err != nil {
		t.Fatal(err)
	}
	set, inUse := s.Find(0), func(n *Node) bool { return n.InUse(1) }
	for hash, want := range []string{"udp:a:1", "udp:a:1", "udp:b:1", "udp:a:1"} {
		if got := set.Pick(uint32(hash), inUse); got.URL != want {
			t.Errorf("%d leads to %s, want %s", hash, got.URL, want)
		}
	}
	set.Nodes()[0].Disable(5)
	if got := set.Pick(0, inUse); got.URL != "udp:b:1" {
		t.Errorf("%s is chosen", got.URL)
	}
	set.Nodes()[1].Forbid()
	if got := set.Pick(0, inUse); got != nil {
		t.Errorf("%s is chosen, with nothing but a node of no weight", got.URL)
	}
}

func TestSum(t *testing.T) {
	for id, want := range map[string]uint32{"": 0, "a": 97, "call1": (99 + 97 + 108 + 108 + 49) & 0xff} {
		if got := Sum(id); got != want {
			t.Errorf("%q has %d, want %d", id, got, want)
		}
	}
}

// TestStates: what a command has disabled only a command brings back.
func TestStates(t *testing.T) {
	n, err := ParseNode("udp:a:1")
	if err != nil {
		t.Fatal(err)
	}
	check := func(step string, inUse, away, forbidden bool) {
		t.Helper()
		if n.InUse(10) != inUse || n.Away() != away || n.Forbidden() != forbidden {
			t.Errorf("%s: in use %v, away %v, forbidden %v", step, n.InUse(10), n.Away(), n.Forbidden())
		}
	}
	check("new", true, false, false)
	n.Disable(20)
	check("away", false, true, false)
	n.Disable(10)
	check("its time is over", true, true, false)
	n.Answered()
	check("back", true, false, false)
	n.Forbid()
	n.Answered()
	n.Disable(5)
	check("forbidden", false, false, true)
	n.Permit()
	check("permitted", true, false, false)
}

// listen runs a relay; answer says what goes back, nothing for silence.
func listen(t *testing.T, answer func(data string) []string) *Node {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		buf := make([]byte, 65536)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			for _, text := range answer(string(buf[:n])) {
				conn.WriteTo([]byte(text), from)
			}
		}
	})
	t.Cleanup(func() {
		conn.Close()
		wait.Wait()
	})
	n, err := ParseNode("udp:" + conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAsk: only the reply with the cookie counts, and a command is sent again.
func TestAsk(t *testing.T) {
	seen := make(chan string, 1000)
	n := listen(t, func(data string) []string {
		if seen <- data; len(seen) == 1 {
			return []string{"0 late", "c1"}
		}
		return []string{"c10 other", "c1 reply\n"}
	})
	a := Asking{Patience: 20 * time.Millisecond, Tries: 500, TOS: 184, SetTOS: true}
	got, at, err := a.Ask(t.Context(), n, "c1", []byte("command"))
	if got != "reply\n" || err != nil || at.String() != "127.0.0.1" {
		t.Errorf("%q of %s, %v", got, at, err)
	}
	if first, second := <-seen, <-seen; first != "c1 command" || second != first {
		t.Errorf("%q, %q", first, second)
	}
}

// TestAskSilent: a silent node, and one that is found away while it is asked.
func TestAskSilent(t *testing.T) {
	n := listen(t, func(string) []string { return nil })
	a := Asking{Patience: 100 * time.Millisecond, Tries: 2}
	if _, _, err := a.Ask(t.Context(), n, "c", []byte("x")); !errors.Is(err, ErrSilent) {
		t.Errorf("%v", err)
	}
	asked := make(chan bool, 10)
	away := listen(t, func(string) []string { asked <- true; return nil })
	var wait sync.WaitGroup
	wait.Go(func() {
		<-asked
		away.Disable(1 << 60)
	})
	a = Asking{Patience: 50 * time.Millisecond, Tries: 1 << 30}
	if _, _, err := a.Ask(t.Context(), away, "c", []byte("x")); !errors.Is(err, ErrSilent) {
		t.Errorf("%v", err)
	}
	wait.Wait()
}

// TestAskFrom: commands leave from the own address that was chosen, over IPv6 as well.
func TestAskFrom(t *testing.T) {
	for network, own := range map[string]string{"udp4": "127.0.0.2", "udp6": "::1"} {
		host := "127.0.0.1"
		if network == "udp6" {
			host = "::1"
		}
		conn, err := net.ListenPacket(network, net.JoinHostPort(host, "0"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		var wait sync.WaitGroup
		wait.Go(func() {
			buf := make([]byte, 100)
			n, from, err := conn.ReadFrom(buf)
			if err == nil {
				conn.WriteTo(append(buf[:n:n], " to "+from.(*net.UDPAddr).IP.String()...), from)
			}
		})
		n, err := ParseNode(strings.Replace(network, "udp4", "udp", 1) + ":" + conn.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		a := Asking{Patience: 30 * time.Second, Tries: 1, From: netip.MustParseAddr(own), TOS: 184, SetTOS: true}
		if got, _, err := a.Ask(t.Context(), n, "c", []byte("x")); got != "x to "+own || err != nil {
			t.Errorf("%s: %q, %v", network, got, err)
		}
		wait.Wait()
	}
}

// TestAskNowhere: what cannot be asked is an error at once.
func TestAskNowhere(t *testing.T) {
	n, err := ParseNode("udp:no.such.host.invalid:7")
	if err != nil {
		t.Fatal(err)
	}
	a := Asking{Patience: time.Second, Tries: 5}
	if _, _, err := a.Ask(t.Context(), n, "c", nil); err == nil || strings.Contains(err.Error(), "panic") {
		t.Errorf("%v", err)
	}
}
