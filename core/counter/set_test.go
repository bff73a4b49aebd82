// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// names is the listing of stats.get_statistics.
func names(stats []*Stat) string {
	var out []string
	for _, st := range stats {
		out = append(out, fmt.Sprintf("%s = %d", st.FullName(), st.Value()))
	}
	return strings.Join(out, "\n")
}

func sample(t *testing.T) (*Set, *Counter, *Counter) {
	s := New()
	var sent, bad Counter
	err := s.Declare("sl",
		Entry{Name: "sent_replies", Counter: &sent, Doc: "Replies sent without a transaction."},
		Entry{Name: "200_replies", Counter: new(Counter)},
		Entry{Group: "core", Name: "bad_msg_hdr", Counter: new(Counter)},
		Entry{Group: "core", Name: "bad_URIs_rcvd", Counter: &bad},
		Entry{Group: "shmem", Name: "free_size", Gauge: func() int64 { return 42 }, Doc: "Free memory, in bytes."},
		Entry{Group: "slx", Name: "sent_replies", Counter: new(Counter)},
	)
	if err != nil {
		t.Fatal(err)
	}
	sent.Add(3)
	bad.Inc()
	return s, &sent, &bad
}

func TestSelect(t *testing.T) {
	s, _, _ := sample(t)
	all := "core:bad_URIs_rcvd = 1\ncore:bad_msg_hdr = 0\nshmem:free_size = 42\nsl:200_replies = 0\nsl:sent_replies = 3\nslx:sent_replies = 0"
	for _, tt := range []struct{ name, what, get, fetch string }{
		{"all", "all", all, all},
		{"group", "sl:", "sl:200_replies = 0\nsl:sent_replies = 3", "sl:200_replies = 0\nsl:sent_replies = 3"},
		{"name in two groups", "sent_replies", "sl:sent_replies = 3", "sl:sent_replies = 3"},
		{"group and name", "sl.sent_replies", "", "sl:sent_replies = 3"},
		{"group and name with a colon", "sl:sent_replies", "", "sl:sent_replies = 3"},
		{"unknown name", "nosuch", "", ""},
		{"unknown group", "nosuch:", "", ""},
		{"nothing", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := names(s.Select(tt.what)); got != tt.get {
				t.Errorf("Select(%q)\n got %s\nwant %s", tt.what, got, tt.get)
			}
			if got := names(s.Fetch(tt.what)); got != tt.fetch {
				t.Errorf("Fetch(%q)\n got %s\nwant %s", tt.what, got, tt.fetch)
			}
		})
	}
	if got := names(slices.Collect(s.All())); got != all {
		t.Errorf("All\n got %s\nwant %s", got, all)
	}
	if got := names(slices.Collect(s.Group("slx"))); got != "slx:sent_replies = 0" {
		t.Errorf("Group got %s", got)
	}
	if got := s.Groups(); !slices.Equal(got, []string{"core", "shmem", "sl", "slx"}) {
		t.Errorf("Groups got %v", got)
	}
	if s.Lookup("sl", "sent_replies").Doc() != "Replies sent without a transaction." || s.Lookup("core", "sent_replies") != nil {
		t.Error("Lookup")
	}
}

func TestReset(t *testing.T) {
	s, sent, _ := sample(t)
	for st := range s.All() {
		if st.Reset() == st.IsGauge() {
			t.Errorf("%s: Reset said %v", st.FullName(), !st.IsGauge())
		}
	}
	if sent.Value() != 0 || s.Lookup("shmem", "free_size").Value() != 42 {
		t.Error("reset counters, and only those")
	}
	sent.Add(-2)
	if got := s.Lookup("sl", "sent_replies").Value(); got != -2 {
		t.Errorf("got %d after Add(-2)", got)
	}
	sent.Set(7)
	if got := s.Find("sent_replies").Counter().Reset(); got != 7 {
		t.Errorf("Reset returned %d", got)
	}
}

