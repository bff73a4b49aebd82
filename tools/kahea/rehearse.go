// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/core/worker"
)

// rehearse starts the modules apart from the world, for what they see only
// then: files that cannot be read. As the reference does not look for that
// before it starts, and the file may be for another machine, it is a warning.
// Nothing of the script runs.
func (c *config) rehearse() {
	for _, e := range c.errs.Warnings() {
		if strings.HasPrefix(e.Message, willNotStart) {
			return
		}
	}
	s := &server{cfg: c, around: surroundings{stdout: io.Discard, stderr: io.Discard, clock: timer.NewManual(timer.NewReal().Now()), resolver: nobody{},
		seed: 1, portable: true, network: transport.NewMemoryNetwork(), apart: true, log: silence{}}}
	defer s.abandon()
	for _, step := range []func() error{s.openLog, s.makeParts, s.listen, s.makeEngine} {
		if step() != nil {
			return // a name that is not known here
		}
	}
	e, ok := errors.AsType[*worker.StartError](s.startModules())
	if !ok {
		return
	}
	for _, m := range c.script.Modules {
		if m.Name == e.Module {
			c.errs.Warn(&source.Error{Pos: m.At.Pos, End: m.At.Fin, Rule: source.Module, Message: willNotStart + e.Error()})
		}
	}
}

// willNotStart is how warnings of what keeps a server from starting begin.
const willNotStart = "the server will not start: "

// silence is a log that nobody reads.
type silence struct{}

func (silence) writeLine(slog.Level, string, []byte) {}

// nobody is a name server that knows no name.
type nobody struct{}

// Resolve implements locate.Resolver.
func (nobody) Resolve(context.Context, string, locate.Type) ([]locate.Record, error) {
	return nil, locate.ErrNotFound
}
