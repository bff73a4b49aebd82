// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kahea-sip/kahea/tools/mediarelay"
)

// startRelay starts a media relay, or one that was ended again.
func (s *scene) startRelay(ts *testscript.TestScript, name string) error {
	if r := s.relays[name]; r != nil {
		return r.Restart()
	}
	r, err := mediarelay.Start()
	if err != nil {
		return err
	}
	s.relays[name] = r
	ts.Setenv(name, r.Addr().String())
	ts.Setenv(name+"_PORT", strconv.Itoa(int(r.Addr().Port())))
	return nil
}

func relayAnswers(ts *testscript.TestScript, r *mediarelay.Relay, args []string) error {
	switch args[1] {
	case mediarelay.Silence:
		r.Answer(args[0], mediarelay.Silence)
	case "well":
		r.Answer(args[0], "")
	default:
		text := ts.ReadFile(args[1])
		if strings.HasPrefix(text, "{") {
			reply, err := mediarelay.FromJSON(text)
			if err != nil {
				return err
			}
			text = reply
		}
		r.Answer(args[0], text)
	}
	return nil
}

// relayed writes what has come to stdout, a line each.
func relayed(ts *testscript.TestScript, r *mediarelay.Relay, _ []string) error {
	out := ts.Stdout()
	fmt.Fprint(out, "") // no commands: nothing is left of an earlier word
	for _, line := range r.Commands() {
		fmt.Fprintln(out, line)
	}
	return nil
}
