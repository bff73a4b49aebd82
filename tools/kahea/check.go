// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
)

// checkOnly is the flag -c: it checks and says so, as Kamailio does.
func checkOnly(o *options, stderr io.Writer) int {
	o.here = true
	cfg, status := readConfig(o, stderr)
	if status != exitOK {
		return status
	}
	cfg.printWarnings(stderr)
	fmt.Fprintln(stderr, "config file ok, exiting...")
	return exitOK
}

// runCheck is the word check: kahea check [--format=FORM] [options] FILE…
// The status is 1 when a file has a mistake.
func runCheck(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	args, format := takeFormat(args)
	if !slices.Contains(reportFormats, format) {
		fmt.Fprintf(stderr, "ERROR: unknown format %q: there are %s\n", format, strings.Join(reportFormats, ", "))
		return 1
	}
	args, files := takeFiles(args)
	o, err := parseOptions(args)
	if err != nil {
		fmt.Fprintf(stderr, "ERROR: %v\n", err)
		return 1
	}
	if o.help {
		io.WriteString(stdout, usage)
		return exitOK
	}
	o.inspect, o.here, o.stdin = true, true, stdin
	if len(files) == 0 {
		files = []string{o.file}
	}
	if format != "text" {
		return checkForMachines(o, files, format, stdout, stderr)
	}
	status := exitOK
	for _, f := range files {
		one := *o
		one.file = f
		cfg, s := readConfig(&one, stderr)
		if s != exitOK {
			status = 1
			continue
		}
		cfg.printWarnings(stderr)
		fmt.Fprintf(stdout, "%s: ok\n", filepath.ToSlash(f))
	}
	return status
}

// checkForMachines prints one report about all files.
func checkForMachines(o *options, files []string, format string, stdout, stderr io.Writer) int {
	all := []diagnostic{}
	status := exitOK
	for _, f := range files {
		one := *o
		one.file = f
		cfg, err := loadConfig(&one, slog.New(slog.DiscardHandler))
		if err != nil {
			message, advice, _ := strings.Cut(err.Error(), adviceBelow)
			all = append(all, diagnostic{File: filepath.ToSlash(f), Severity: "error", Rule: string(source.CommandLine), Message: message, Advice: advice})
			status = 1
			continue
		}
		if cfg.errs.Len() > 0 {
			status = 1
		}
		all = append(all, diagnose(cfg.errs)...)
	}
	if err := writeReport(stdout, format, all); err != nil {
		fmt.Fprintf(stderr, "ERROR: %v\n", err)
		return 1
	}
	return status
}

// checkHere looks for what a server needs of the machine that it starts on: its user, its group, its folder.
func (c *config) checkHere() {
	p := c.settings.Process
	fail := func(parameter string, err error) {
		at := c.settings.Place(parameter)
		c.errs.Add(&source.Error{Pos: at.Pos, End: at.Fin, Rule: source.CoreParameter, Message: parameter + ": " + err.Error()})
	}
	if _, err := lookupIdentity(p.User, ""); err != nil {
		fail("user", err)
	}
	if _, err := lookupIdentity("", p.Group); err != nil {
		fail("group", err)
	}
	workDir := p.WorkDir
	if p.Chroot != "" {
		if info, err := os.Stat(p.Chroot); err != nil || !info.IsDir() {
			fail("chroot", fmt.Errorf("there is no folder %q", p.Chroot))
			return
		}
		workDir = filepath.Join(p.Chroot, workDir)
	}
	if info, err := os.Stat(workDir); p.WorkDir != "" && (err != nil || !info.IsDir()) {
		fail("workdir", fmt.Errorf("there is no folder %q", workDir))
	}
}

// warnChroot says what a check does not see where the root folder will be another one.
func (c *config) warnChroot() {
	at := c.settings.Place("chroot")
	c.errs.Warn(&source.Error{Pos: at.Pos, End: at.Fin, Rule: source.CoreParameter,
		Message: "chroot: files that modules read at start were not looked at, but for those of tls"})
}

// takeFormat takes --format out of the arguments.
func takeFormat(args []string) (rest []string, format string) {
	format = "text"
	for i := 0; i < len(args); i++ {
		switch value, ok := strings.CutPrefix(args[i], "--format="); {
		case ok:
			format = value
		case args[i] == "--format" && i+1 < len(args):
			i++
			format = args[i]
		default:
			rest = append(rest, args[i])
		}
	}
	return rest, format
}

// takeFiles takes the names of files, which stand last, out of the arguments.
func takeFiles(args []string) (rest, files []string) {
	for len(args) > 0 && isFile(args[len(args)-1]) {
		files = append([]string{args[len(args)-1]}, files...)
		args = args[:len(args)-1]
		if len(args) > 0 && len(args[len(args)-1]) == 2 && strings.Contains(flagsWithValue, args[len(args)-1][1:]) {
			args = append(args, files[0])
			files = files[1:]
			break
		}
	}
	return args, files
}
