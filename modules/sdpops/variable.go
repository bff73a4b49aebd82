// SPDX-License-Identifier: Apache-2.0

package sdpops

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sdp"
)

// bindSDP is $sdp(body) and $sdp(sess_version).
func bindSDP(_ module.Binder, inner string) (module.Accessor, error) {
	switch inner {
	case "body":
		return module.Getter(func(c *module.Call) module.Value {
			start, end, ok := sdp.Find(c.Msg)
			if !ok {
				return avp.Value{}
			}
			return avp.String(c.Msg.Raw()[start:end])
		}), nil
	case "sess_version":
		return version{}, nil
	}
	return nil, fmt.Errorf("unknown attribute %q: write $sdp(body) or $sdp(sess_version)", inner)
}

// version is $sdp(sess_version), the third field of the line o= (RFC 8866 5.2).
type version struct{}

// find returns its place in the message.
func (version) find(c *module.Call) (start, end int, ok bool) {
	from, to, ok := sdp.Find(c.Msg)
	if !ok {
		return 0, 0, false
	}
	for l := range sdp.Lines(c.Msg.Raw()[from:to]) {
		if !strings.HasPrefix(l.Text, "o=") {
			continue
		}
		at := 0
		for range 2 {
			sp := strings.IndexByte(l.Text[at:], ' ')
			if sp < 0 {
				return 0, 0, false
			}
			at += sp + 1
		}
		n := strings.IndexByte(l.Text[at:], ' ')
		if n < 0 {
			return 0, 0, false
		}
		start = from + l.Start + at
		return start, start + n, true
	}
	return 0, 0, false
}

// Get implements module.Accessor.
func (v version) Get(c *module.Call, _ module.Index) module.Value {
	start, end, ok := v.find(c)
	if !ok {
		return avp.Value{}
	}
	text := c.Msg.Raw()[start:end]
	if n, ok := avp.ParseInt(text); ok {
		return avp.Text(n, text)
	}
	return avp.String(text)
}

// Set implements module.Assignable.
func (v version) Set(c *module.Call, _ module.Index, to module.Value) error {
	start, end, ok := v.find(c)
	if !ok {
		return errNoSDP
	}
	text := to.Str
	if n, isNumber := to.Number(); isNumber && n == -1 {
		old, err := strconv.ParseUint(c.Msg.Raw()[start:end], 10, 64)
		if err != nil {
			return errors.New("the version of the session is no number")
		}
		text = strconv.FormatUint(old+1, 10)
	} else if to.Kind == avp.Int {
		text = strconv.FormatInt(n, 10)
	}
	if text == "" || strings.ContainsAny(text, " \r\n") {
		return fmt.Errorf("%q is no version of a session", text)
	}
	c.Msg.Replace(start, end, c.Keep(text))
	return nil
}
