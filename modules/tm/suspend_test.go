// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transaction"
)

// TestContinueLater: what goes on later is work of the layer, which core.work counts.
func TestContinueLater(t *testing.T) {
	var begun []string
	layer := transaction.New(transaction.Options{Wheel: timer.New(timer.NewManual(time.Unix(0, 0)), timer.Options{}), TableSize: 8,
		Go: func(name string, _ func()) { begun = append(begun, name) }})
	m := &TM{layer: layer}
	c := &module.Call{TxHeld: true, Route: module.FailureRoute}
	if err := m.Continue(c, transaction.ID{}, module.NoRoute); err != nil || len(begun) != 1 {
		t.Errorf("begun %v, %v", begun, err)
	}
}
