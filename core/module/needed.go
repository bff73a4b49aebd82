// SPDX-License-Identifier: Apache-2.0

package module

import "fmt"

// Needed returns the module of a name as what a Start needs of it: its own type,
// or an interface of the caller.
func Needed[T any](h Host, name string) (T, error) {
	m, ok := h.Module(name).(T)
	if !ok {
		return m, fmt.Errorf("needs the module %s", name)
	}
	return m, nil
}
