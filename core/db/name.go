// SPDX-License-Identifier: Apache-2.0

package db

import "errors"

// ErrName is the error of CheckName.
var ErrName = errors.New("the name of a table or column has letters, digits and _ only")

// CheckName refuses a text that a script or a peer gives as the name of a table
// or column and that cannot be one. Drivers quote names: this is for the error,
// which comes before a statement is made of it.
func CheckName(name string) error {
	for i := range len(name) {
		if c := name[i]; !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_') {
			return ErrName
		}
	}
	if name == "" {
		return ErrName
	}
	return nil
}
