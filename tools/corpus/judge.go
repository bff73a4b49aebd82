// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/cfg/source"
)

// Verdict is what a server says of a configuration.
type Verdict struct {
	Kind Kind
	// Why is the first mistake, or the list of what is not there.
	Why string
}

// Kind is the outcome.
type Kind uint8

// The outcomes.
const (
	// Accepted configurations have no mistake.
	Accepted Kind = iota
	// Refused ones have one that is not of the two kinds below.
	Refused
	// BadSyntax is text that is no part of the language.
	BadSyntax
	// Absent ones ask for what is not there: a module that is not installed, or
	// that kahea does not have.
	Absent
)

// String gives the verdict as the page and messages show it.
func (v Verdict) String() string {
	switch v.Kind {
	case Accepted:
		return "accepted"
	case BadSyntax:
		return "syntax: " + v.Why
	case Absent:
		return "not there: " + v.Why
	}
	return "refused: " + v.Why
}

// begin looks what Kamailio does at its start, where kamailio -c has taken
// what kahea refuses: the arguments of many functions are looked at only then.
func (s *Subject) begin(file, dir string) {
	if s.Differs() {
		s.Start = kamailioStart(file, dir)
	}
}

// Differs tells that kahea does not do what it must: take what Kamailio
// takes, but for what kahea does not have, and refuse what is no part of the
// language.
func (s *Subject) Differs() bool {
	switch s.Kamailio.Kind {
	case Accepted:
		return s.Start == "" && (s.Kahea.Kind == Refused || s.Kahea.Kind == BadSyntax)
	case BadSyntax:
		return s.Kahea.Kind == Accepted
	}
	return false
}

// modulePath is where Debian puts the modules.
const modulePath = "/usr/lib/*/kamailio/modules/*.so"

// installed are the modules that Kamailio has here.
func installed() map[string]bool {
	have := map[string]bool{}
	paths, _ := filepath.Glob(modulePath)
	for _, p := range paths {
		have[strings.TrimSuffix(filepath.Base(p), ".so")] = true
	}
	return have
}

var (
	needsTitle = regexp.MustCompile(`(?i)modules? must be loaded before`)
	needsItem  = regexp.MustCompile(`^ +\* ([a-z0-9_]+)\b`)
)

// needed reads what the documents say that modules need.
func needed(have map[string]bool) (map[string][]string, error) {
	needs := map[string][]string{}
	paths, err := filepath.Glob(filepath.Join(docFolder, "kamailio*/modules/README.*"))
	if err != nil {
		return nil, err
	}
	for _, p := range paths {
		text, err := document(p)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(p), "README."), ".gz")
		within := false
		for _, line := range strings.Split(text, "\n") {
			switch {
			case needsTitle.MatchString(line):
				within = true
			case heading.MatchString(line):
				within = false
			case within:
				if m := needsItem.FindStringSubmatch(line); m != nil && have[m[1]] && m[1] != name && !slices.Contains(needs[name], m[1]) && !strings.Contains(line, " if ") {
					needs[name] = append(needs[name], m[1])
				}
			}
		}
	}
	return needs, nil
}

// JudgeAll asks both servers about all subjects.
func JudgeAll(all []*Subject) error {
	have := installed()
	needs, err := needed(have)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "corpus")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	work := make(chan *Subject)
	var wait sync.WaitGroup
	for i := range runtime.GOMAXPROCS(0) {
		dir := filepath.Join(folder, fmt.Sprint(i))
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		wait.Go(func() {
			for s := range work {
				judge(s, dir, have, needs)
			}
		})
	}
	for _, s := range all {
		work <- s
	}
	close(work)
	wait.Wait()
	return nil
}

// judge asks both servers. A statement that may not stand in the route around
// it is tried in the others.
func judge(s *Subject, dir string, have map[string]bool, needs map[string][]string) {
	if s.File != "" {
		s.Kamailio, s.Kahea = Kamailio(s.File, dir), Kahea(s.File)
		s.begin(s.File, dir)
		return
	}
	file := filepath.Join(dir, "example.cfg")
	var first string
	for i, frame := range frames {
		s.Wrapped = wrap(s, frame, have, needs)
		if i == 0 {
			first = s.Wrapped
		} else if s.Wrapped == first {
			break
		}
		if err := os.WriteFile(file, []byte(s.Wrapped), 0o600); err != nil {
			s.Kamailio = Verdict{Refused, err.Error()}
			return
		}
		v := Kamailio(file, dir)
		if i == 0 || v.Kind == Accepted {
			s.Kamailio, s.Kahea = v, Kahea(file)
		}
		s.begin(file, dir)
		if v.Kind != Refused || !strings.Contains(v.Why, "cannot be used in the block") {
			break
		}
	}
}

