// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// attrs are the attributes of a gateway: those with a meaning here, and the
// whole text for the script.
type attrs struct {
	body             string
	duid             string
	socket, sockname string
	pingFrom         string
	obproxy          string
	maxLoad          int64
	// weight and rweight are 1 to 100, 0 where there is none.
	weight, rweight int
	// latency is what the statistics begin with, in milliseconds; valid with
	// hasLatency.
	latency    int
	hasLatency bool
	// congestion tells that latency counts only as far as it is more than the
	// average (cc).
	congestion bool
}

var errQuote = errors.New("a quoted value does not end")

// parseAttrs reads name=value;name=value. What a value means nothing by is
// told in faults, and is as if it were not there.
func parseAttrs(body string) (a attrs, faults []string, err error) {
	a.body = body
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for rest := body; rest != ""; {
		var name, value string
		if name, value, rest, err = nextAttr(rest); err != nil {
			return a, faults, err
		}
		number := func(least, most int) int {
			n, err := strconv.Atoi(value)
			if err != nil || n < least || n > most {
				fault("%s=%s is no number of %d to %d and counts as not given", name, value, least, most)
				return 0
			}
			return n
		}
		switch name {
		case "duid":
			a.duid = value
		case "maxload":
			a.maxLoad = int64(number(0, 1<<31-1))
		case "weight":
			a.weight = number(1, 100)
		case "rweight":
			a.rweight = number(1, 100)
		case "socket":
			a.socket = value
		case "sockname":
			a.sockname = value
		case "ping_from":
			a.pingFrom = value
		case "obproxy":
			a.obproxy = value
		case "latency":
			a.latency, a.hasLatency = number(0, 1<<31-1), true
		case "cc":
			a.congestion = number(0, 1) == 1
		}
	}
	return a, faults, nil
}

// nextAttr takes the first attribute off; a value may stand in quotes.
func nextAttr(s string) (name, value, rest string, err error) {
	end := strings.IndexAny(s, "=;")
	if end < 0 {
		return s, "", "", nil
	}
	name, rest = s[:end], s[end+1:]
	if s[end] == ';' {
		return name, "", rest, nil
	}
	if !strings.HasPrefix(rest, `"`) {
		value, rest, _ = strings.Cut(rest, ";")
		return name, value, rest, nil
	}
	quote := quoteEnd(rest)
	if quote < 0 {
		return "", "", "", errQuote
	}
	value, rest = rest[1:quote], rest[quote+1:]
	_, rest, _ = strings.Cut(rest, ";")
	return name, value, rest, nil
}
