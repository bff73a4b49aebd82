// SPDX-License-Identifier: Apache-2.0

package main

import (
	"reflect"
	"testing"
)

func TestParseOptions(t *testing.T) {
	o, err := parseOptions([]string{"-f", "a.cfg", "-DDE", "-ludp:127.0.0.1:5070", "-l", "tcp:127.0.0.1:5070",
		"-A", "WITH_X", "-A", "N=1", "-dd", "-m", "64", "-x", "fm", "--alias=example.org", "--debug", "3", "-rR"})
	if err != nil {
		t.Fatal(err)
	}
	want := &options{file: "a.cfg", runDir: defaultRunDir, daemon: 2, stderr: true, debug: 3, hasDebug: true,
		listen: []string{"udp:127.0.0.1:5070", "tcp:127.0.0.1:5070"}, defines: []string{"WITH_X", "N=1"},
		aliases: []string{"example.org"}, dnsVia: true, dnsReverse: true, sharedMB: 64, ignored: []string{"-x fm"}}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("got  %+v\nwant %+v", o, want)
	}
	for _, bad := range [][]string{{"-Z"}, {"-f"}, {"file.cfg"}, {"-n", "many"}, {"-n", "-1"}, {"-N", "x"}, {"-m", "abc"}, {"-m", "-5"}, {"-m", "5x"}, {"-M", "abc"}, {"--nope"}, {"--alias"}} {
		if _, err := parseOptions(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}
