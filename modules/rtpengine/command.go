// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/bencode"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/relay"
	"github.com/kahea-sip/kahea/core/sdp"
	"github.com/kahea-sip/kahea/core/sip"
)

// sides says which tag of a message is the from-tag of a command.
type sides uint8

const (
	asMessage  sides = iota // that of From
	asSender                // that of who has sent the message
	asReceiver              // that of the other side: an answer names who has offered first
)

// operation is a command of the ng protocol.
type operation struct {
	name string
	sides
	// toTag says that the to-tag belongs to it also where no flag asks for it.
	toTag bool
	// whole says that it is about the whole call: sides stand in it only where flags name them.
	whole bool
}

var (
	offering  = operation{name: "offer", sides: asSender, toTag: true}
	answering = operation{name: "answer", sides: asReceiver, toTag: true}
	deleting  = operation{name: "delete"}
	querying  = operation{name: "query", sides: asSender, toTag: true}
)

var (
	errNotStarted = errors.New("a trace asks no media relay")
	errNoSet      = errors.New("there is no such set")
	errSetID      = errors.New("the value of setid_avp is no number of a set")
	errNoTag      = errors.New("the message has no tag of the side that is asked for")
	errVia        = errors.New("the message has no such Via with a branch")
	errExtra      = errors.New("via-branch=extra needs extra_id_pv")
	errLoad       = errors.New("the media relays have reached their limit")
	errRefused    = errors.New("the media relay has refused the command")
)

// work is one run of a function: a command for the sets of a message.
type work struct {
	r *RTPEngine
	c *module.Call
	operation
	d  *dictionary
	o  options
	id string // Call-ID
	// branchGiven is the via-branch that the script gives as a text.
	branchGiven string
	sets        [2]*relay.Set
	sdp         *body
}

// prepare makes the command that flags ask for.
func (r *RTPEngine) prepare(c *module.Call, op operation, a module.Args, b *body) (*work, error) {
	if r.host == nil {
		return nil, errNotStarted
	}
	w := &work{r: r, c: c, operation: op, d: newDictionary(), id: c.Msg.CallID(), sdp: b}
	w.d.add("supports", "load limit")
	if b != nil {
		w.d.set("sdp", b.text)
		if b.fragment {
			w.d.add("flags", "fragment")
		}
	}
	var err error
	if w.o, err = parseFlags(a.Str(0), w.d); err != nil {
		return nil, err
	}
	if b == nil {
		for _, key := range ofMedia {
			w.d.remove(key)
		}
	}
	if w.o.answer && op.name == offering.name {
		w.operation = answering
	}
	if len(a) > 1 && a.Str(1) != "" {
		w.o.viaBranch, w.branchGiven = "given", a.Str(1)
	}
	if w.o.callID != "" {
		w.id = w.o.callID
	}
	w.d.set("call-id", w.id)
	if err := w.branch(); err != nil {
		return nil, err
	}
	if !w.d.has("received-from") {
		setAddress(w.d, c.Packet.Src.Addr().Unmap().WithZone("").String())
	}
	if err := w.tags(); err != nil {
		return nil, err
	}
	w.d.set("command", w.operation.name)
	w.sets, err = r.setsOf(c)
	return w, err
}

// tags sets from-tag and to-tag.
func (w *work) tags() error {
	from, to := w.c.Msg.FromTag(), w.c.Msg.ToTag()
	if w.o.replaceToTag {
		to = w.o.toTag
	}
	switch {
	case w.o.hasFromTag:
		from = w.o.fromTag
	case w.o.directional:
	case w.sides == asSender && !w.c.Msg.IsRequest(), w.sides == asReceiver && w.c.Msg.IsRequest():
		from, to = to, from
	}
	if w.whole {
		if w.o.directional || w.o.hasFromTag {
			w.d.set("from-tag", from)
		}
		return nil
	}
	if from == "" {
		return errNoTag
	}
	w.d.set("from-tag", from)
	if to != "" && (w.toTag || w.o.withToTag) {
		w.d.set("to-tag", to)
	}
	return nil
}

// branch sets via-branch.
func (w *work) branch() error {
	kind, request := w.o.viaBranch, w.c.Msg.IsRequest()
	switch {
	case kind == "":
		return nil
	case kind == "auto" && request, (kind == "auto-next" || kind == "auto-extra") && !request:
		kind = "1"
	case kind == "auto":
		kind = "2"
	case kind == "auto-next":
		kind = "next"
	case kind == "auto-extra":
		kind = "extra"
	}
	switch kind {
	case "given":
		w.d.set("via-branch", w.branchGiven)
		return nil
	case "extra":
		if w.r.extraID == nil {
			return errExtra
		}
		v := w.r.extraID.Get(w.c, module.Index{})
		if v.IsNull() {
			w.d.set("via-branch", "<null>")
		} else {
			w.d.set("via-branch", string(v.AppendText(nil)))
		}
		return nil
	case "next":
		id, err := nextBranch(w.c)
		if err == nil {
			w.d.set("via-branch", id)
		}
		return err
	}
	v, err := w.c.Msg.Via(int(kind[0] - '1'))
	if err != nil || v.Branch == "" {
		return errVia
	}
	w.d.set("via-branch", v.Branch)
	return nil
}

