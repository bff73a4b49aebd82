// SPDX-License-Identifier: Apache-2.0

package presence_mwi

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/modules/presence"
)

var errSummary = errors.New("the body is no message summary")

// checkPublish refuses a PUBLISH whose body is no message summary.
func checkPublish(m *sip.Message) error {
	if err := checkSummary(m.Body()); err != nil {
		return &presence.Refusal{Code: 500, Reason: "Server Internal Error", Cause: err}
	}
	return nil
}

// checkSummary looks at a body as Kamailio does: a line Messages-Waiting with
// yes or no comes first, then lines of printable ASCII and tabs; but the first
// line may have capitals and spaces where RFC 3842 5.2 lets it.
func checkSummary(body string) error {
	first, rest, ok := strings.Cut(body, "\r\n")
	name, value, colon := strings.Cut(first, ":")
	if !ok || !colon || !strings.EqualFold(strings.TrimRight(name, " \t"), "Messages-Waiting") {
		return errSummary
	}
	if v := strings.TrimSpace(value); !strings.EqualFold(v, "yes") && !strings.EqualFold(v, "no") {
		return errSummary
	}
	for rest != "" {
		line, more, ok := strings.Cut(rest, "\r\n")
		if !ok || !printable(line) {
			return errSummary
		}
		rest = more
	}
	return nil
}

func printable(line string) bool {
	for i := range len(line) {
		if c := line[i]; c != '\t' && (c < ' ' || c > '~') {
			return false
		}
	}
	return true
}
