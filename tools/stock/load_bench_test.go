// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/tools/difftest/refserver"
	"github.com/kahea-sip/kahea/tools/testport"
)

// contactsStored is how many contacts the table has for BenchmarkFirstCall.
const contactsStored = 300_000

// BenchmarkFirstCall measures from the start of the program to the first call
// that reaches its callee, with a table of contacts to load.
func BenchmarkFirstCall(b *testing.B) {
	bin := b.TempDir() + "/kahea"
	build(b, bin, "../kahea")
	for _, kind := range kinds {
		b.Run(kind, func(b *testing.B) {
			s := newStore(b, kind)
			callee := newPhone(b, "127.0.0.1:9")
			s.fill(b, callee.addr())
			cfg, port := withMode(b, 1), 0
			var busy time.Duration
			for b.Loop() {
				b.StopTimer()
				var err error
				if port, err = testport.Free(); err != nil {
					b.Fatal(err)
				}
				callee.towards(b, fmt.Sprint("127.0.0.1:", port))
				b.StartTimer()
				server := s.startAt(b, port, bin+" "+refserver.Flags, cfg, "USRLOCDB")
				callThrough(b, server, fmt.Sprint("user", contactsStored-1), callee)
				b.StopTimer()
				busy += processorTime(b, server)
				server.Kill()
				b.StartTimer()
			}
			b.ReportMetric(float64(busy.Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
}

// fill stores the contacts; the last one is that of a phone.
func (s *store) fill(b *testing.B, callee string) {
	b.Helper()
	columns := []string{"ruid", "username", "contact", "expires", "q", "callid", "cseq", "last_modified", "user_agent", "flags", "cflags", "server_id", "connection_id", "keepalive"}
	now := time.Now()
	const batch = 5000
	for first := 0; first < contactsStored; first += batch {
		rows := make([][]db.Value, batch)
		for i := range rows {
			n := first + i
			contact := fmt.Sprintf("sip:user%d@198.51.100.7:5060;transport=udp", n)
			if n == contactsStored-1 {
				contact = "sip:last@" + callee
			}
			rows[i] = []db.Value{fmt.Sprintf("uloc-65a1-%x-1", n), fmt.Sprint("user", n), contact, now.Add(time.Hour), -1.0, fmt.Sprintf("%d-a84b4c76e66710@198.51.100.7", n),
				int64(1), now, "Some Phone 1.2", int64(0), int64(0), int64(0), int64(-1), int64(0)}
		}
		err := s.db.(db.Transactor).Transact(b.Context(), func(o db.Operations) error {
			return o.Insert(context.Background(), "location", columns, rows...)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// processorTime is what a server has used of the processors: it says more than
// the clock where others use them too.
func processorTime(b *testing.B, server *refserver.Server) time.Duration {
	b.Helper()
	pid, err := os.ReadFile(filepath.Join(server.Run, "pid"))
	if err != nil {
		b.Fatal(err)
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(string(pid)), "stat"))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	const user, system, tick = 11, 12, 10 * time.Millisecond // fields behind the name, proc(5)
	var used time.Duration
	for _, i := range []int{user, system} {
		n, err := strconv.Atoi(strings.Fields(rest)[i])
		if err != nil {
			b.Fatal(err)
		}
		used += time.Duration(n) * tick
	}
	return used
}
