// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// answer is what kamcmd printed for a command.
type answer struct{ command, text string }

// TestCommands: what an operator asks with kamcmd is answered as Kamailio answers it under the same configuration and in the same state.
func TestCommands(t *testing.T) {
	refserver.Needs(t, "kamailio", "sipp", "sqlite3", "kamcmd")
	kahea := refserver.KaheaCommand(t, "../kahea")
	want, got := answers(t, refserver.ReferenceCommand), answers(t, kahea)
	for i, w := range want {
		g := got[i]
		if w.command == "dlg.list" { // docs/compatibility.md names these
			for _, more := range []string{"owner: timer", "deadline: N", "reason: answered"} {
				if strings.Count(g.text, "\n"+more) != 3 {
					t.Errorf("dlg.list of kahea does not say %q of each of three calls:\n%s", more, g.text)
				}
				g.text = strings.ReplaceAll(g.text, "\n"+more, "")
			}
		}
		if g != w {
			t.Errorf("%s, less (-) and more (+) than the reference:\n%s", g.command, differing(w.text, g.text))
		}
	}
}

// answers brings a server into a state and asks it. Of lists the lines are sorted, and numbers are masked.
func answers(t *testing.T, command string) (all []answer) {
	s := newSiteOf(t, command)
	c := newCustomer(t, "bulk", "127.0.0.13", s.Addr())
	pairs := []string{s.Addr(), "{srv}", c.conn.LocalAddr().String(), "{bulk}"}
	for _, g := range s.gateways {
		pairs = append(pairs, g.addr(), "{"+g.name+"}")
	}
	names := strings.NewReplacer(pairs...)
	ask := func(words ...string) {
		all = append(all, answer{names.Replace(strings.Join(words, " ")), names.Replace(s.rpc(words...))})
	}
	askList := func(words ...string) {
		ask(words...)
		a := &all[len(all)-1]
		lines := strings.Split(numbers.ReplaceAllString(a.text, "N"), "\n")
		for i := range lines {
			lines[i] = strings.TrimSpace(lines[i])
		}
		slices.Sort(lines)
		a.text = strings.Join(lines, "\n")
	}
	for _, g := range s.gateways[1:] {
		ask("dispatcher.set_state", "dp", "1", "sip:"+g.addr())
	}
	ask("dispatcher.set_state", "x", "1", "sip:"+s.gateways[0].addr())
	ask("dispatcher.set_state", "a", "1", "sip:192.0.2.77")
	askList("dispatcher.list")
	up, refused := burst(t, s, c, 3)
	if len(up) != 3 {
		t.Fatalf("of 3 calls %d are up, refused with %v\n%s", len(up), refused, s.log())
	}
	s.await("the calls are acknowledged", func() bool { return strings.Contains(s.rpc("dlg.stats_active"), "ongoing: 3") })
	askList("dlg.list")
	ask("dlg.profile_get_size", "customer", "bulk")
	ask("dlg.profile_get_size", "carrier", "north")
	ask("dlg.profile_get_size", "carrier", "east")
	ask("dlg.profile_get_size", "nobody")
	tooMany(t, s)
	askList("htable.dump", "known")
	askList("htable.dump", "ban")
	askList("pike.list") // how many hits fall into the last seconds is chance
	h := regexp.MustCompile(`h_entry: (\d+)\s+h_id: (\d+)`).FindStringSubmatch(s.rpc("dlg.dlg_list", up[0].id, up[0].id))
	if h == nil {
		t.Fatal("the call is not listed")
	}
	out := s.rpc("dlg.end_dlg", h[1], h[2])
	all = append(all, answer{"dlg.end_dlg of a call that is up", out})
	finish(t, s, up[:1])
	s.await("the ended call counts no more", func() bool { return strings.TrimSpace(s.rpc("dlg.profile_get_size", "customer", "bulk")) == "2" })
	ask("dlg.profile_get_size", "carrier", "north")
	c.hangUp(up[1:]...)
	finish(t, s, up)
	return all
}

// differing are the lines that one of two texts has more often.
func differing(want, got string) string {
	var b strings.Builder
	count := map[string]int{}
	for line := range strings.SplitSeq(want, "\n") {
		count[line]--
	}
	for line := range strings.SplitSeq(got, "\n") {
		count[line]++
	}
	for _, line := range slices.Sorted(maps.Keys(count)) {
		if n := count[line]; n != 0 {
			fmt.Fprintf(&b, "%+d %q\n", n, line)
		}
	}
	return b.String()
}

var numbers = regexp.MustCompile(`\b\d+(\.\d+)?\b`)

// tooMany sends as much from one address as has it banned.
func tooMany(t *testing.T, s *site) {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp4", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 99)}, to)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	n := 0
	s.await("the flood is found", func() bool {
		for range 50 {
			n++
			fmt.Fprintf(conn, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-%d\r\nFrom: <sip:x@x>;tag=%[3]d\r\nTo: <sip:x@x>\r\nCall-ID: f%[3]d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
				s.Addr(), conn.LocalAddr(), n)
		}
		return strings.Contains(s.rpc("htable.dump", "ban"), "127.0.0.99")
	})
}
