// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"testing"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
)

// parameterGaps are values that are meant to be judged otherwise, with the reason.
var parameterGaps = map[string]string{
	`description="x"`:               "of releases behind 5.6",
	"use_dst_blocklist=1":           "not there yet",
	"use_dst_blocklist=yes":         "not there yet",
	"tls_method=x":                  "the reference knows the methods; none has an effect",
	"tos=x":                         "the reference takes any word and ignores it",
	`kemi.event_route_callback="x"`: "not there yet",
	`mcast="x"`:                     "not there yet",
	"mcast=x":                       "not there yet",
	"mcast_loopback=1":              "not there yet",
	"mcast_loopback=yes":            "not there yet",
	"mcast_ttl=0":                   "not there yet",
	"tcp_accept_haproxy=1":          "not there yet",
	"tcp_accept_haproxy=yes":        "not there yet",
	"tcp_accept_hep3=1":             "not there yet",
	"tcp_accept_hep3=yes":           "not there yet",
}

// TestParameters holds each core parameter to what kamailio -c of the reference
// says to values of each form: + it takes the value, - it does not, and s it
// takes it but does not start with it, which counts as either.
func TestParameters(t *testing.T) {
	rows := recorded(t, "parameters.tsv")
	values := rows[0][1:]
	for _, cols := range rows[1:] {
		for i, value := range values {
			line := cols[0] + "=" + value
			tree, res := syntax.ParseFile("main.cfg", preproc.Options{Reader: source.Memory{"main.cfg": line + "\nrequest_route { exit; }\n"}})
			Apply(tree, res.Errors)
			err := res.Errors.Err()
			gap, known := parameterGaps[line]
			switch same := (err == nil) == (cols[i+1] == "+") || cols[i+1] == "s"; {
			case same && known:
				t.Errorf("%s is a known gap (%s) but is as in the reference now: take it out of the list", line, gap)
			case !same && !known:
				t.Errorf("the reference says %s to %s, here: %v", cols[i+1], line, err)
			}
		}
	}
}
