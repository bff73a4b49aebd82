// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// Inspect implements module.Inspector: the profiles and all files that they name
// are read.
func (t *TLS) Inspect(i module.Inspection) (out []module.Finding) {
	if !i.Core.TLS {
		return nil
	}
	l := newLoader(i.Core, i.Now, slog.New(slog.DiscardHandler))
	l.root = i.Root
	l.warned = func(err error) { out = append(out, finding(err, true)) }
	ps, err := t.written(l)
	if err != nil {
		return append(out, finding(err, false))
	}
	if ps.anyRenewing() {
		l.renewals = newRenewals(l.log, lookEvery)
		defer l.renewals.cache.Stop()
	}
	for _, p := range ps.all() {
		if err := l.profile(p); err != nil {
			out = append(out, finding(err, false))
		}
	}
	return out
}

// finding is an error, at its place in the file of profiles.
func finding(err error, warning bool) module.Finding {
	if m, ok := errors.AsType[*mistake](err); ok {
		return module.Finding{Err: errors.New(m.text), Warning: warning, File: m.file, Line: m.line, Column: m.col}
	}
	if text, ok := strings.CutPrefix(err.Error(), parameterPrefix); ok {
		return module.Finding{Err: errors.New(text), Warning: warning}
	}
	return module.Finding{Err: fmt.Errorf("config: %w", err), Warning: warning}
}
