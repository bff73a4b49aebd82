// SPDX-License-Identifier: Apache-2.0

package sqlops

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
	_ "github.com/kahea-sip/kahea/modules/pv"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// fakeDB answers statements with a function.
type fakeDB struct {
	db.Database
	answer func(statement string) (*db.Result, error)
}

func (d *fakeDB) Raw(_ context.Context, statement string, _ ...db.Value) (*db.Result, error) {
	return d.answer(statement)
}

const head = `loadmodule "pv.so"
loadmodule "sqlops.so"
modparam("sqlops", "sqlcon", "ca=>sqlite:x")
`

func TestMistakesStopTheStart(t *testing.T) {
	for text, want := range map[string]string{
		`request_route { sql_query("cx", "select 1", "ra"); }`:                                                         `"cx": there is no connection of that name`,
		`request_route { $var(a) = $dbr(ra=>row); }`:                                                                   "write it as result=>rows",
		`request_route { $var(a) = $dbr(ra); }`:                                                                        "write it as result=>rows",
		`request_route { $var(a) = $dbr(ra=>[0]); }`:                                                                   "write it as result=>rows",
		`request_route { $var(a) = $dbr(ra=>[0,x]); }`:                                                                 `index "x" is no number and no variable`,
		`request_route { $var(a) = $dbr(ra=>[-1,0]); }`:                                                                `index "-1" is no number`,
		`request_route { $var(a) = $dbr(ra=>colname0); }`:                                                              "write it as result=>rows",
		`request_route { $var(a) = $dbr(=>rows); }`:                                                                    "a result needs a name",
		`request_route { $var(a) = $sqlrows(cx); }`:                                                                    "there is no connection of that name",
		`request_route { sql_pvquery("ca", "select 1", "$rc"); }`:                                                      "$rc cannot be assigned",
		`request_route { sql_pvquery("ca", "select 1", "$nothing(x)"); }`:                                              "nothing",
		`request_route { sql_pvquery("ca", "select 1", " ; "); }`:                                                      "no variable is named",
		`request_route { sql_pvquery("ca", "select 1"); }`:                                                             "sql_pvquery",
		`modparam("sqlops", "sqlcon", "ca") request_route { exit; }`:                                                   "is not of the form name=>URL",
		`modparam("sqlops", "sqlcon", "cb=>nothing") request_route { exit; }`:                                          "connection cb",
		`modparam("sqlops", "sqlcon", "ca=>sqlite:y") request_route { exit; }`:                                         "connection ca is defined twice",
		`modparam("sqlops", "results_maxsize", 1) request_route { $var(a) = $dbr(a=>rows); $var(a) = $dbr(b=>rows); }`: "more than 1 names of results",
	} {
		err := scripttest.Load(head+text, scripttest.Options{}).Errors.Err()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestCompileTargets(t *testing.T) {
	for text, want := range map[string][]string{
		"$var(a);$avp(b)":                         {"$var(a)", "$avp(b)"},
		" $var(a), $xavp(item[0]=>s) ; $ru ;":     {"$var(a)", "$xavp(item[0]=>s)", "$ru"},
		"$(avp(x)[0]{s.select,1,,});$sht(a=>b,c)": {"$(avp(x)[0]{s.select,1,,})", "$sht(a=>b,c)"},
	} {
		got, err := compileTargets(text)
		if err != nil || !slices.Equal(got.(*targets).texts, want) {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
}

func FuzzCompileTargets(f *testing.F) {
	f.Add("$var(a);$avp(b), $xavp(a=>b)")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := compileTargets(text); err == nil && slices.Contains(got.(*targets).texts, "") {
			t.Fatalf("%q: %q", text, got)
		}
	})
}

// TestValues: what statements give as script values.
func TestValues(t *testing.T) {
	for _, row := range []struct {
		in   db.Value
		want string
	}{
		{nil, "{ 0 0}"}, {int64(7), "{ 7 1}"}, {2.5, "{2.5 0 2}"}, {"x", "{x 0 2}"}, {[]byte("y"), "{y 0 2}"}, {time.Unix(99, 0), "{ 99 1}"},
	} {
		if got := fmt.Sprint(value(row.in)); got != row.want {
			t.Errorf("%v: got %s, want %s", row.in, got, row.want)
		}
	}
}

// host is what the queue needs of an engine.
type host struct {
	module.Host
	db    *fakeDB
	err   error
	opens int
	tasks sync.WaitGroup
	clock *timer.Manual
}

func (h *host) Database(context.Context, string) (db.Database, error) {
	if h.opens++; h.err != nil {
		return nil, h.err
	}
	return h.db, nil
}
func (h *host) Go(_ string, f func()) { h.tasks.Go(f) }
func (h *host) Clock() timer.Clock    { return h.clock }
func (h *host) Log() *slog.Logger     { return slog.New(slog.DiscardHandler) }

func start(t *testing.T, h *host, mode int) *SQLOps {
	t.Helper()
	h.clock = timer.NewManual(time.Unix(1000, 0))
	s := New()
	s.connectMode = mode
	if err := s.addConnection("ca=>sqlite:x"); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *SQLOps) later(statement string) module.Result {
	c := new(module.Call)
	c.SetLog(slog.New(slog.DiscardHandler))
	args := make(module.Args, 2)
	args[0].Data = s.connections[0]
	args[1].Value.Str = statement
	return s.async(c, args)
}

// TestAsync: statements run in order, wait while the database is away, are
// refused when too many wait, and run at the end at the latest.
func TestAsync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := true
		var ran []string
		h := &host{}
		h.db = &fakeDB{answer: func(statement string) (*db.Result, error) {
			if down {
				return nil, fmt.Errorf("away: %w", db.ErrUnavailable)
			}
			ran = append(ran, statement)
			if statement == "bad" {
				return nil, errors.New("syntax")
			}
			return new(db.Result), nil
		}}
		s := start(t, h, 0)
		for _, statement := range []string{"one", "bad", "two"} {
			if s.later(statement) != module.True {
				t.Errorf("%s is refused", statement)
			}
		}
		if s.later("") != module.False {
			t.Error("the empty statement is taken")
		}
		time.Sleep(time.Minute)
		if s.waiting() != 3 {
			t.Errorf("%d statements wait for the database that is away, want 3", s.waiting())
		}
		down = false
		time.Sleep(time.Minute)
		if s.waiting() != 0 {
			t.Errorf("%d statements wait for the database that is there", s.waiting())
		}
		down = true
		for i := range maxWaiting + 1 {
			if ok := s.later("x") == module.True; ok != (i < maxWaiting) {
				t.Errorf("statement %d: taken is %v", i, ok)
			}
		}
		time.Sleep(time.Minute)
		down = false
		if err := s.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if len(ran) != 3+maxWaiting || !slices.Equal(ran[:3], []string{"one", "bad", "two"}) {
			t.Errorf("%d statements ran, the first ones %v", len(ran), ran[:3])
		}
		if s.later("late") != module.False {
			t.Error("a statement is taken after the end")
		}
		h.tasks.Wait()
	})
}

func TestAsyncSaysWhatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{db: &fakeDB{answer: func(string) (*db.Result, error) { return nil, db.ErrUnavailable }}}
		s := start(t, h, 0)
		s.later("one")
		s.later("two")
		if err := s.Stop(t.Context()); err == nil || !strings.Contains(err.Error(), "2 statements could not be run") {
			t.Errorf("got %v, want that two statements could not be run", err)
		}
		h.tasks.Wait()
	})
}

// TestConnectMode: with 1 a database that is away is tried again, once a second.
func TestConnectMode(t *testing.T) {
	h := &host{err: errors.New("away"), db: &fakeDB{answer: func(string) (*db.Result, error) { return new(db.Result), nil }}}
	h.clock = timer.NewManual(time.Unix(1000, 0))
	s := New()
	if err := s.addConnection("ca=>sqlite:x"); err != nil {
		t.Fatal(err)
	}
	if s.Start(t.Context(), h) == nil {
		t.Error("mode 0 starts without its database")
	}
	h.opens = 0
	s = start(t, h, 1)
	run := func() error { _, err := s.connections[0].run(t.Context(), h, "x"); return err }
	for range 3 {
		if run() == nil {
			t.Error("a statement ran without a database")
		}
	}
	if h.opens != 1 {
		t.Errorf("the database was tried %d times at once, want 1", h.opens)
	}
	h.err = nil
	h.clock.Advance(openPause)
	if err := run(); err != nil || h.opens != 2 {
		t.Errorf("got %v after %d tries, want success with the second", err, h.opens)
	}
}
