// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// Results of is_audio_on_hold.
const (
	nullAddress module.Result = 1 // RFC 2543: c=IN IP4 0.0.0.0
	notReceived module.Result = 2 // RFC 3264 8.4: a=sendonly, a=inactive
)

// isAudioOnHold is is_audio_on_hold().
func isAudioOnHold(c *module.Call, _ module.Args) module.Result {
	if r := hold(sdp(c.Msg)); r != 0 {
		return r
	}
	return module.False
}

// sdp is the session description of a message, "" when there is none.
func sdp(m *sip.Message) string {
	mime := mediaType(m.Value(sip.HeaderContentType))
	if mime == "" || sip.EqualFold(mime, defaultType) {
		return m.Body()
	}
	b, ok := multipart(m)
	if !ok {
		return ""
	}
	if p, ok := b.find(defaultType); ok {
		return p.body()
	}
	return ""
}

// medium is what decides over hold: of the session, then of a stream.
type medium struct{ null, stopped bool }

func (m *medium) see(line string) {
	switch {
	case strings.HasPrefix(line, "c="):
		address, _, _ := strings.Cut(line[strings.LastIndexByte(line, ' ')+1:], "/")
		m.null = address == "0.0.0.0" || address == "::"
	case line == "a=sendonly", line == "a=inactive":
		m.stopped = true
	case line == "a=sendrecv", line == "a=recvonly":
		m.stopped = false
	}
}

func (m *medium) result() module.Result {
	switch {
	case m.null:
		return nullAddress
	case m.stopped:
		return notReceived
	}
	return 0
}

// hold returns how the first audio stream that is on hold is, 0 for none.
func hold(text string) module.Result {
	var session, stream medium
	where, audio := &session, false
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRight(line, "\r ")
		if !strings.HasPrefix(line, "m=") {
			where.see(line)
			continue
		}
		if r := stream.result(); audio && r != 0 {
			return r
		}
		audio = strings.HasPrefix(line, "m=audio ")
		stream, where = session, &stream
	}
	if audio {
		return stream.result()
	}
	return 0
}
