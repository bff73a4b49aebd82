// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package transport

import "net"

// newSystemTryWriter knows no way on this system.
func newSystemTryWriter(net.Conn) tryWriter { return nil }
