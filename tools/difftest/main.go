// SPDX-License-Identifier: Apache-2.0

// Package main feeds the same packets to Kamailio and to kahea, under the same configuration, and compares what leaves them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/kahea-sip/kahea/core/db/schema"
	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

func main() {
	dir := flag.String("dir", "tools/difftest/testdata", "folder with cases, golden and known.txt")
	command := flag.String("server", refserver.ReferenceCommand, "command of the server, with {cfg}, {run} and {port}")
	admin := flag.String("database", "", "MariaDB for the suites that need one, with a user that may make databases: mysql://USER:PASSWORD@HOST:PORT")
	only := flag.String("run", "", "regular expression on suite/case")
	show := flag.Bool("v", false, "print what left the server, not only the differences")
	flag.Parse()
	signal.Ignore(syscall.SIGPIPE) // a reader that has seen enough must not leave a server behind
	if err := run(*dir, target{*command, *admin}, *only, *show); err != nil {
		fmt.Fprintln(os.Stderr, "difftest:", err)
		os.Exit(1)
	}
}

// run plays the chosen cases against one server and prints how it differs from the recorded reference.
func run(dir string, at target, only string, show bool) error {
	re, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	suites, err := loadSuites(filepath.Join(dir, "cases"))
	if err != nil {
		return err
	}
	explanations, err := readKnown(filepath.Join(dir, "known.txt"))
	if err != nil {
		return err
	}
	stop, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer release()
	bad, all := 0, 0
	for _, s := range suites {
		s.Cases = chosen(s, re)
		if len(s.Cases) == 0 {
			continue
		}
		want, err := readGolden(filepath.Join(dir, "golden"), s.Name)
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		err = withServer(s, at, func(server *subject) error {
			for _, c := range s.Cases {
				if stop.Err() != nil {
					return errors.New("interrupted")
				}
				end := pace{grace: 20 * time.Millisecond, wait: patience}
				if want[c.Name] == nil {
					end.grace = 200 * time.Millisecond
				} else {
					end.want = want[c.Name]
				}
				got, err := play(c, server, end)
				if err != nil {
					return err
				}
				all++
				diffs := explained(explanations, c.Name, compare(want[c.Name], got))
				if len(diffs) > 0 {
					bad++
					fmt.Printf("--- %s/%s\n", s.Name, c.Name)
				}
				if show {
					fmt.Printf("=== %s/%s\n%s", s.Name, c.Name, formatTranscript(got))
				}
				for _, d := range diffs {
					fmt.Println("    " + d.String())
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	fmt.Printf("%d of %d cases differ\n", bad, all)
	if bad > 0 {
		return fmt.Errorf("%d cases differ", bad)
	}
	return nil
}

func chosen(s suite, re *regexp.Regexp) []testCase {
	var some []testCase
	for _, c := range s.Cases {
		if re.MatchString(s.Name + "/" + c.Name) {
			some = append(some, c)
		}
	}
	return some
}

// target is how servers are started: the command, and the MariaDB for the suites that need one.
type target struct{ command, database string }

// withServer runs a server with the configuration of a suite in a scratch folder.
func withServer(s suite, at target, use func(*subject) error) error {
	folder, err := os.MkdirTemp("", "difftest-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	all, err := s.startRelays()
	if err != nil {
		return err
	}
	defer all.close()
	return s.withDatabase(at.database, func(url string, d schema.Database) error {
		cfg, err := s.write(folder, url, all)
		if err != nil {
			return err
		}
		flags := strings.ReplaceAll(s.Files[flagsFile], "{url}", url)
		server, err := refserver.Start(at.command+" "+flags, cfg, folder)
		if err != nil {
			return err
		}
		defer server.Stop()
		if file, ok := s.sqlite(); ok {
			own, err := openSQLite(context.Background(), filepath.Join(folder, file))
			if err != nil {
				return err
			}
			defer own.Close()
			d = own
		}
		return use(&subject{server, d, all})
	})
}

// write writes the files of a suite into the folder that its server runs in, and returns the path of the configuration. url is its database,
// "" for none.
func (s suite) write(folder, url string, at relays) (string, error) {
	if s.Cfg == "" && !s.KEMI {
		return refserver.StockCfg, nil
	}
	fill := strings.NewReplacer(append(at.macros(), "{dir}", folder, "{url}", url)...)
	for name, text := range s.Files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return "", err
		}
		if file, ok := strings.CutSuffix(path, ".sql"); ok && strings.HasSuffix(path, sqliteSuffix) {
			if err := makeSQLite(file, text); err != nil {
				return "", err
			}
			continue
		}
		if err := os.WriteFile(path, []byte(fill.Replace(text)), 0o600); err != nil {
			return "", err
		}
	}
	if s.KEMI {
		return refserver.KEMI(folder, recordedModules, fill.Replace(s.Files["local.cfg"]), url != "")
	}
	cfg := filepath.Join(folder, "kamailio.cfg")
	return cfg, os.WriteFile(cfg, []byte(fill.Replace(s.Cfg)), 0o600)
}

// recordedModules are those whose flags the record of the example in Lua has.
func recordedModules(name string) bool { return name == "htable" || name == "pike" }
