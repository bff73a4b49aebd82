// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// dispatcherCfg answers each request with the gateway that was chosen for it.
const dispatcherCfg = `
debug=1
log_stderror=yes
auto_aliases=no
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "dispatcher.so"
modparam("dispatcher", "list_file", "LIST")
modparam("dispatcher", "flags", FLAGS)
modparam("dispatcher", "hash_pvar", "$fU/$ci")

request_route {
	if ($hdr(X-Algorithm) == $null) {
		sl_send_reply("200", "Here");
		exit;
	}
	$var(alg) = $(hdr(X-Algorithm){s.int});
	ds_select_dst("1", "$var(alg)");
	sl_send_reply("200", "$(du{uri.port})");
}
`

// dispatcherAlgorithms are those that leave nothing to chance.
var dispatcherAlgorithms = []int{0, 1, 2, 3, 4, 5, 7, 8, 13}

const dispatcherGateways, dispatcherCalls = 13, 10_000

// TestDispatcherOrder: for 10,000 Call-IDs and users every algorithm of dispatcher that leaves nothing to chance chooses the gateways
// that Kamailio chooses, with the user alone (flags 3) and without (flags 2).
func TestDispatcherOrder(t *testing.T) {
	kahea := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamailio")
	for _, flags := range []int{2, 3} {
		algorithms := dispatcherAlgorithms
		if flags == 3 {
			algorithms = []int{1, 2, 3}
		}
		t.Run(fmt.Sprint("flags ", flags), func(t *testing.T) {
			want := dispatcherOrders(t, refserver.ReferenceCommand, flags, algorithms)
			got := dispatcherOrders(t, kahea, flags, algorithms)
			for _, algorithm := range algorithms {
				w, g := want[algorithm], got[algorithm]
				different := 0
				for i := range w {
					if w[i] != g[i] {
						if different++; different == 1 {
							t.Errorf("algorithm %d, call %d: gateway %s, the reference has %s", algorithm, i, g[i], w[i])
						}
					}
				}
				if different > 1 {
					t.Errorf("algorithm %d: %d of %d calls differ", algorithm, different, len(w))
				}
			}
		})
	}
}

// dispatcherOrders asks a server for the gateways of all calls, by algorithm.
func dispatcherOrders(t *testing.T, command string, flags int, algorithms []int) map[int][]string {
	t.Helper()
	run := t.TempDir()
	var list strings.Builder
	for i := range dispatcherGateways {
		fmt.Fprintf(&list, "1 sip:127.0.0.1:%d 0 %d\n", 7000+i, i%3)
	}
	file := filepath.Join(run, "dispatcher.list")
	cfg := filepath.Join(run, "dispatcher.cfg")
	for name, text := range map[string]string{file: list.String(), cfg: strings.NewReplacer("LIST", file, "FLAGS", fmt.Sprint(flags)).Replace(dispatcherCfg)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := refserver.Start(command, cfg, run)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	conn, err := net.Dial("udp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	orders := map[int][]string{}
	buf := make([]byte, 4096)
	status := regexp.MustCompile(`^SIP/2\.0 200 (\d+)\r\n`)
	for _, algorithm := range algorithms {
		for i := range dispatcherCalls {
			if _, err := conn.Write([]byte(dispatcherCall(conn.LocalAddr().String(), algorithm, i))); err != nil {
				t.Fatal(err)
			}
			conn.SetReadDeadline(time.Now().Add(rowsLimit))
			n, err := conn.Read(buf)
			if err != nil {
				t.Fatalf("algorithm %d, call %d: %v; the end of the log:\n%s", algorithm, i, err, s.LogTail())
			}
			m := status.FindSubmatch(buf[:n])
			if m == nil {
				t.Fatalf("algorithm %d, call %d: %q", algorithm, i, buf[:n])
			}
			orders[algorithm] = append(orders[algorithm], string(m[1]))
		}
	}
	return orders
}

// dispatcherCall is the i-th request: users, hosts, ports and schemes of many kinds.
func dispatcherCall(from string, algorithm, i int) string {
	user := fmt.Sprintf("u%d.%x", i, i*2654435761)
	host := []string{"example.org", "192.0.2.7:5070", "Example.NET:5060", "[2001:db8::1]:5061", "a.b"}[i%5]
	scheme := []string{"sip", "sip", "sips"}[i%3]
	uri := fmt.Sprintf("%s:%s@%s", scheme, user, host)
	if i%7 == 0 {
		uri = fmt.Sprintf("%s:%s", scheme, host)
	}
	auth := ""
	if i%4 != 0 {
		auth = fmt.Sprintf("Proxy-Authorization: Digest username=\"%s@r\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"%032x\"\r\n", user, i)
	}
	return fmt.Sprintf("INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d.%d\r\nMax-Forwards: 70\r\nFrom: <%s>;tag=%d\r\nTo: \"T\" <%s;x=y>\r\n"+
		"Call-ID: %x-%s@host\r\nCSeq: 1 INVITE\r\n%sX-Algorithm: %d\r\nContent-Length: 0\r\n\r\n", uri, from, algorithm, i, uri, i, uri, i*40503, user, auth, algorithm)
}
