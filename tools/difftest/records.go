// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// recordGrace is how long a record may come behind what was sent.
const recordGrace = 50 * time.Millisecond

// aRecord finds what acc writes into the log behind what servers write before it.
var aRecord = regexp.MustCompile(`(ACC: |start_time=).*`)

// recordIs are the parts of a record that two servers, or two runs, do not agree on: times, and tags that a server made.
var recordIs = []struct {
	re   *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`\b(timestamp=)\d+`), "${1}{time}"},
	{regexp.MustCompile(`\b((?:start|end)_time=)\d+\.\d+`), "${1}{time}"},
	{regexp.MustCompile(`\b(duration=)\d+\.\d+`), "${1}{duration}"},
}

var recordTag = regexp.MustCompile(`\b((?:from|to)_tag=)([^;]+)`)

// records: the records of acc about this case, which name it, since the last time, sorted, as several
// processes write them.
func (p *player) records(s step) error {
	if err := p.server.Barrier(); err != nil {
		return err
	}
	// Where a timer sent a reply, its record comes behind it.
	p.box.awaitQuiet(recordGrace)
	lines, err := p.recordLines()
	for end := time.Now().Add(p.wait); err == nil && len(lines) < p.told+p.due() && time.Now().Before(end); time.Sleep(recordGrace / 10) {
		lines, err = p.recordLines()
	}
	if err != nil {
		return err
	}
	if len(p.acc) > 0 {
		p.acc = p.acc[1:]
	}
	n := len(lines)
	lines = lines[min(p.told, n):]
	p.told = n
	p.notes = append(p.notes, maskCommand("records", strings.Join(s.words[1:], " "), map[string]bool{"-s": true}, strings.Join(lines, "\n"), p.portMask()))
	return nil
}

// due is how many records an earlier run had at this step.
func (p *player) due() (n int) {
	if len(p.acc) == 0 {
		return 0
	}
	for _, line := range p.acc[0].text {
		if line != "" {
			n++
		}
	}
	return n
}

// recordLines are the records of the log about this case.
func (p *player) recordLines() (lines []string, err error) {
	text, err := os.ReadFile(filepath.Join(p.server.Run, "log"))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		line = aRecord.FindString(strings.TrimRight(line, "\n"))
		if line == "" || !strings.Contains(line, p.c.Name+"@") {
			continue
		}
		for _, r := range recordIs {
			line = r.re.ReplaceAllString(line, r.with)
		}
		line = recordTag.ReplaceAllStringFunc(line, func(tag string) string {
			if name, value, _ := strings.Cut(tag, "="); !strings.Contains(value, p.c.Name) {
				return name + "={tag}"
			}
			return tag
		})
		lines = append(lines, line)
	}
	return lines, nil
}
