// SPDX-License-Identifier: Apache-2.0

package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
)

// demoConfig registers phones and connects their calls on loopback.
//
//go:embed demo.cfg
var demoConfig string

const demoHelp = `
Kahea serves on udp and tcp 127.0.0.1:5060; what it keeps is kept in memory.

Next:
  - let two SIP phones on this machine register as sip:alice@127.0.0.1 and
    sip:bob@127.0.0.1 (any password), and let one call the other
  - see who is registered:   bin/kaheactl --url unixs:%[1]s/kamailio_ctl ul.dump
  - see the counters:        bin/kaheactl --url unixs:%[1]s/kamailio_ctl stats.get_statistics all
  - run your own file:       bin/kahea check kamailio.cfg
                             bin/kahea -f kamailio.cfg -E -DD

Ctrl-C ends it.

`

// runDemo is the word run: it serves the embedded default configuration.
func runDemo(around surroundings) int {
	dir, err := filepath.Abs("run")
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	file := filepath.Join(dir, "kahea.cfg")
	if err == nil {
		err = os.WriteFile(file, []byte(demoConfig), 0o644)
	}
	if err != nil {
		fmt.Fprintf(around.stderr, "ERROR: %v\n", err)
		return exitFailure
	}
	fmt.Fprintf(around.stdout, demoHelp, dir)
	return run([]string{"-f", file, "-E", "-DD", "-Y", dir, "-P", filepath.Join(dir, "kahea.pid")}, around)
}
