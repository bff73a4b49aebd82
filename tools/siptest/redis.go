// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"github.com/alicebob/miniredis/v2"
	"github.com/rogpeppe/go-internal/testscript"
)

// startRedis starts a Redis in the process, or one that was ended again, with
// what it had.
func (s *scene) startRedis(ts *testscript.TestScript, name string) error {
	if m := s.redis[name]; m != nil {
		return m.Restart()
	}
	m := miniredis.NewMiniRedis()
	if err := m.Start(); err != nil {
		return err
	}
	s.redis[name] = m
	ts.Setenv(name, m.Addr())
	ts.Setenv(name+"_PORT", m.Port())
	return nil
}