var (
	errorAt     = regexp.MustCompile(`(?:, |from )line (\d+), column [^:]*: (.*)$`)
	wordsOnly   = regexp.MustCompile(`^.*?: <?[a-z_0-9]+>? \[[^\]]*\]: (?:[A-Za-z_0-9]+\(\): )?`)
	nextLine    = regexp.MustCompile(` *\d+\(\d+\) (?:ERROR|WARNING|NOTICE|INFO|CRITICAL|ALERT): .*$`)
	notFound    = regexp.MustCompile(`could not find module|could not open module|failed to load module|load_module\(\): `)
	moduleFound = regexp.MustCompile(`<([^>/]+?)(?:\.so)?>|/([a-z0-9_]+)\.so`)
)

// Kamailio asks kamailio -c.
func Kamailio(file, dir string) Verdict {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := kamailio(ctx, file, dir, "-c")
	out, err := cmd.CombinedOutput()
	if err == nil {
		return Verdict{Kind: Accepted}
	}
	if ctx.Err() != nil {
		return Verdict{Refused, "kamailio -c does not end"}
	}
	if errors.Is(err, exec.ErrNotFound) {
		return Verdict{Absent, "kamailio is not installed"}
	}
	return readKamailio(string(out), file)
}

// kamailio prepares a run that listens on one address of loopback only and
// does not wait for names that nobody resolves.
func kamailio(ctx context.Context, file, dir string, more ...string) *exec.Cmd {
	args := append([]string{"-f", file, "-Y", dir, "-w", dir, "-P", filepath.Join(dir, "pid"), "-m", "32", "-a", "no", "-T", "-l", "udp:127.0.0.1:0"}, more...)
	cmd := exec.CommandContext(ctx, "kamailio", args...)
	cmd.Env = append(os.Environ(), "RES_OPTIONS=timeout:1 attempts:1")
	cmd.WaitDelay = time.Second
	return cmd
}

// kamailioStart starts Kamailio for a moment, and gives its mistake when it
// ends by itself before that.
func kamailioStart(file, dir string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := kamailio(ctx, file, dir, "-DD", "-E", "-n", "1")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.CombinedOutput()
	if err == nil || ctx.Err() != nil {
		return ""
	}
	return cmp.Or(readKamailio(string(out), file).Why, "ends")
}

// readKamailio makes a verdict of Kamailio's messages: the first of them that
// has a place is what stopped it.
func readKamailio(out, file string) Verdict {
	why := ""
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if !strings.Contains(line, "ERROR") && !strings.Contains(line, "CRITICAL") {
			continue
		}
		text := wordsOnly.ReplaceAllString(line, "")
		text = nextLine.ReplaceAllString(text, "") // of a message that forgot its end
		text = strings.ReplaceAll(text, filepath.Dir(file)+"/", "")
		if notFound.MatchString(line) {
			if m := moduleFound.FindStringSubmatch(text); m != nil {
				return Verdict{Absent, "module " + m[1] + m[2]}
			}
		}
		if m := errorAt.FindStringSubmatch(line); m != nil {
			text = m[2]
			if strings.Contains(text, "syntax error") {
				return Verdict{BadSyntax, "line " + m[1]}
			}
			if why == "" {
				why = text + " (line " + m[1] + ")"
			}
			continue
		}
		if why == "" && text != "" && !strings.HasPrefix(text, "ERROR: bad config") {
			why = text
		}
	}
	return Verdict{Refused, why}
}

// Kahea asks the checker.
func Kahea(file string) Verdict {
	errs := load(file).Errors()
	if len(errs) == 0 {
		return Verdict{Kind: Accepted}
	}
	var absent []string
	for _, e := range errs {
		switch e.Rule {
		case source.NotYet:
			if what := absentWhat(e.Message); !slices.Contains(absent, what) {
				absent = append(absent, what)
			}
		case source.Syntax, source.Preprocessing:
			return Verdict{BadSyntax, place(e) + e.Message}
		}
	}
	for _, e := range errs {
		if e.Rule != source.NotYet {
			return Verdict{Refused, place(e) + e.Message}
		}
	}
	slices.Sort(absent)
	return Verdict{Absent, strings.Join(absent, ", ")}
}

func place(e *source.Error) string { return fmt.Sprintf("line %d: ", e.Pos.Line) }

var (
	ofModule    = regexp.MustCompile(`^module (\S+) is not in kahea yet`)
	whichModule = regexp.MustCompile(`is of module (.+), which is not in kahea yet`)
	onlyThere   = regexp.MustCompile(`^module (\S+) has parameter (\S+) in Kamailio`)
	yet         = regexp.MustCompile(` (is|are) not (in kahea|there) yet.*$`)
)

// absentWhat is what a mistake of the rule NotYet misses, in few words.
func absentWhat(message string) string {
	if m := ofModule.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	if m := whichModule.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	if m := onlyThere.FindStringSubmatch(message); m != nil {
		return "parameter " + m[2] + " of " + m[1]
	}
	return yet.ReplaceAllString(message, "")
}
