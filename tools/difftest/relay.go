// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/tools/mediarelay"
)

// relays are the media relays of a suite, by name: those whose macros stand in its configuration.
type relays map[string]*mediarelay.Relay

var relayNames = []string{"relay", "relay2"}

// startRelays starts the relays that a suite speaks of.
func (s suite) startRelays() (relays, error) {
	all := relays{}
	for _, name := range relayNames {
		if !strings.Contains(s.Cfg+s.Files[flagsFile], "{"+name+"}") {
			continue
		}
		r, err := mediarelay.Start()
		if err != nil {
			all.close()
			return nil, err
		}
		all[name] = r
	}
	return all, nil
}

func (all relays) close() {
	for _, r := range all {
		r.Close()
	}
}

func (all relays) macros() (pairs []string) {
	for name, r := range all {
		pairs = append(pairs, "{"+name+"}", r.Addr().String())
	}
	return pairs
}

// forget begins a case: the relays answer well, and what earlier cases have asked is over.
func (all relays) forget() {
	for _, r := range all {
		r.Forget()
	}
}

// answers RELAY COMMAND… | silence | well: what the relay answers to a command from now on; an indented block is the reply, of ng in JSON.
func (p *player) answers(s step) error {
	if len(s.words) < 3 || p.server.relays[s.words[1]] == nil {
		return fmt.Errorf("line %d: no command, or no such relay", s.line)
	}
	reply, words := strings.Join(s.block, "\n"), s.words[2:]
	switch last := words[len(words)-1]; {
	case last == mediarelay.Silence:
		reply, words = last, words[:len(words)-1]
	case last == "well":
		reply, words = "", words[:len(words)-1]
	case strings.HasPrefix(reply, "{"):
		var err error
		if reply, err = mediarelay.FromJSON(reply); err != nil {
			return fmt.Errorf("line %d: %w", s.line, err)
		}
	}
	p.server.relays[s.words[1]].Answer(strings.Join(words, " "), reply)
	return nil
}

// asked: what the relays have been told so far becomes a part of the record of its own. What comes later does at the end.
func (p *player) asked(step) error {
	if err := p.server.Barrier(); err != nil {
		return err
	}
	p.tell()
	return nil
}

func (p *player) tell() {
	for _, name := range slices.Sorted(maps.Keys(p.server.relays)) {
		if lines := p.server.relays[name].Commands(); len(lines) > 0 {
			p.notes = append(p.notes, record{line: name, text: lines})
		}
	}
}

var branchValue = regexp.MustCompile(`z9hG4bK[^";\s]+`)

// relayed masks what a relay was told, which is in words: nothing of it needs to be escaped.
func (m *masker) relayed(lines []string) []string {
	var masked []string
	for _, line := range lines {
		line = branchValue.ReplaceAllStringFunc(line, func(branch string) string { return m.made("branch", branch) })
		masked = append(masked, m.ports.Replace(line))
	}
	return shorten(masked)
}
