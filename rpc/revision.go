// SPDX-License-Identifier: Apache-2.0

package rpc

import "runtime/debug"

// revision is the commit that the program was built from.
func revision() string {
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, s := range b.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return "unknown"
}
