// SPDX-License-Identifier: Apache-2.0

package pua

import (
	"fmt"
	"strings"
	"testing"
)

// step is a job that writes down what happens to it, and ends when it is told.
type step struct {
	id   identity
	name string
	log  *[]string
	over func()
}

func (s *step) identity() identity { return s.id }
func (s *step) run(over func())    { *s.log = append(*s.log, "run "+s.name); s.over = over }
func (s *step) replaced()          { *s.log = append(*s.log, "replaced "+s.name) }

func TestFlightsRunOneJobAtATime(t *testing.T) {
	var log []string
	f := flights{start: func(f func()) { f() }, waiting: map[identity]job{}}
	one, other := identity{uri: "one"}, identity{uri: "other"}
	jobs := map[string]*step{}
	begin := func(name string, id identity) {
		jobs[name] = &step{id: id, name: name, log: &log}
		f.begin(jobs[name])
	}
	begin("a", one)
	begin("b", one)   // waits
	begin("c", other) // is somebody else's
	begin("d", one)   // takes the place of b
	if !f.busy(one) || !f.busy(other) || f.busy(identity{}) {
		t.Error("busy is wrong")
	}
	jobs["a"].over()
	begin("e", one) // waits for d
	jobs["d"].over()
	jobs["e"].over()
	jobs["c"].over()
	if f.busy(one) || f.busy(other) {
		t.Error("still busy")
	}
	if got := strings.Join(log, ", "); got != "run a, run c, replaced b, run d, run e" {
		t.Errorf("got %s", got)
	}
}

func TestWait(t *testing.T) {
	for _, row := range []struct {
		name           string
		period         int
		stale          bool
		expires, until int64
		want           int64
	}{
		{"renewed a period before the end", 100, false, 1600, 4600, 500},
		{"at half of a short life", 100, false, 1060, 4600, 30},
		{"not wanted any longer", 100, false, 1600, 1600, 600},
		{"for good", 100, false, 1600, 0, 500},
		{"never, without a period", 0, false, 1600, 4600, 600},
		{"soon where nobody answered", 100, true, 1600, 4600, 30},
		{"sooner where it ends", 100, true, 1010, 4600, 10},
		{"over", 100, false, 900, 4600, 1},
	} {
		m := New()
		m.updatePeriod = row.period
		if got := m.wait(&record{expires: row.expires, desired: row.until, stale: row.stale}, 1000); got != row.want {
			t.Errorf("%s: got %d, want %d", row.name, got, row.want)
		}
	}
}

func TestLifetime(t *testing.T) {
	m := New()
	m.minExpires = 60
	if got := fmt.Sprint(m.lifetime(-1), m.lifetime(0), m.lifetime(10), m.lifetime(100)); got != "3600 0 60 100" {
		t.Errorf("got %s", got)
	}
}

func TestURIs(t *testing.T) {
	for _, row := range []struct {
		uri string
		ok  bool
	}{
		{"sip:bob@example.org", true}, {"sips:bob@example.org;transport=tcp", true}, {"sip:example.org", true},
		{"", false}, {"bob", false}, {"tel:+1", false}, {"sip:bob@example.org>\r\nX: y", false}, {"sip:b ob@example.org", false}, {`"x" <sip:a@b>`, false},
	} {
		if err := checkURIs(row.uri); (err == nil) != row.ok {
			t.Errorf("%q: %v", row.uri, err)
		}
	}
	if checkURIs("sip:a@b", "", "x") == nil || checkURIs("sip:a@b", "", "sip:c") != nil {
		t.Error("the others")
	}
}
