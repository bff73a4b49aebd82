// SPDX-License-Identifier: Apache-2.0

package sdpops

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sdp"
	"github.com/kahea-sip/kahea/core/sip"
)

// noSDP is what functions that fetch have in $rc without a body.
const noSDP module.Result = -2

// missing is the result for a message without description: another body is no
// good, none is less.
func missing(c *module.Call) module.Result {
	if c.Msg.Body() == "" {
		return noSDP
	}
	return module.False
}

// body is the session description of a message, with its place there.
type body struct {
	sdp.Description
	start int
}

// streams is the memory for the streams of most descriptions.
type streams [8]sdp.Media

// read finds the session description; into is memory for its streams.
func read(c *module.Call, into *streams) (b body, ok bool) {
	start, end, ok := sdp.Find(c.Msg)
	if !ok {
		return b, false
	}
	return body{sdp.Parse(c.Msg.Raw()[start:end], into[:]), start}, true
}

// hasContent is sdp_content([sloppy]).
func hasContent(c *module.Call, a module.Args) module.Result {
	if a.Int(0, 0) != 0 {
		kind := c.Msg.Value(sip.HeaderContentType)
		return module.Bool(strings.HasPrefix(kind, "application/sdp") ||
			strings.HasPrefix(kind, "multipart/mixed") && strings.Contains(c.Msg.Body(), "application/sdp"))
	}
	_, _, ok := sdp.Find(c.Msg)
	return module.Bool(ok)
}

var errNotAssignable = errors.New("the variable cannot be assigned")

func assign(c *module.Call, a module.Args, function, text string) module.Result {
	to, ok := a.Var(0).(module.Assignable)
	if !ok {
		return c.Fail(function, errNotAssignable)
	}
	if err := to.Set(c, module.Index{}, avp.String(text)); err != nil {
		return c.Fail(function, err)
	}
	return module.True
}

// get is sdp_get(pv).
func get(c *module.Call, a module.Args) module.Result {
	start, end, ok := sdp.Find(c.Msg)
	if !ok {
		return missing(c)
	}
	return assign(c, a, "sdp_get", c.Msg.Raw()[start:end])
}

// getLine is sdp_get_line_startswith(pv, string).
func getLine(c *module.Call, a module.Args) module.Result {
	start, end, ok := sdp.Find(c.Msg)
	if !ok {
		return missing(c)
	}
	for l := range sdp.Lines(c.Msg.Raw()[start:end]) {
		if strings.HasPrefix(l.Text, a.Str(1)) {
			return assign(c, a, "sdp_get_line_startswith", l.Text)
		}
	}
	return module.False
}

// anyStream tells whether a stream is as f says.
func anyStream(c *module.Call, f func(b *body, m *sdp.Media) bool) module.Result {
	var memory streams
	b, ok := read(c, &memory)
	if !ok {
		return module.False
	}
	for i := range b.Media {
		if f(&b, &b.Media[i]) {
			return module.True
		}
	}
	return module.False
}

// withMedia is sdp_with_media(type).
func withMedia(c *module.Call, a module.Args) module.Result {
	return anyStream(c, func(_ *body, m *sdp.Media) bool { return sip.EqualFold(m.Type, a.Str(0)) })
}

// withActiveMedia is sdp_with_active_media(type).
func withActiveMedia(c *module.Call, a module.Args) module.Result {
	return anyStream(c, func(b *body, m *sdp.Media) bool {
		return sip.EqualFold(m.Type, a.Str(0)) && strings.Trim(m.Port, "0") != "" && !b.inactive(m)
	})
}

// inactive tells whether a stream has the direction inactive, its own or that of
// the session (RFC 8866 6.7).
func (b *body) inactive(m *sdp.Media) bool {
	for l := range b.Of(m) {
		switch l.Text {
		case "a=inactive":
			return true
		case "a=sendrecv", "a=sendonly", "a=recvonly":
			return false
		}
	}
	for l := range sdp.Lines(b.Session()) {
		if l.Text == "a=inactive" {
			return true
		}
	}
	return false
}

// withTransport is sdp_with_transport(type).
func withTransport(c *module.Call, a module.Args) module.Result {
	return anyStream(c, func(_ *body, m *sdp.Media) bool { return sip.EqualFold(m.Proto, a.Str(0)) })
}

// withTransportLike is sdp_with_transport_like(type).
func withTransportLike(c *module.Call, a module.Args) module.Result {
	return anyStream(c, func(_ *body, m *sdp.Media) bool { return strings.Contains(m.Proto, a.Str(0)) })
}

// commonTransport is sdp_transport(pv).
func commonTransport(c *module.Call, a module.Args) module.Result {
	var memory streams
	b, ok := read(c, &memory)
	if !ok || len(b.Media) == 0 {
		return module.False
	}
	for i := range b.Media {
		if b.Media[i].Proto != b.Media[0].Proto {
			return -2
		}
	}
	return assign(c, a, "sdp_transport", b.Media[0].Proto)
}

// withICE is sdp_with_ice().
func withICE(c *module.Call, _ module.Args) module.Result {
	return anyStream(c, func(b *body, m *sdp.Media) bool {
		for l := range b.Of(m) {
			if strings.HasPrefix(l.Text, "a=candidate:") {
				return true
			}
		}
		return false
	})
}

// addressFamily is sdp_get_address_family().
func addressFamily(c *module.Call, _ module.Args) module.Result {
	start, end, ok := sdp.Find(c.Msg)
	if !ok {
		return module.False
	}
	for l := range sdp.Lines(c.Msg.Raw()[start:end]) {
		switch {
		case strings.HasPrefix(l.Text, "c=IN IP4"):
			return 4
		case strings.HasPrefix(l.Text, "c=IN IP6"):
			return 6
		}
	}
	return module.False
}

// printSDP is sdp_print(level).
func printSDP(c *module.Call, a module.Args) module.Result {
	var memory streams
	b, ok := read(c, &memory)
	if !ok && c.Msg.Body() != "" {
		return module.False
	}
	level := module.LevelOf(a.Int(0, 0))
	log := c.Log()
	if !log.Enabled(c.Context(), level) {
		return module.True
	}
	for i := range b.Media {
		m := &b.Media[i]
		log.Log(c.Context(), level, "stream of the session description", "number", i, "media", m.Type, "port", m.Port, "transport", m.Proto, "formats", m.Formats)
	}
	return module.True
}
