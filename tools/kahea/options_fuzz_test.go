// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

// FuzzOptions: no command line, address of -l or alias makes their readers panic.
func FuzzOptions(f *testing.F) {
	for _, s := range []string{"-f a -l udp:127.0.0.1:5060/1.2.3.4:5", "-l (127.0.0.1, [::1]):0", "-l tcp:[::1]", "-a yes --alias=tcp:h:5", "-DD -E -m 64 -A x=y", "-l :", "-l (", "--", "-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		parseOptions(strings.Fields(line))
		for word := range strings.FieldsSeq(line) {
			if all, err := parseListen(word); err == nil {
				for _, s := range all {
					if s.Host == "" || s.Port < 0 || s.Port > 65535 {
						t.Errorf("-l %s is %+v", word, s)
					}
				}
			}
			if a, err := parseAlias(word); err == nil && (a.Port < 0 || a.Port > 65535) {
				t.Errorf("--alias %s is %+v", word, a)
			}
		}
	})
}