// TestDeclareAgain: a reload keeps what was counted.
func TestDeclareAgain(t *testing.T) {
	s, sent, _ := sample(t)
	old := s.Lookup("sl", "sent_replies")
	var again Counter
	gauge := func() int64 { return 5 }
	if err := s.Declare("sl", Entry{Name: "sent_replies", Counter: &again, Doc: "new"},
		Entry{Group: "shmem", Name: "free_size", Gauge: gauge}); err != nil {
		t.Fatal(err)
	}
	again.Inc()
	sent.Inc()
	if old.Value() != 5 || old.Doc() != "new" || s.Lookup("shmem", "free_size").Value() != 5 {
		t.Errorf("got %d %q %d", old.Value(), old.Doc(), s.Lookup("shmem", "free_size").Value())
	}
	if old.Counter() != again || s.Lookup("shmem", "free_size").Counter() != (Counter{}) {
		t.Error("Counter")
	}
}

func TestDeclareErrors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		entry Entry
		want  error
	}{
		{"no name", Entry{Counter: new(Counter)}, ErrName},
		{"colon", Entry{Name: "a:b", Counter: new(Counter)}, ErrName},
		{"space in group", Entry{Group: "a b", Name: "c", Counter: new(Counter)}, ErrName},
		{"neither", Entry{Name: "c"}, ErrKind},
		{"both", Entry{Name: "c", Counter: new(Counter), Gauge: func() int64 { return 0 }}, ErrKind},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := New()
			err := s.Declare("g", Entry{Name: "good", Counter: new(Counter)}, tt.entry)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if s.Find("good") != nil {
				t.Error("declared half of it")
			}
		})
	}
}

func TestMetric(t *testing.T) {
	s := New()
	zero := func() int64 { return 0 }
	for _, tt := range []struct {
		entry Entry
		want  string
	}{
		{Entry{Group: "core", Name: "rcv_requests", Counter: new(Counter)}, "core_rcv_requests_total"},
		{Entry{Group: "sl", Name: "1xx_replies", Counter: new(Counter)}, "sl_1xx_replies_total"},
		{Entry{Group: "tm", Name: "seen_total", Counter: new(Counter)}, "tm_seen_total"},
		{Entry{Group: "tcp", Name: "current_opened_connections", Gauge: zero}, "tcp_current_opened_connections"},
		{Entry{Group: "usrloc", Name: "my-table-contacts", Gauge: zero}, "usrloc_my_table_contacts"},
		{Entry{Group: "3com", Name: "x", Gauge: zero}, "_3com_x"},
	} {
		if err := s.Declare("", tt.entry); err != nil {
			t.Fatal(err)
		}
		if got := s.Find(tt.entry.Name).Metric(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

func TestZeroCounter(t *testing.T) {
	var c Counter
	c.Inc()
	c.Set(4)
	if c.Value() != 0 || c.Reset() != 0 {
		t.Error("the zero Counter counts nothing")
	}
}

// TestManyPages: counters of several pages do not share cells.
func TestManyPages(t *testing.T) {
	s := New()
	all := make([]Counter, 3*pageSize+1)
	for i := range all {
		if err := s.Declare("g", Entry{Name: fmt.Sprint("c", i), Counter: &all[i]}); err != nil {
			t.Fatal(err)
		}
		all[i].Add(int64(i))
	}
	for i := range all {
		if got := all[i].Value(); got != int64(i) {
			t.Fatalf("counter %d is %d", i, got)
		}
	}
}

// TestConcurrent: nothing is lost, with resets and declarations going on.
func TestConcurrent(t *testing.T) {
	s, sent, _ := sample(t)
	sent.Reset()
	var wg sync.WaitGroup
	var taken int64
	for range 8 {
		wg.Go(func() {
			for range 2000 {
				sent.Inc()
			}
		})
	}
	wg.Go(func() {
		for i := range 100 {
			taken += sent.Reset()
			if err := s.Declare("g", Entry{Name: fmt.Sprint(i % 10), Counter: new(Counter)}); err != nil {
				t.Error(err)
			}
			s.Select("all")
		}
	})
	wg.Wait()
	if got := taken + sent.Value(); got != 16000 {
		t.Errorf("counted %d of 16000", got)
	}
}

func TestAllocs(t *testing.T) {
	s, sent, _ := sample(t)
	if n := testing.AllocsPerRun(100, func() { sent.Inc(); s.Lookup("sl", "sent_replies").Value() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
