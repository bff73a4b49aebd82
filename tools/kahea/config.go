// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/settings"
	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/script/check"
	"github.com/kahea-sip/kahea/script/core"
	"github.com/kahea-sip/kahea/script/variable"
)

// config is a configuration that was read and checked.
type config struct {
	opt      *options
	pre      *preproc.Result
	settings *settings.Settings
	script   *check.Script
	// core are the functions and variables of the engine itself.
	core module.Exports
	errs *source.ErrorList
	// listen and aliases are what the flags -l and --alias say.
	listen  []settings.Socket
	aliases []transport.Alias
	// logPrefix is log_prefix, nil for none.
	logPrefix module.Template
	// jsonLog is the form of a log in JSON, nil for text.
	jsonLog *jsonFormat
}

// readConfig reads, preprocesses, parses and checks the configuration. What is
// wrong with it is told on stderr, all at once.
func readConfig(o *options, stderr io.Writer) (*config, int) {
	cfg, err := loadConfig(o, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Fprintf(stderr, "ERROR: %v\n", err)
		return nil, exitFailure
	}
	if n := len(cfg.errs.Errors()); n > 0 {
		cfg.errs.Format(stderr)
		fmt.Fprintf(stderr, "ERROR: bad config file (%d errors)\n", n)
		return nil, exitFailure
	}
	return cfg, exitOK
}

// adviceBelow stands between what is wrong and what to do, as in lists of mistakes.
const adviceBelow = "\n   "

// readStdin reads a configuration that is the standard input, once: it is read
// again for the process that serves in the background.
func (o *options) readStdin() error {
	if o.file != stdinMark || o.input != nil {
		return nil
	}
	text, err := io.ReadAll(o.stdin)
	if err != nil {
		return fmt.Errorf("cannot read the standard input: %w", err)
	}
	o.input = append([]byte{}, text...)
	return nil
}

// printWarnings tells what is accepted and likely not meant, all of it. A
// server that starts logs it instead.
func (c *config) printWarnings(w io.Writer) {
	for _, e := range c.errs.Warnings() {
		e.Format(w, c.errs.Files)
	}
}

// loadConfig reads a configuration; its mistakes are in its error list.
func loadConfig(o *options, log *slog.Logger) (*config, error) {
	if err := o.readStdin(); err != nil {
		return nil, err
	}
	if _, err := os.Stat(o.file); err != nil && o.input == nil {
		var number syscall.Errno
		if errors.As(err, &number) {
			err = number
		}
		return nil, fmt.Errorf("cannot read %s: %w%s%s", o.file, err, adviceBelow, missingAdvice(o))
	}
	cfg := &config{opt: o, errs: new(source.ErrorList)}
	flags, err := newFlagsFile(o, cfg.errs)
	if err != nil {
		return nil, err
	}
	file := o.file
	if len(o.substs) > 0 {
		file = flagsFileName
	}
	tree, pre := syntax.ParseFile(file, preproc.Options{Reader: flags, Defines: o.defines, Errors: cfg.errs})
	cfg.pre = pre
	flags.addTo(tree, o)
	cfg.settings = settings.Apply(tree, cfg.errs)
	cfg.readAddresses(flags)
	flags.done()
	cfg.chooseLog()
	cfg.applyFlags()
	cfg.core = core.Exports(core.Options{Defines: defines(pre), Groups: cfg.groups()})
	if o.adapt != nil {
		o.adapt(&cfg.core)
	}
	cfg.script = check.Check(tree, check.Options{Core: cfg.core, Setting: cfg.hasSetting(), Log: log, Ready: cfg.compilePrefix, Adapt: o.adapt, Inspect: cfg.inspection()}, cfg.errs)
	cfg.checkGroups()
	cfg.checkEngine()
	cfg.checkScripts()
	if o.here {
		cfg.checkHere()
		switch {
		case len(cfg.errs.Errors()) > 0:
		case cfg.settings.Process.Chroot == "":
			cfg.rehearse()
		case o.inspect:
			cfg.warnChroot()
		}
	}
	return cfg, nil
}

// inspection is for modules to look into files of their own, where that is wanted
// and their names mean what they will at start.
func (c *config) inspection() *module.Inspection {
	p := c.settings.Process
	if !c.opt.inspect {
		return nil
	}
	file := c.opt.file
	if full, err := filepath.Abs(file); err == nil && p.Chroot != "" {
		file = full // as a server has it
	}
	return &module.Inspection{Now: time.Now, Root: p.Chroot, Core: &module.Core{ConfigFile: file, WorkDir: p.WorkDir, RunDir: p.RunDir, TLS: c.settings.TLS.On()}}
}

