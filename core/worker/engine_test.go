// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"
	"testing"
)

func TestStartErrorNamesItsModuleOnce(t *testing.T) {
	for _, text := range []string{"siptrace: no database", "no database"} {
		err := &StartError{"siptrace", errors.New(text)}
		if got, want := err.Error(), "cannot start module siptrace: no database"; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
