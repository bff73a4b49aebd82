// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// firstLine are selects of the first line that need no msg.request or
// msg.response before them: those of the status line are empty in requests.
var firstLine = map[string]getter{
	"version": func(*module.Call) module.Value { return avp.String(sip.Version) },
	"status":  statusCode, "code": statusCode, "reason": statusReason,
}

func statusCode(c *module.Call) module.Value {
	if c.Msg.IsRequest() {
		return null
	}
	return number(c.Msg.Status)
}

func statusReason(c *module.Call) module.Value {
	if c.Msg.IsRequest() {
		return null
	}
	return avp.String(c.Msg.Reason)
}

// firstLineSelect is msg.request and msg.response: the message and what its
// first line has, as it came, null where it is the other kind of message.
func firstLineSelect(request bool, rest []word) (getter, error) {
	var g getter
	var err error
	switch {
	case request && len(rest) > 0 && rest[0].name == "uri":
		g, err = uriSelect(func(c *module.Call) string { return c.Msg.RequestURI }, rest[1:])
	case request:
		g, err = only(rest, map[string]getter{"": rawMessage, "method": methodName, "version": firstLine["version"]})
	default:
		g, err = only(rest, map[string]getter{"": rawMessage, "version": firstLine["version"],
			"status": statusCode, "code": statusCode, "reason": statusReason})
	}
	if err != nil {
		return nil, err
	}
	return func(c *module.Call) module.Value {
		if c.Msg.IsRequest() != request {
			return null
		}
		return g(c)
	}, nil
}

func rawMessage(c *module.Call) module.Value { return avp.String(c.Msg.Raw()) }
