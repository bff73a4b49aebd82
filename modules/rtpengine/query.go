// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"errors"
	"fmt"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/bencode"
	"github.com/kahea-sip/kahea/core/module"
)

// noFlags are the arguments of a command that the script gives none.
var noFlags = make(module.Args, 1)

var errFormat = errors.New("the format is j or jp")

// takeStatistics is what is done with the reply to delete and query.
func (r *RTPEngine) takeStatistics(c *module.Call, reply *bencode.Value) { r.quality.assign(c, reply) }

// takeDuration is what is done with the reply to play media.
func (r *RTPEngine) takeDuration(c *module.Call, reply *bencode.Value) {
	if r.duration != nil {
		_ = r.duration.(module.Assignable).Set(c, module.Index{}, avp.Number(number(reply.Get("duration"), -1))) // Prepare has seen that it can be
	}
}

// queryValue is rtpengine_query_v(fmt, var).
func (r *RTPEngine) queryValue(c *module.Call, a module.Args) module.Result {
	const function = "rtpengine_query_v"
	to, ok := a.Var(1).(module.Assignable)
	if !ok {
		return c.Fail(function, errAssign)
	}
	w, err := r.prepare(c, querying, noFlags, nil)
	if err != nil {
		return c.Fail(function, err)
	}
	reply, err := w.run()
	if err != nil {
		return c.Fail(function, err)
	}
	depth := -1
	switch a.Str(0) {
	case "j":
	case "jp":
		depth = 0
	default:
		return c.Fail(function, errFormat)
	}
	if err := to.Set(c, module.Index{}, avp.String(string(appendJSON(nil, &reply, depth)))); err != nil {
		return c.Fail(function, err)
	}
	return module.True
}

// statistics is $rtpestat, and $rtpstat: null where the relay does not know the call.
func (r *RTPEngine) statistics(c *module.Call) module.Value {
	w, err := r.prepare(c, querying, noFlags, nil)
	if err != nil {
		return module.Value{}
	}
	reply, err := w.run()
	if err != nil {
		return module.Value{}
	}
	totals := reply.Get("totals")
	rtp, rtcp := totals.Get("RTP"), totals.Get("RTCP")
	if rtp.Kind != bencode.Dict || rtcp.Kind != bencode.Dict {
		return module.Value{}
	}
	count := func(v *bencode.Value, key string) int64 { return number(v.Get(key), -1) }
	return avp.String(c.Lasting(fmt.Sprintf("RTP: %d bytes, %d packets, %d errors; RTCP: %d bytes, %d packets, %d errors",
		count(&rtp, "bytes"), count(&rtp, "packets"), count(&rtp, "errors"), count(&rtcp, "bytes"), count(&rtcp, "packets"), count(&rtcp, "errors"))))
}
