// SPDX-License-Identifier: Apache-2.0

package timer

import "time"

// Task is a function that runs periodically.
type Task struct{ name string }

// Every runs f every interval (at least one tick), first one interval from
// now, never twice at once: a run that comes due while the last one is still
// going is left out. f may wait if the wheel was given [Options.Go].
func (w *Wheel) Every(name string, interval time.Duration, f func()) *Task { return &Task{name: name} }

// Name is the name that was given to Every.
func (t *Task) Name() string { return t.name }

// Stop prevents further runs. One may be going; Wait waits for it.
func (t *Task) Stop() {}

// Wait returns when no run is going. It must not be called from the task.
func (t *Task) Wait() {}
