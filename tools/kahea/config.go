// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

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

// printWarnings tells what is accepted and likely not meant. A server that
// starts logs it instead.
func (c *config) printWarnings(w io.Writer) {
	for _, e := range c.errs.Warnings() {
		warning := *e
		warning.Message = "warning: " + e.Message
		warning.Format(w, c.errs.Files)
	}
}

// loadConfig reads a configuration; its mistakes are in its error list.
func loadConfig(o *options, log *slog.Logger) (*config, error) {
	if _, err := os.Stat(o.file); err != nil {
		var number syscall.Errno
		if errors.As(err, &number) {
			err = number
		}
		return nil, fmt.Errorf("cannot read %s: %w\n   %s", o.file, err, missingAdvice(o))
	}
	if o.dnsVia != 0 {
		return nil, errors.New("-r and -R are not there yet: take them out")
	}
	cfg := &config{opt: o, errs: new(source.ErrorList)}
	file, reader := o.file, source.Reader(source.Disk{})
	if len(o.substs) > 0 {
		f, err := newFlagsFile(o)
		if err != nil {
			return nil, err
		}
		file, reader = flagsFileName, f
	}
	tree, pre := syntax.ParseFile(file, preproc.Options{Reader: reader, Defines: o.defines, Errors: cfg.errs})
	cfg.pre = pre
	if err := addFromFlags(tree, o); err != nil {
		return nil, err
	}
	cfg.settings = settings.Apply(tree, cfg.errs)
	cfg.readAddresses()
	if t := cfg.settings.Log.EngineType; t != "" && t != "json" {
		return nil, fmt.Errorf("log engine %q is not there yet: json is", t)
	}
	cfg.applyFlags()
	cfg.core = core.Exports(core.Options{Defines: defines(pre)})
	if o.adapt != nil {
		o.adapt(&cfg.core)
	}
	cfg.script = check.Check(tree, check.Options{Core: cfg.core, Log: log, Ready: cfg.compilePrefix, Adapt: o.adapt}, cfg.errs)
	cfg.checkEngine()
	return cfg, nil
}

// missingAdvice says how the configuration file is named.
func missingAdvice(o *options) string {
	if o.file == defaultFile {
		return "give another configuration file with -f FILE, or try: kahea run"
	}
	return "-f FILE or check FILE names the configuration; the default is " + defaultFile
}

// readAddresses reads the flags -l and --alias. Their mistakes have no place
// in a file.
func (c *config) readAddresses() {
	refuse := func(flag, text, message, advice string) {
		c.errs.Add(&source.Error{Pos: source.Pos{Filename: flagsFileName}, Message: flag + text + ": " + message, Advice: advice})
	}
	for _, text := range c.opt.listen {
		list, err := parseListen(text)
		if err != nil {
			refuse("-l ", text, err.Error(), "it is [proto:]address[:port][/advertised[:port]]")
		}
		for _, l := range list {
			if message, advice := l.Problem(); message != "" {
				refuse("-l ", text, message, advice)
			}
		}
		c.listen = append(c.listen, list...)
	}
	for _, text := range c.opt.aliases {
		a, err := parseAlias(text)
		if err != nil {
			refuse("--alias=", text, err.Error(), "it is [proto:]host[:port]")
		}
		c.aliases = append(c.aliases, a)
	}
}

// defines are the names that $def knows.
func defines(pre *preproc.Result) map[string]string {
	m := map[string]string{}
	for _, d := range pre.Defines {
		m[d.Name] = d.Value
	}
	return m
}

// flagsFileName is how mistakes in --subst and its kin are named.
const flagsFileName = "command line"

// flagsFile is the text that --subst and its kin stand for: their directives,
// then the configuration file.
type flagsFile struct {
	source.Disk
	text string
}

func newFlagsFile(o *options) (flagsFile, error) {
	file, err := filepath.Abs(o.file)
	if err != nil {
		return flagsFile{}, err
	}
	var b strings.Builder
	for _, d := range o.substs {
		word, exp, _ := strings.Cut(d, ":")
		fmt.Fprintf(&b, "#!%s %s\n", word, strconv.Quote(exp))
	}
	fmt.Fprintf(&b, "include_file %s\n", strconv.Quote(file))
	return flagsFile{text: b.String()}, nil
}

// ReadFile implements source.Reader.
func (f flagsFile) ReadFile(name string) ([]byte, error) {
	if name == flagsFileName {
		return []byte(f.text), nil
	}
	return f.Disk.ReadFile(name)
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

// addFromFlags puts --loadmodule and --modparam behind what the file says.
func addFromFlags(tree *syntax.File, o *options) error {
	for _, name := range o.loadModules {
		tree.Items = append(tree.Items, &syntax.LoadModule{Name: &syntax.String{Value: name}})
	}
	for _, p := range o.modParams {
		f := strings.SplitN(p, ":", 4)
		if len(f) != 4 || f[2] != "s" && f[2] != "i" {
			return fmt.Errorf("bad --modparam=%s: it is module:param:s:text or module:param:i:number", p)
		}
		mp := &syntax.ModParam{Module: &syntax.String{Value: f[0]}, Name: &syntax.String{Value: f[1]}, Value: &syntax.String{Value: f[3]}}
		if f[2] == "i" {
			n, err := strconv.ParseInt(f[3], 0, 64)
			if err != nil {
				return fmt.Errorf("bad number in --modparam=%s", p)
			}
			mp.Value = &syntax.Number{Value: n}
		}
		tree.Items = append(tree.Items, mp)
	}
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

// checkOnly is the flag -c: it checks and says so, as Kamailio does.
func checkOnly(o *options, stderr io.Writer) int {
	cfg, status := readConfig(o, stderr)
	if status != exitOK {
		return status
	}
	cfg.printWarnings(stderr)
	fmt.Fprintln(stderr, "config file ok, exiting...")
	return exitOK
}

// runCheck is the word check: kahea check [options] FILE…
func runCheck(args []string, stdout, stderr io.Writer) int {
	var files []string
	for len(args) > 0 && !strings.HasPrefix(args[len(args)-1], "-") {
		files = append([]string{args[len(args)-1]}, files...)
		args = args[:len(args)-1]
		if len(args) > 0 && len(args[len(args)-1]) == 2 && strings.Contains(flagsWithValue, args[len(args)-1][1:]) {
			args = append(args, files[0])
			files = files[1:]
			break
		}
	}
	o, err := parseOptions(args)
	if err != nil {
		fmt.Fprintf(stderr, "ERROR: %v\n", err)
		return 1
	}
	if len(files) == 0 {
		files = []string{o.file}
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

// printConfig is --cfg-print: the configuration after preprocessing.
func printConfig(o *options, stdout, stderr io.Writer) int {
	errs := new(source.ErrorList)
	tree, _ := syntax.ParseFile(o.file, preproc.Options{Defines: o.defines, Errors: errs})
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
