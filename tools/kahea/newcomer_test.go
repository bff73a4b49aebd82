// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// pasted is a page of the web that shows a configuration, as it is copied from
// a browser. It does not belong to the project.
const pasted = "../../../shared/data/blog-4.3.txt"

// TestNewcomer plays one who pastes a page and does what the messages say,
// nothing else, until the file works.
func TestNewcomer(t *testing.T) {
	page, err := os.ReadFile(pasted)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the page is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	text := string(page)
	for range 20 {
		found := mistakes(t, text)
		if len(found) == 0 {
			return
		}
		lines := strings.Split(text, "\n")
		for _, d := range found {
			if d.Line == 0 || !follow(lines, d) {
				t.Errorf("the message leads nowhere: %d: %s (%s)", d.Line, d.Message, d.Advice)
			}
		}
		if t.Failed() {
			return
		}
		text = strings.Join(lines, "\n")
	}
	t.Errorf("there is no end of it: %+v", mistakes(t, text))
}

// mistakes asks the checker.
func mistakes(t *testing.T, text string) []diagnostic {
	t.Helper()
	if err := os.WriteFile("k.cfg", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	run([]string{"check", "--format=json", "k.cfg"}, surroundings{stdout: &stdout, stderr: &stderr})
	var doc struct{ Diagnostics []diagnostic }
	if err := json.Unmarshal(stdout.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for i, d := range doc.Diagnostics {
		if d.Severity != "error" {
			return doc.Diagnostics[:i]
		}
	}
	return doc.Diagnostics
}

var (
	textLines  = regexp.MustCompile(`^lines (\d+) to (\d+) are text`)
	textLine   = regexp.MustCompile(`^the line is text`)
	quoteSign  = regexp.MustCompile(`^typographic quote (.) where a straight (.) belongs`)
	dashSign   = regexp.MustCompile(`^typographic dash (.) where`)
	noModule   = regexp.MustCompile(`^module \S+ is not (of Kamailio 5|in kahea yet)`)
	noFunction = regexp.MustCompile(`^function (\S+) is of module \S+, which is not in kahea yet`)
)

// follow does what a message says.
func follow(lines []string, d diagnostic) bool {
	line := &lines[d.Line-1]
	switch {
	case textLines.MatchString(d.Message):
		m := textLines.FindStringSubmatch(d.Message)
		from, _ := strconv.Atoi(m[1])
		to, _ := strconv.Atoi(m[2])
		for i := from - 1; i < to; i++ {
			lines[i] = "#" + lines[i]
		}
	case textLine.MatchString(d.Message), noModule.MatchString(d.Message):
		*line = "#" + *line
	case quoteSign.MatchString(d.Message):
		*line = strings.NewReplacer("“", `"`, "”", `"`, "‘", "'", "’", "'").Replace(*line)
	case dashSign.MatchString(d.Message):
		*line = strings.ReplaceAll(*line, dashSign.FindStringSubmatch(d.Message)[1], "-")
	case noFunction.MatchString(d.Message):
		name := noFunction.FindStringSubmatch(d.Message)[1]
		if strings.HasPrefix(strings.TrimSpace(*line), name) {
			*line = "#" + *line
			break
		}
		*line = regexp.MustCompile(name+`\([^)]*\)`).ReplaceAllString(*line, "0") // taken out
	case d.Message == "block is empty":
		*line = (*line)[:d.Column-1] + strings.Replace((*line)[d.Column-1:], "{", "{ ;", 1)
	default:
		return false
	}
	return true
}