// chooseLog reads the log engine; the command line counts before the file.
func (c *config) chooseLog() {
	l := c.settings.Log
	fail := func(parameter string, rule source.Rule, err error) {
		at := c.settings.Place(parameter)
		c.errs.Add(&source.Error{Pos: at.Pos, End: at.Fin, Rule: rule, Message: parameter + ": " + err.Error()})
	}
	switch l.EngineType {
	case "":
	case "json":
		f, err := newJSONFormat(l.EngineData)
		if err != nil {
			fail("log_engine_data", source.CoreParameter, err)
		}
		c.jsonLog = f
	default:
		fail("log_engine_type", source.NotYet, fmt.Errorf("log engine %q is not there yet: json is", l.EngineType))
	}
	if c.opt.jsonLog != nil {
		c.jsonLog = c.opt.jsonLog
	}
}

// missingAdvice says how the configuration file is named.
func missingAdvice(o *options) string {
	if o.file == defaultFile {
		return "give another configuration file with -f FILE, or try: kahea run"
	}
	return "-f FILE or check FILE names the configuration; the default is " + defaultFile
}

// defines are the names that $def knows.
func defines(pre *preproc.Result) map[string]string {
	m := map[string]string{}
	for _, d := range pre.Defines {
		m[d.Name] = d.Value
	}
	return m
}

// compilePrefix compiles log_prefix, whose variables are those of the modules.
func (c *config) compilePrefix(b module.Binder) error {
	if c.settings.Log.Prefix == "" {
		return nil
	}
	t, err := b.Template(c.settings.Log.Prefix)
	if err != nil {
		at := c.settings.Place("log_prefix")
		e := &source.Error{Pos: at.Pos, End: at.Fin, Message: "log_prefix: " + err.Error()}
		if v, ok := errors.AsType[*variable.Error](err); ok {
			e.Message, e.Advice = "log_prefix: "+v.Message, v.Advice
		}
		return e
	}
	c.logPrefix = t
	return nil
}

// applyFlags lets the command line overrule the file.
func (c *config) applyFlags() {
	o, s := c.opt, c.settings
	if o.hasDebug {
		s.Log.Debug = o.debug
	}
	if o.stderr {
		s.Log.Stderr = true
	}
	if o.color {
		s.Log.Color = true
	}
	if o.children > 0 {
		s.Children = o.children
	}
	if o.sharedMB > 0 {
		s.SharedMemory = o.sharedMB
	}
	if o.noTCP {
		s.TCP.Disabled = true
	}
	if o.checkVia {
		s.Script.CheckVia = true
	}
	if o.dnsVia {
		s.DNS.Via = true
	}
	if o.dnsReverse {
		s.DNS.Reverse = true
	}
	if o.maxBuffer > 0 {
		s.MaxBuffer = o.maxBuffer
	}
	if o.serverID != 0 {
		s.Process.ServerID = o.serverID
	}
	if o.user != "" {
		s.Process.User = o.user
	}
	if o.group != "" {
		s.Process.Group = o.group
	}
	if o.chroot != "" {
		s.Process.Chroot = o.chroot
	}
	if o.workDir != "" {
		s.Process.WorkDir = o.workDir
	}
	if o.runDir != defaultRunDir || s.Process.RunDir == "" {
		s.Process.RunDir = o.runDir
	}
	switch strings.ToLower(o.autoAlias) {
	case "yes", "on", "true":
		s.AutoAliases = true
	case "no", "off", "false":
		s.AutoAliases = false
	}
}

// printConfig is --cfg-print: the configuration after preprocessing.
func printConfig(o *options, stdout, stderr io.Writer) int {
	errs := new(source.ErrorList)
	if err := o.readStdin(); err != nil {
		fmt.Fprintf(stderr, "ERROR: %v\n", err)
		return exitFailure
	}
	tree, _ := syntax.ParseFile(o.file, preproc.Options{Reader: &flagsFile{input: o.input}, Defines: o.defines, Errors: errs})
	if errs.Len() > 0 {
		errs.Format(stderr)
		return exitFailure
	}
	if err := syntax.Format(stdout, tree); err != nil {
		fmt.Fprintf(stderr, "ERROR: %v\n", err)
		return exitFailure
	}
	return exitOK
}
