// SPDX-License-Identifier: Apache-2.0

package acc

import (
	"errors"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
)

// anything is a binder that knows each variable and each refuses.
type anything struct{ module.Binder }

// Var implements module.Binder.
func (anything) Var(name string) (module.Accessor, error) {
	if len(name) < 2 || name[0] != '$' {
		return nil, errors.New("no variable")
	}
	return nil, nil
}

// FuzzTexts reads what acc reads: log_extra, the comment of
// acc_log_request, time_format.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{"a=$fu;b=$tu", "404 Not Found", "200", ";;=", "%Y-%m-%d %", "%%%q", "a=$"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fields(anything{}, "log_extra", s, 4)
		if code, _ := splitComment(s); code != "" && len(code) != 3 {
			t.Errorf("%q has the code %q", s, code)
		}
		strftime(nil, s, time.Unix(0, 0))
	})
}
