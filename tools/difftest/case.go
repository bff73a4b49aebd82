// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// suite is one file of cases that share a server: testdata/cases/NAME.txtar.
type suite struct {
	Name  string
	Cfg   string            // text of the configuration, "" for the stock file
	KEMI  bool              // the configuration is the example in Lua
	Files map[string]string // other files in the folder of the configuration, by name
	Cases []testCase
}

// testCase is a conversation with the server.
type testCase struct {
	Name  string // unique among all suites; also the user that {u} stands for
	Steps []step
	peers []string        // in the order of peerNames
	dials map[string]bool // peers that connect before the first step, because a macro names the address of that connection
	webs  map[string]bool // the same for those of WebSocket
	dups  bool
}

// step is one line of a case with the indented lines below it.
type step struct {
	line  int
	words []string
	block []string
}

var peerNames = []string{"alice", "bob", "carol", "dave"}

// cfgHead goes before the configuration of a suite: what every one of them needs, and the answer to the sentinel. The suite defines
// route[MAIN], and may load modules and set parameters before it.
const cfgHead = `#!KAMAILIO
debug=2
log_stderror=yes
children=1
auto_aliases=no
loadmodule "jsonrpcs.so"
loadmodule "kex.so"
loadmodule "corex.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "textopsx.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "sanity.so"
loadmodule "ctl.so"
loadmodule "cfg_rpc.so"
loadmodule "counters.so"
request_route {
	if (is_method("OPTIONS") && $rU == $null && $Rp == $rp) {
		sl_send_reply("200", "Keepalive");
		exit;
	}
	route(MAIN);
}
`

// loadSuites reads every suite of a folder.
func loadSuites(dir string) ([]suite, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil {
		return nil, err
	}
	var suites []suite
	seen := map[string]string{}
	for _, file := range files {
		s, err := loadSuite(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, c := range s.Cases {
			if other := seen[c.Name]; other != "" {
				return nil, fmt.Errorf("%s: case %s is also in %s", file, c.Name, other)
			}
			seen[c.Name] = file
		}
		suites = append(suites, s)
		if rest, ok := strings.CutPrefix(s.Name, "stock-"); ok {
			record, err := readGolden(filepath.Join(dir, "../golden"), s.Name)
			if err != nil {
				continue // nothing is recorded yet
			}
			suites = append(suites, inLua(s, "kemi-"+rest, record))
		}
	}
	return suites, nil
}

// otherInLua are the cases whose conversation is another one under the example in Lua, which knows neither paths nor presence, or that write
// the name of their user out.
var otherInLua = []string{"subscribe-no-user", "registered-with-path", "registered-with-two-paths", "escaped-user-lookup"}

// inLua is a suite of the stock configuration under the example in Lua: the same packets. Cases that the stock configuration refuses because
// they are for another domain are left out: without accounts the example relays those, to wherever it is.
func inLua(s suite, name string, record golden) suite {
	cases := s.Cases
	s.Name, s.KEMI, s.Cases = name, true, nil
	for _, c := range cases {
		if !slices.Contains(otherInLua, c.Name) && !strings.Contains(formatTranscript(record[c.Name]), " 403 Not relaying") {
			c.Name = "kemi-" + c.Name
			s.Cases = append(s.Cases, c)
		}
	}
	return s
}

func loadSuite(file string) (suite, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return suite{}, err
	}
	s := suite{Name: strings.TrimSuffix(filepath.Base(file), ".txtar"), Files: map[string]string{}}
	s.KEMI = strings.HasPrefix(s.Name, "kemi-")
	for _, section := range txtar.Parse(text).Files {
		switch {
		case section.Name == "kamailio.cfg":
			s.Cfg = cfgHead + string(section.Data)
			continue
		case section.Name == "whole.cfg":
			s.Cfg = string(section.Data)
			continue
		case strings.ContainsAny(section.Name, "./"):
			s.Files[section.Name] = string(section.Data)
			continue
		}
		c, err := parseCase(section.Name, string(section.Data))
		if err != nil {
			return suite{}, fmt.Errorf("case %s: %w", section.Name, err)
		}
		s.Cases = append(s.Cases, c)
	}
	return s, nil
}

var caseName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

func parseCase(name, text string) (testCase, error) {
	c := testCase{Name: name, dials: map[string]bool{}, webs: map[string]bool{}}
	if !caseName.MatchString(name) {
		return c, fmt.Errorf("a name is made of lower case letters, digits and dashes")
	}
	for i, line := range strings.Split(text, "\n") {
		indented, isBlock := strings.CutPrefix(line, "\t")
		switch {
		case isBlock && len(c.Steps) > 0:
			last := &c.Steps[len(c.Steps)-1]
			last.block = append(last.block, indented)
		case strings.TrimSpace(line) == "" || line[0] == '#':
		case line == "dups":
			c.dups = true
		default:
			words := strings.Fields(line)
			if stepNames[words[0]] == nil {
				return c, fmt.Errorf("line %d: unknown step %q", i+1, words[0])
			}
			c.Steps = append(c.Steps, step{line: i + 1, words: words})
		}
	}
	if len(c.Steps) == 0 {
		return c, fmt.Errorf("it has no step")
	}
	for _, p := range peerNames {
		if regexp.MustCompile(`(?m)^[a-z]+ ` + p + `(/|\s|$)|\{` + p + `[}.]`).MatchString(text) {
			c.peers = append(c.peers, p)
			c.dials[p] = strings.Contains(text, "{"+p+".tcp}")
			c.webs[p] = strings.Contains(text, "{"+p+".ws}")
		}
	}
	return c, nil
}

// peerOf is the peer of a line: alice of alice/tcp.
func peerOf(line string) string {
	name, _, _ := strings.Cut(line, "/")
	if slices.Contains(peerNames, name) {
		return name
	}
	return ""
}
