// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/tools/testport"
)

// The ports that stand in the messages and in the expectations.
const (
	serverPort = testport.RecordServer
	clientPort = testport.RecordClient
)

// readMessage reads testdata/messages/NAME.sip; its lines end in CR LF.
// "\xHH" stands for a byte.
func readMessage(dir, name string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, "messages", name+".sip"))
	if err != nil {
		return "", err
	}
	text := strings.ReplaceAll(string(data), "\n", "\r\n")
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, `\x`)
		b.WriteString(before)
		if !ok {
			return b.String(), nil
		}
		n, err := strconv.ParseUint(rest[:2], 16, 8)
		if err != nil {
			return "", err
		}
		b.WriteByte(byte(n))
		text = rest[2:]
	}
}

// isReply tells whether a message is one.
func isReply(message string) bool { return strings.HasPrefix(message, "SIP/2.0") }
