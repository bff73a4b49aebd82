// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
)

// phone is a contact as real ones are: behind NAT, with instance.
func phone(i int) (aor string, c Contact) {
	aor = fmt.Sprintf("user%07d", i)
	c = contact(fmt.Sprintf("sip:%s@192.0.2.%d:5060;transport=udp", aor, i%250))
	c.CallID = fmt.Sprintf("%032x@192.0.2.1", i)
	c.Received = fmt.Sprintf("sip:198.51.100.%d:%d", i%250, 1024+i%60000)
	c.UserAgent = fmt.Sprint("Phone/1.", i%50)
	return aor, c
}

func fillTable(tb testing.TB, d *Domain, n int) {
	for i := range n {
		aor, c := phone(i)
		insert(tb, d, aor, c)
	}
}

func BenchmarkUpdate(b *testing.B) {
	d := start(b, newHost(b), New())
	const n = 10000
	fillTable(b, d, n)
	aors, contacts := make([]string, n), make([]Contact, n)
	for i := range n {
		aors[i], contacts[i] = phone(i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c := &contacts[i%n]
		c.CSeq++
		l := lockAOR(d, aors[i%n])
		h := l.Match(c)
		if h == 0 || l.Order(h, c.CallID, c.CSeq, c.Modified) != Newer || l.Update(h, c) != nil {
			b.Fatal("not updated")
		}
		l.Unlock()
	}
}

func BenchmarkRead(b *testing.B) {
	d := start(b, newHost(b), New())
	const n = 10000
	fillTable(b, d, n)
	aors := make([]string, n)
	for i := range n {
		aors[i], _ = phone(i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		var c Contact
		l := lockAOR(d, aors[i%n])
		l.Read(l.First(), &c)
		if c.Q != sip.QUnset {
			b.Fatal(c.Q)
		}
		l.Unlock()
	}
}

func BenchmarkInsertDelete(b *testing.B) {
	d := start(b, newHost(b), New())
	aor, c := phone(1)
	b.ReportAllocs()
	for b.Loop() {
		l := lockAOR(d, aor)
		h, err := l.Insert(&c)
		if err != nil {
			b.Fatal(err)
		}
		l.Delete(h)
		l.Unlock()
	}
}

// BenchmarkMemory reports what a contact of one AOR costs in resident memory.
func BenchmarkMemory(b *testing.B) {
	const n = 300_000
	for b.Loop() {
		d := start(b, newHost(b), New())
		before := resident(b)
		fillTable(b, d, n)
		runtime.GC()
		b.ReportMetric(float64(resident(b)-before)/n, "resident-B/contact")
		b.ReportMetric(float64(d.t.bytes())/n, "table-B/contact")
		runtime.KeepAlive(d)
	}
}

// resident is the resident memory of the process, in bytes.
func resident(b *testing.B) int {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("there is no /proc")
	}
	n, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		b.Fatal(err)
	}
	return n * os.Getpagesize()
}

func BenchmarkExpire100000(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		d := start(b, newHost(b), New())
		for i := range 100_000 {
			aor, c := phone(i)
			c.Expires = 1
			insert(b, d, aor, c)
		}
		b.StartTimer()
		d.loc.expire()
		if d.Contacts() != 0 {
			b.Fatal(d.Contacts())
		}
	}
}

// BenchmarkExpireNothing is what the timer costs when nothing is over.
func BenchmarkExpireNothing(b *testing.B) {
	d := start(b, newHost(b), New())
	fillTable(b, d, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		d.loc.expire()
	}
}
