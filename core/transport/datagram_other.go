// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package transport

import (
	"errors"
	"net/netip"
)

// fastUDP tells whether newUDPSocket works.
const fastUDP = false

func newUDPSocket(*Layer, *Socket, netip.AddrPort) (packetSocket, error) {
	return nil, errors.ErrUnsupported
}
