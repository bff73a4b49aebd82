// SPDX-License-Identifier: Apache-2.0

// Package counter counts what happens.
package counter

// Counter is a number that workers add to. It is a small handle: modules keep
// it as a field and name its address in their [Entry]; [Set.Declare] fills it.
// The zero Counter counts nothing. All methods are safe for concurrent use.
type Counter struct {
	page *page
	i    uint32
}

// Inc adds one.
func (c Counter) Inc() { c.Add(1) }
