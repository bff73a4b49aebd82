// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

var times = regexp.MustCompile(`\*(\d+)$`)

// write is the word write.
func write(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: write FILE PART…")
	}
	var b strings.Builder
	for _, part := range args[1:] {
		n := 1
		if m := times.FindStringSubmatch(part); m != nil {
			n, _ = strconv.Atoi(m[1])
			part = strings.TrimSuffix(part, m[0])
		}
		text := ""
		if file, ok := strings.CutPrefix(part, "@"); ok {
			text = ts.ReadFile(file)
		} else {
			var err error
			text, err = strconv.Unquote(`"` + strings.ReplaceAll(strings.ReplaceAll(part, `"`, `\"`), `\0`, `\x00`) + `"`)
			ts.Check(err)
		}
		b.WriteString(strings.Repeat(text, n))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o666))
}
