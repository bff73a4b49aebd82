// SPDX-License-Identifier: Apache-2.0

package acc

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// parseFilter reads failed_filter, "404,407".
func parseFilter(text string) ([]int, error) {
	var codes []int
	if text == "" {
		return nil, nil
	}
	for one := range strings.SplitSeq(text, ",") {
		code, err := strconv.Atoi(strings.TrimSpace(one))
		if err != nil || code < 300 || code > 999 {
			return nil, fmt.Errorf("failed_filter: %q is no code from 300 to 999", one)
		}
		codes = append(codes, code)
	}
	return codes, nil
}

// filtered tells whether a failure with that code leaves no record.
func (a *Acc) filtered(code int) bool { return slices.Contains(a.filter, code) }