// run sends the command to the node of the call in each of the sets, and returns what the last one has answered. Session descriptions go
// from one to the next.
func (w *work) run() (reply bencode.Value, err error) {
	var used *relay.Node
	w.c.Block(func() {
		for _, s := range w.sets {
			if s == nil || err != nil {
				continue
			}
			if reply, used, err = w.exchange(s); err == nil && w.sdp != nil && !w.sdp.fragment {
				w.d.set("sdp", reply.Get("sdp").Str)
			}
		}
	})
	if used != nil && w.r.instance != nil {
		if to, ok := w.r.instance.(module.Assignable); ok {
			_ = to.Set(w.c, module.Index{}, avp.String(used.URL)) // Prepare has seen that it can be
		}
	}
	return reply, err
}

// exchange sends the command to a node of a set, and to another one where that does not answer or takes no more calls.
func (w *work) exchange(s *relay.Set) (bencode.Value, *relay.Node, error) {
	r, key, command := w.r, strconv.Itoa(s.ID)+" "+w.id, w.d.Append(nil)
	var without []*relay.Node
	failed := errNoNode
	for len(without) < int(r.queriedNodes.Get()) {
		n, err := r.choose(s, w.id, key, without)
		if err != nil {
			break
		}
		reply, err := r.ask(n, command)
		switch {
		case errors.Is(err, errAway):
			r.disable(n, err)
		case err != nil:
			return reply, n, fmt.Errorf("%s: %w", n.URL, err)
		case reply.Get("result").Str == "load limit":
			failed = errLoad
		default:
			return reply, n, w.settle(n, key, &reply)
		}
		without = append(without, n)
	}
	return bencode.Value{}, nil, failed
}

// settle looks at the reply of a node and remembers that the call is there.
func (w *work) settle(n *relay.Node, key string, reply *bencode.Value) error {
	result := reply.Get("result")
	switch {
	case result.Kind != bencode.Text:
		return fmt.Errorf("%s: %w", n.URL, errReply)
	case result.Str == "error":
		if why := reply.Get("error-reason").Str; why != "" {
			return fmt.Errorf("%w: %s", errRefused, why)
		}
		return errRefused
	case result.Str != "ok":
		return fmt.Errorf("%w: %s", errRefused, result.Str)
	}
	if w.operation.name == deleting.name {
		if w.o.viaBranch == "" {
			w.r.calls.forget(key)
		}
		return nil
	}
	w.r.calls.set(key, n, w.r.now())
	return nil
}

// simple makes a function that sends a command without a session description.
func (r *RTPEngine) simple(function string, op operation, then func(c *module.Call, reply *bencode.Value)) func(*module.Call, module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		return r.send(c, function, op, a, then)
	}
}

func (r *RTPEngine) send(c *module.Call, function string, op operation, a module.Args, then func(c *module.Call, reply *bencode.Value)) module.Result {
	w, err := r.prepare(c, op, a, nil)
	if err != nil {
		return c.Fail(function, err)
	}
	reply, err := w.run()
	if err != nil {
		return c.Fail(function, err)
	}
	if then != nil {
		then(c, &reply)
	}
	return module.True
}

// manage is rtpengine_manage([flags]).
func (r *RTPEngine) manage(c *module.Call, a module.Args) module.Result {
	const function = "rtpengine_manage"
	method := c.Msg.Method
	if !c.Msg.IsRequest() {
		q, err := c.Msg.CSeq()
		if err != nil {
			return module.False
		}
		method = q.Method
	}
	end := func() module.Result { return r.send(c, function, deleting, a, r.takeStatistics) }
	switch method {
	case sip.MethodBye, sip.MethodCancel:
		return end()
	case sip.MethodInvite, sip.MethodAck, sip.MethodUpdate, sip.MethodPrack:
	default:
		return module.False
	}
	has := hasBody(c)
	switch {
	case c.Route == module.BranchFailureRoute:
		return module.False
	case c.Route == module.FailureRoute:
		return end()
	case c.Msg.IsRequest() && !has:
		return module.False
	case c.Msg.IsRequest() && (method == sip.MethodAck || method == sip.MethodPrack):
		return r.negotiate(c, function, answering, a)
	case c.Msg.IsRequest():
		return r.negotiate(c, function, offering, a)
	case c.Msg.Status >= 300:
		return end()
	case !has:
		return module.False
	case offered(c):
		return r.negotiate(c, function, answering, a)
	}
	return r.negotiate(c, function, offering, a)
}

// offered tells whether the request of a reply had a session description.
func offered(c *module.Call) bool {
	if c.Tx == nil {
		return true
	}
	request := c.Tx.Request()
	if request == nil {
		return true
	}
	_, _, ok := sdp.Find(request)
	return ok
}
