// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/script/compile"
)

// load reads a configuration given as text, with flags.
func load(t *testing.T, text string, flags ...string) (*config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "k.cfg")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	o, err := parseOptions(append([]string{"-f", file}, flags...))
	if err != nil {
		t.Fatal(err)
	}
	return loadConfig(o, nil)
}

const smallConfig = `debug=1
loadmodule "sl.so"
request_route {
	sl_send_reply("200", "GREETING");
}
`

func TestFlagsOverruleTheFile(t *testing.T) {
	cfg, err := load(t, smallConfig, "-dd", "-n", "3", "--server-id=7", "--loadmodule=kex", "--modparam=sl:default_code:i:503",
		"--subst", "/GREETING/Hello/", "-a", "no", "-T")
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.errs.Err(); err != nil {
		t.Fatal(err)
	}
	s := cfg.settings
	if s.Log.Debug != 2 || s.Children != 3 || s.Process.ServerID != 7 || s.AutoAliases || !s.TCP.Disabled {
		t.Errorf("the flags have not overruled: %+v", s)
	}
	var listing strings.Builder
	compile.Compile(cfg.script).Listing(&listing)
	if !strings.Contains(listing.String(), "Hello") {
		t.Errorf("--subst did nothing:\n%s", &listing)
	}
	var names []string
	for _, m := range cfg.script.Modules {
		names = append(names, m.Name)
	}
	if got := strings.Join(names, " "); got != "kex sl" {
		t.Errorf("modules are %q", got)
	}
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	for _, row := range []struct{ flag, want string }{
		{"--modparam=sl:default_code", "command line:1:12: bad --modparam=sl:default_code"},
		{"--modparam=sl:default_code:i:many", "command line:1:30: bad number \"many\" in --modparam"},
		{"--modparam=sl:defualt_code:i:500", "command line:1:15: module sl has no parameter defualt_code"},
		{"--modparam=tm:fr_timer:i:500", "command line:1:12: module tm is not loaded"},
		{"--modparam=sl:default_code:s:500", "command line:1:30: parameter default_code of module sl: expected a number"},
		{"--loadmodule=nothere", "command line:1:14: unknown module nothere"},
		{"--loadmodule=registrar", "command line:1:14: module registrar needs module"},
		{"--alias=a:b:c:d", "command line:1:9: --alias=a:b:c:d: "},
	} {
		cfg, err := load(t, smallConfig, row.flag)
		if err == nil {
			err = cfg.errs.Err()
		}
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.flag, err, row.want)
		}
	}
	cfg, err := load(t, smallConfig, "--loadmodule=nothere")
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.errs.Err(); err == nil || !strings.Contains(err.Error(), "nothere") {
		t.Errorf("--loadmodule=nothere: %v", err)
	}
	cfg, err = load(t, smallConfig, "--subst=bogus")
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.errs.Err(); err == nil || !strings.Contains(err.Error(), flagsFileName+":1") {
		t.Errorf("--subst=bogus: %v", err)
	}
}
