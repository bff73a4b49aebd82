// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"
	"strings"
)

// argument gives a word its type: a decimal number without leading zeros is
// sent as a number, anything else as text; "s:" before it forces text.
func argument(word string) any {
	if s, ok := strings.CutPrefix(word, "s:"); ok {
		return s
	}
	digits := strings.TrimPrefix(word, "-")
	if digits == "" || digits[0] < '0' || digits[0] > '9' || len(digits) > 1 && digits[0] == '0' && digits[1] != '.' {
		return word
	}
	if n, err := strconv.ParseInt(word, 10, 64); err == nil {
		return n
	}
	whole, part, ok := strings.Cut(digits, ".")
	if !ok || !number(whole) || !number(part) {
		return word
	}
	f, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return word
	}
	return f
}

func number(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
