// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/bencode"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sdp"
	"github.com/kahea-sip/kahea/core/sip"
)

var (
	errNoSDP  = errors.New("there is no session description")
	errNewSDP = errors.New("the media relay has answered without a session description")
	errOrder  = errors.New("an answer stands in a reply, an ACK or a PRACK")
)

// fragmentType is the type of the candidates that come later (RFC 8840).
const fragmentType = "application/trickle-ice-sdpfrag"

// body is the session description of a message, or a fragment of one.
type body struct {
	text       string
	start, end int // where it stands in the message; both 0 where it comes from read_sdp_pv
	fragment   bool
}

// hasBody tells whether there is something that a relay could be told of.
func hasBody(c *module.Call) bool {
	_, _, ok := sdp.Find(c.Msg)
	return ok
}

// bodyOf finds the session description: in the variable of read_sdp_pv, else in the message. In a multipart body only the part counts,
// whose last line end belongs to what divides the parts (RFC 2046 5.1.1).
func (r *RTPEngine) bodyOf(c *module.Call) (*body, error) {
	if r.readSDP != nil {
		if v := r.readSDP.Get(c, module.Index{}); v.Str != "" {
			return &body{text: v.Str}, nil
		}
	}
	raw, start := c.Msg.Raw(), c.Msg.BodyStart()
	if len(c.Msg.Body()) == 0 {
		return nil, errNoSDP
	}
	whole := &body{start: start, end: start + len(c.Msg.Body())}
	whole.text = raw[whole.start:whole.end]
	kind, _, _ := strings.Cut(c.Msg.Value(sip.HeaderContentType), ";")
	switch kind = strings.TrimSpace(kind); {
	case kind == "":
		return whole, nil // some leave the type out; the relay will say when it is nothing
	case sip.EqualFold(kind, fragmentType):
		whole.fragment = true
		return whole, nil
	}
	from, to, ok := place(c.Msg)
	if !ok {
		return nil, errNoSDP
	}
	return &body{text: raw[from:to], start: from, end: to}, nil
}

// place is sdp.Find without the line end of a delimiter (RFC 2046 5.1.1): what the
// relay answers with takes the place of the rest.
func place(m *sip.Message) (from, to int, ok bool) {
	if from, to, ok = sdp.Find(m); ok && from != m.BodyStart() {
		to = from + len(withoutLineEnd(m.Raw()[from:to]))
	}
	return from, to, ok
}

func withoutLineEnd(s string) string { return strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r") }

// offer is rtpengine_offer([flags]).
func (r *RTPEngine) offer(c *module.Call, a module.Args) module.Result {
	return r.negotiate(c, "rtpengine_offer", offering, a)
}

// answer is rtpengine_answer([flags]).
func (r *RTPEngine) answer(c *module.Call, a module.Args) module.Result {
	if m := c.Msg.Method; c.Msg.IsRequest() && m != sip.MethodAck && m != sip.MethodPrack {
		return c.Fail("rtpengine_answer", errOrder)
	}
	return r.negotiate(c, "rtpengine_answer", answering, a)
}

// info is rtpengine_info([flags]): an offer whose answer nobody needs.
func (r *RTPEngine) info(c *module.Call, a module.Args) module.Result {
	if _, _, err := r.tell(c, offering, a); err != nil {
		return c.Fail("rtpengine_info", err)
	}
	return module.True
}

// tell tells the relay the session description of a message.
func (r *RTPEngine) tell(c *module.Call, op operation, a module.Args) (*body, bencode.Value, error) {
	b, err := r.bodyOf(c)
	if err != nil {
		return nil, bencode.Value{}, err
	}
	w, err := r.prepare(c, op, a, b)
	if err != nil {
		return nil, bencode.Value{}, err
	}
	reply, err := w.run()
	return b, reply, err
}

// negotiate tells the relay the session description of a message and puts that which it answers with into its place, or into the variable
// of write_sdp_pv.
func (r *RTPEngine) negotiate(c *module.Call, function string, op operation, a module.Args) module.Result {
	b, reply, err := r.tell(c, op, a)
	if err != nil {
		return c.Fail(function, err)
	}
	text := reply.Get("sdp").Str
	if text == "" {
		return c.Fail(function, errNewSDP)
	}
	if r.writeSDP != nil {
		if err := r.writeSDP.(module.Assignable).Set(c, module.Index{}, avp.String(text)); err != nil {
			return c.Fail(function, err)
		}
		return module.True
	}
	if b.end == 0 { // it came from a variable
		from, to, ok := place(c.Msg)
		if !ok {
			return c.Fail(function, errNoSDP)
		}
		b.start, b.end = from, to
	}
	c.Msg.Replace(b.start, b.end, text)
	return module.True
}
