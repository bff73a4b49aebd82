// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Messages of STUN have a header of 20 bytes and attributes behind it.
const (
	stunHeader = 20
	stunCookie = 0x2112A442

	stunSoftware = 0x8022
)

// isSTUN tells whether a packet is a message of STUN, or begins as one.
func isSTUN(data []byte) bool { return len(data) > 0 && data[0] < 4 }

// stunSize is the size of the message that a stream begins with, 0 where its header has not come yet.
func stunSize(data []byte) int {
	if len(data) < stunHeader {
		return 0
	}
	return stunHeader + int(binary.BigEndian.Uint16(data[2:]))
}

// stunLines is a message as lines: an attribute each, addresses in clear.
func stunLines(data []byte) []string {
	if len(data) < stunHeader || stunSize(data) != len(data) {
		return []string{fmt.Sprintf("STUN %x", data)}
	}
	lines := []string{fmt.Sprintf("STUN %x %x", data[:2], data[4:stunHeader])}
	for rest := data[stunHeader:]; len(rest) >= 4; {
		typ, size := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		if size > len(rest)-4 {
			break
		}
		value := rest[4 : 4+size]
		if typ == stunSoftware {
			value = nil // the name of the server
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%04x %s", typ, stunValue(typ, value))))
		rest = rest[min(4+(size+3)&^3, len(rest)):]
	}
	return lines
}

// stunValue is the value of an attribute: the address of MAPPED-ADDRESS and XOR-MAPPED-ADDRESS over IPv4, else hexadecimal.
func stunValue(typ uint16, value []byte) string {
	if len(value) != 8 || typ != 0x0001 && typ != 0x0020 {
		return fmt.Sprintf("%x", value)
	}
	port, ip := binary.BigEndian.Uint16(value[2:]), binary.BigEndian.Uint32(value[4:])
	if typ == 0x0020 {
		port ^= stunCookie >> 16
		ip ^= stunCookie
	}
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], ip)
	return fmt.Sprintf("%x ", value[:2]) + net.JoinHostPort(netip.AddrFrom4(a).String(), strconv.Itoa(int(port)))
}
