// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
	"github.com/kahea-sip/kahea/tools/testserver"
)

var update = flag.Bool("update", false, "record testdata/golden anew from the installed reference")

func suites(t *testing.T) []suite {
	t.Helper()
	all, err := loadSuites("testdata/cases")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestReference plays every case against Kamailio: the record must be what it does, and the harness must give the same twice.
func TestReference(t *testing.T) { playReference(t, "", false) }

// TestReferenceDatabase is TestReference for the suites whose server works on a MariaDB.
func TestReferenceDatabase(t *testing.T) {
	needsModule(t, "db_mysql", "kamailio-mysql-modules")
	playReference(t, testserver.MariaDB(t).Admin, true)
}

// needsModule skips a test (see refserver.Absent) unless a module of the reference is there.
func needsModule(t *testing.T, name, packages string) {
	t.Helper()
	if found, _ := filepath.Glob("/usr/lib/*/kamailio/modules/" + name + ".so"); found == nil {
		refserver.Absent(t, packages+" is not installed")
	}
}

// ofKind are the suites with or without a database.
func ofKind(t *testing.T, database bool) []suite {
	return slices.DeleteFunc(suites(t), func(s suite) bool { return s.hasDatabase() != database })
}

func playReference(t *testing.T, admin string, database bool) {
	refserver.Needs(t, "kamailio", "kamcmd", "kamctl")
	at := target{refserver.ReferenceCommand, admin}
	// The subtests are parallel: the database is there until the last of them has ended.
	t.Run("suites", func(t *testing.T) { playReferences(t, at, database) })
}

func playReferences(t *testing.T, at target, database bool) {
	for _, s := range ofKind(t, database) {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			if *update {
				record := golden{}
				playAll(t, s, at, nil, func(c testCase, got transcript) {
					record[c.Name] = got
					if notes := got.of("case"); notes != nil {
						t.Errorf("%s: %s", c.Name, notes[0].text[0])
					}
				})
				if !t.Failed() {
					if err := writeGolden("testdata/golden", s, record); err != nil {
						t.Fatal(err)
					}
				}
				return
			}
			want := goldenOf(t, s)
			playAll(t, s, at, want, func(c testCase, got transcript) {
				report(t, c, compare(want[c.Name], got))
			})
		})
	}
}

// TestKahea plays every case against kahea and holds it to the record of the reference, apart from the explained differences.
func TestKahea(t *testing.T) { playKahea(t, "", false) }

// TestKaheaDatabase is TestKahea for the suites whose server works on a MariaDB.
func TestKaheaDatabase(t *testing.T) { playKahea(t, testserver.MariaDB(t).Admin, true) }

func playKahea(t *testing.T, admin string, database bool) {
	at := target{refserver.KaheaCommand(t, "../kahea"), admin}
	refserver.Needs(t, "kamcmd", "kamctl")
	all, err := readKnown("testdata/known.txt")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var played []string // guarded by mu; with -run not all are
	t.Run("suites", func(t *testing.T) {
		for _, s := range ofKind(t, database) {
			t.Run(s.Name, func(t *testing.T) {
				t.Parallel()
				want := goldenOf(t, s)
				playAll(t, s, at, want, func(c testCase, got transcript) {
					mu.Lock()
					defer mu.Unlock()
					played = append(played, c.Name)
					report(t, c, explained(all, c.Name, compare(want[c.Name], got)))
				})
			})
		}
	})
	for _, k := range all {
		if !k.used && slices.ContainsFunc(played, func(name string) bool { return wildcard(k.name, name) }) {
			t.Errorf("known.txt: the explained difference %q of %s no longer occurs; take it out", k.pattern, k.name)
		}
	}
}

func goldenOf(t *testing.T, s suite) golden {
	t.Helper()
	want, err := readGolden("testdata/golden", s.Name)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Cases {
		if _, ok := want[c.Name]; !ok {
			t.Errorf("%s: not recorded; run go test ./tools/difftest -run TestReference -update", c.Name)
		}
	}
	return want
}

func playAll(t *testing.T, s suite, at target, want golden, check func(testCase, transcript)) {
	t.Helper()
	err := withServer(s, at, func(server *subject) error {
		stopped := 0
		for _, c := range s.Cases {
			end := pace{grace: 150 * time.Millisecond, wait: patience}
			if want != nil {
				end = pace{want: want[c.Name], grace: 10 * time.Millisecond, wait: patience}
			}
			if stopped >= 3 {
				end.wait = impatience
			}
			got, err := play(c, server, end)
			if err != nil {
				return err
			}
			if got.of("case") != nil {
				stopped++
			}
			check(c, got)
			if !server.Alive() {
				t.Fatalf("%s: the server died; the end of its log:\n%s", c.Name, server.LogTail())
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func report(t *testing.T, c testCase, diffs []difference) {
	t.Helper()
	if len(diffs) == 0 {
		return
	}
	var b strings.Builder
	for _, d := range diffs {
		b.WriteString("\n    " + d.String())
	}
	t.Errorf("%s differs (-reference +here):%s", c.Name, b.String())
}
