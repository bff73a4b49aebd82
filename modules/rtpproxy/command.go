// SPDX-License-Identifier: Apache-2.0

package rtpproxy

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/relay"
)

// The results besides true and false.
const (
	marked module.Result = -2
	noNode module.Result = -3
)

var (
	errNotStarted = errors.New("a trace asks no RTP proxy")
	errNoNode     = errors.New("no RTP proxy is in use")
	errRefused    = errors.New("the RTP proxy has refused the command")
	errToTag      = errors.New("the message has no To tag")
	errPrompt     = errors.New("the name of a prompt has no blanks")
)

// chosen is the set that set_rtp_proxy_set has chosen for a message.
type chosen struct {
	serial uint64
	set    *relay.Set
}

func (r *RTPProxy) chosen(c *module.Call) *chosen {
	return c.Local(r, func() any { return new(chosen) }).(*chosen)
}

// selectSet is set_rtp_proxy_set(setid).
func (r *RTPProxy) selectSet(c *module.Call, a module.Args) module.Result {
	s := r.sets.Find(a.Int(0, 0))
	if s == nil {
		return c.Fail("set_rtp_proxy_set", errors.New("there is no such set"))
	}
	*r.chosen(c) = chosen{c.Serial, s}
	return module.True
}

// setOf is the set for a message.
func (r *RTPProxy) setOf(c *module.Call) *relay.Set {
	if k := r.chosen(c); k.set != nil && k.serial == c.Serial {
		return k.set
	}
	return r.sets.Find(0)
}

// exchange sends what make makes of a node to the node of the call, and to another
// one where that does not answer. It waits; the worker lends its place.
func (r *RTPProxy) exchange(c *module.Call, make func(n *relay.Node) (string, error)) (n *relay.Node, reply string, remote netip.Addr, err error) {
	if r.host == nil {
		return nil, "", remote, errNotStarted
	}
	s := r.setOf(c)
	if s == nil {
		return nil, "", remote, errNoNode
	}
	c.Block(func() {
		for {
			if n = r.choose(s, c.Msg.CallID()); n == nil {
				err = errNoNode
				return
			}
			var command string
			if command, err = make(n); err != nil {
				return
			}
			if reply, remote, err = r.send(n, command); err == nil {
				return
			}
			r.disable(n, err)
		}
	})
	if n != nil && r.instance != nil {
		if to, ok := r.instance.(module.Assignable); ok {
			_ = to.Set(c, module.Index{}, avp.String(n.URL)) // Prepare has seen that it can be
		}
	}
	if err == nil && strings.HasPrefix(reply, "E") {
		err = replied(errRefused, reply)
	}
	return n, reply, remote, err
}

// plain sends a command that says the same to every node.
func (r *RTPProxy) plain(c *module.Call, function, command string) module.Result {
	if _, _, _, err := r.exchange(c, func(*relay.Node) (string, error) { return command, nil }); err != nil {
		return c.Fail(function, err)
	}
	return module.True
}

// destroy is rtpproxy_destroy([flags]) and unforce_rtp_proxy.
func (r *RTPProxy) destroy(c *module.Call, a module.Args) module.Result {
	return r.end(c, "rtpproxy_destroy", a.Str(0))
}

func (r *RTPProxy) end(c *module.Call, function, flags string) module.Result {
	o, err := parseOptions(flags)
	if err != nil {
		return c.Fail(function, err)
	}
	id, err := r.session(c, &o)
	if err != nil {
		return c.Fail(function, err)
	}
	command := "D " + id + " " + c.Msg.FromTag()
	if to := c.Msg.ToTag(); to != "" && !o.noToTag {
		command += " " + to
	}
	return r.plain(c, function, command)
}

// record is start_recording().
func (r *RTPProxy) record(c *module.Call, _ module.Args) module.Result {
	id, err := r.session(c, &options{})
	if err != nil {
		return c.Fail("start_recording", err)
	}
	command := "R " + id + " " + c.Msg.FromTag()
	if to := c.Msg.ToTag(); to != "" {
		command += " " + to
	}
	return r.plain(c, "start_recording", command)
}

// statistics is $rtpstat.
func (r *RTPProxy) statistics(c *module.Call) module.Value {
	id, err := r.session(c, &options{})
	if err != nil {
		return module.Value{}
	}
	command := "Q " + id + " " + c.Msg.FromTag() + ";1"
	if to := c.Msg.ToTag(); to != "" {
		command += " " + to
	}
	_, reply, _, err := r.exchange(c, func(*relay.Node) (string, error) { return command, nil })
	if err != nil {
		return module.Value{}
	}
	return avp.String(c.Lasting(reply))
}

// parties are the two sides for a stream to one of them: who hears it first.
func parties(c *module.Call, callee bool) (string, error) {
	first, second := c.Msg.FromTag(), c.Msg.ToTag()
	if callee {
		if first, second = second, first; first == "" {
			return "", errToTag
		}
	}
	if second == "" {
		return first + ";1 ", nil
	}
	return first + ";1 " + second + ";1", nil
}

// stream makes rtpproxy_stream2uac and rtpproxy_stream2uas(prompt_name, count).
func (r *RTPProxy) stream(callee bool) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		id, err := r.session(c, &options{})
		var who string
		if err == nil {
			who, err = parties(c, callee)
		}
		if err == nil && !word(a.Str(0)) {
			err = errPrompt
		}
		if err != nil {
			return c.Fail("rtpproxy_stream2", err)
		}
		return r.plain(c, "rtpproxy_stream2", "P"+strconv.Itoa(a.Int(1, 0))+" "+id+" "+a.Str(0)+" session "+who)
	}
}

// stopStream makes rtpproxy_stop_stream2uac and rtpproxy_stop_stream2uas().
func (r *RTPProxy) stopStream(callee bool) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, _ module.Args) module.Result {
		id, err := r.session(c, &options{})
		var who string
		if err == nil {
			who, err = parties(c, callee)
		}
		if err != nil {
			return c.Fail("rtpproxy_stop_stream2", err)
		}
		return r.plain(c, "rtpproxy_stop_stream2", "S "+id+" "+who)
	}
}
