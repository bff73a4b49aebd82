// SPDX-License-Identifier: Apache-2.0

package main

import (
	"regexp"
	"strings"
)

// example is a block of code in the document of a module.
type example struct{ number, text string }

var (
	exampleTitle = regexp.MustCompile(`^   Example (\d+\.\d+)\. `)
	heading      = regexp.MustCompile(`^(\d+(\.\d+)+\.  ?\S|\d+\.  ?\S|Chapter \d)`)
	dotsOnly     = regexp.MustCompile(`^\s*(\.\.\.+|…)\s*$`)
)

// examples finds the blocks. A block begins behind its title; it ends at the
// last line of dots before the next title or heading, or there.
func examples(text string) []example {
	var all []example
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	seen := map[string]bool{}
	for i := 0; i < len(lines); i++ {
		m := exampleTitle.FindStringSubmatch(lines[i])
		if m == nil || seen[m[1]] {
			continue
		}
		i++
		for i < len(lines) && strings.HasPrefix(lines[i], "   ") && !dotsOnly.MatchString(lines[i]) && lines[i-1] != "" {
			i++ // the title may have more than one line
		}
		from, end := i, -1
		for i < len(lines) && !exampleTitle.MatchString(lines[i]) && !heading.MatchString(lines[i]) {
			if dotsOnly.MatchString(lines[i]) {
				end = i
			}
			i++
		}
		if first := firstLine(lines[from:i]); end <= from || !dotsOnly.MatchString(first) || isCode(firstLine(lines[end+1:i])) {
			end = i
		}
		seen[m[1]] = true
		all = append(all, example{m[1], code(lines[from:end])})
		i--
	}
	return all
}

// isCode tells a line of code from prose, which is indented by three blanks.
func isCode(line string) bool {
	return line != "" && !(strings.HasPrefix(line, "   ") && line[3] != ' ' && line[3] != '\t')
}

func firstLine(lines []string) string {
	for _, l := range lines {
		if l != "" {
			return l
		}
	}
	return ""
}

// code leaves out what stands for text that was left out.
func code(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		if !dotsOnly.MatchString(l) {
			b.WriteString(strings.TrimRight(l, " ") + "\n")
		}
	}
	return strings.Trim(b.String(), "\n") + "\n"
}
