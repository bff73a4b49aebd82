// SPDX-License-Identifier: Apache-2.0

package ndb_redis

import (
	"errors"
	"strconv"
	"strings"
)

// kind is the type of a reply, by the numbers that scripts compare with.
type kind uint8

// The kinds. Zero is a reply that is not there.
const (
	kindString kind = iota + 1
	kindArray
	kindInteger
	kindNil
	kindStatus
	kindError
)

// reply is what a server answered.
type reply struct {
	kind  kind
	text  string // of a string, a status or an error
	n     int64
	items []reply
}

// maxDepth bounds arrays within arrays.
const maxDepth = 32

var errReply = errors.New("the reply of the server cannot be read")

// parseReply reads a reply as it came over the wire (RESP 2). Its texts are
// views of wire.
func parseReply(wire string) (reply, error) {
	r, rest, err := readReply(wire, maxDepth)
	if err != nil || rest != "" {
		return reply{}, errReply
	}
	return r, nil
}

func readReply(wire string, depth int) (r reply, rest string, err error) {
	line, rest, ok := strings.Cut(wire, "\r\n")
	if !ok || line == "" || depth == 0 {
		return r, "", errReply
	}
	switch body := line[1:]; line[0] {
	case '+':
		return reply{kind: kindStatus, text: body}, rest, nil
	case '-':
		return reply{kind: kindError, text: body}, rest, nil
	case ':':
		n, err := strconv.ParseInt(body, 10, 64)
		return reply{kind: kindInteger, n: n}, rest, err
	case '$':
		n, err := strconv.Atoi(body)
		if n == -1 && err == nil {
			return reply{kind: kindNil}, rest, nil
		}
		if err != nil || n < 0 || n > len(rest)-2 || rest[n:n+2] != "\r\n" {
			return r, "", errReply
		}
		return reply{kind: kindString, text: rest[:n]}, rest[n+2:], nil
	case '*':
		return readItems(body, rest, depth)
	}
	return r, "", errReply
}

func readItems(body, rest string, depth int) (r reply, _ string, err error) {
	n, err := strconv.Atoi(body)
	if n == -1 && err == nil {
		return reply{kind: kindNil}, rest, nil
	}
	// The shortest element has three bytes.
	if err != nil || n < 0 || n > len(rest)/3 {
		return r, "", errReply
	}
	r = reply{kind: kindArray, items: make([]reply, n)}
	for i := range r.items {
		if r.items[i], rest, err = readReply(rest, depth-1); err != nil {
			return r, "", err
		}
	}
	return r, rest, nil
}
