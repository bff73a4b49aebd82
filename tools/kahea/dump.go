// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/kahea-sip/kahea/script/compile"
)

// runDump is the word dump: kahea dump [options] FILE prints the operations of each route, as docs/internals.md explains them.
func runDump(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := optionsWithFile(args)
	if err != nil {
		fmt.Fprintf(stderr, "ERROR: %v\n", err)
		return 1
	}
	if o.help {
		io.WriteString(stdout, usage)
		return exitOK
	}
	o.stdin = stdin
	cfg, status := readConfig(o, stderr)
	if status != exitOK {
		return 1
	}
	compile.Compile(cfg.script).Listing(stdout)
	return exitOK
}

// optionsWithFile reads the flags of the server, behind which the configuration file may stand without -f.
func optionsWithFile(args []string) (*options, error) {
	if n := len(args); n > 0 && isFile(args[n-1]) {
		o, err := parseOptions(args[:n-1])
		if err == nil && !flagWaits(args[:n-1]) {
			o.file = args[n-1]
			return o, nil
		}
	}
	return parseOptions(args)
}

// isFile tells that an argument is no flag.
func isFile(arg string) bool { return arg == stdinMark || !strings.HasPrefix(arg, "-") }

// flagWaits tells that the last argument is a flag which takes the next one as its value.
func flagWaits(args []string) bool {
	_, err := parseOptions(append(args[:len(args):len(args)], "-h"))
	return err != nil
}
