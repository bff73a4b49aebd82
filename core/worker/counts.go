// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"math/bits"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// counts are the counters of the core group, by Kamailio's names.
type counts struct {
	requests, replies               counter.Counter
	forwardedRequests               counter.Counter
	forwardedReplies                counter.Counter
	droppedRequests, droppedReplies counter.Counter
	badRequests, badReplies         counter.Counter
	badURIs, badHeaders             counter.Counter
	unsupportedMethods              counter.Counter
	panics                          counter.Counter
	parseErrors                     counter.Counter

	byMethod      [20]counter.Counter // by bit number of sip.Method
	byClass       [7]counter.Counter  // 1xx to 6xx
	byClassMethod [7][20]counter.Counter
	ringing       counter.Counter
	byStatus      map[int]*counter.Counter // a few statuses; read-only after start
}

// messages are all that were received.
func (c *counts) messages() int64 { return c.requests.Value() + c.replies.Value() }

var methodNames = []struct {
	method sip.Method
	name   string
	reply  string // name in rcv_replies_NNN_, where there is one
}{
	{sip.MethodInvite, "invite", "invite"}, {sip.MethodCancel, "cancel", "cancel"}, {sip.MethodAck, "ack", ""},
	{sip.MethodBye, "bye", "bye"}, {sip.MethodInfo, "info", ""}, {sip.MethodRegister, "register", "reg"},
	{sip.MethodSubscribe, "subscribe", ""}, {sip.MethodNotify, "notify", ""}, {sip.MethodMessage, "message", "message"},
	{sip.MethodOptions, "options", ""}, {sip.MethodPrack, "prack", "prack"}, {sip.MethodUpdate, "update", "update"},
	{sip.MethodRefer, "refer", "refer"}, {sip.MethodPublish, "publish", ""},
}

func bit(m sip.Method) int { return bits.TrailingZeros32(uint32(m)) }

func (c *counts) declare(set *counter.Set) error {
	entries := []counter.Entry{
		{Name: "rcv_requests", Counter: &c.requests, Doc: "requests received"},
		{Name: "rcv_replies", Counter: &c.replies, Doc: "replies received"},
		{Name: "fwd_requests", Counter: &c.forwardedRequests, Doc: "requests forwarded without state"},
		{Name: "fwd_replies", Counter: &c.forwardedReplies, Doc: "replies forwarded without state"},
		{Name: "drop_requests", Counter: &c.droppedRequests, Doc: "requests dropped before their route ran, or not forwarded without state though they should be"},
		{Name: "drop_replies", Counter: &c.droppedReplies, Doc: "replies dropped by the reply route"},
		{Name: "err_requests", Counter: &c.badRequests, Doc: "requests that could not be handled"},
		{Name: "err_replies", Counter: &c.badReplies, Doc: "replies that could not be handled"},
		{Name: "bad_URIs_rcvd", Counter: &c.badURIs, Doc: "URIs that could not be read"},
		{Name: "bad_msg_hdr", Counter: &c.badHeaders, Doc: "messages with a header that could not be read"},
		{Name: "unsupported_methods", Counter: &c.unsupportedMethods, Doc: "requests with an unknown method"},
		{Name: "rcv_parse_errors", Counter: &c.parseErrors, Doc: "datagrams that are not SIP"},
		{Name: "panics", Counter: &c.panics, Doc: "messages that were dropped because handling them failed inside the engine"},
		{Name: "rcv_replies_18x", Counter: &c.ringing, Doc: "replies 180 to 189 received"},
	}
	classes := []string{1: "1xx", 2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx", 6: "6xx"}
	for _, m := range methodNames {
		entries = append(entries, counter.Entry{Name: "rcv_requests_" + m.name, Counter: &c.byMethod[bit(m.method)],
			Doc: m.method.String() + " requests received"})
	}
	for class := 1; class <= 6; class++ {
		entries = append(entries, counter.Entry{Name: "rcv_replies_" + classes[class], Counter: &c.byClass[class],
			Doc: classes[class] + " replies received"})
		for _, m := range methodNames {
			if m.reply != "" {
				entries = append(entries, counter.Entry{Name: "rcv_replies_" + classes[class] + "_" + m.reply,
					Counter: &c.byClassMethod[class][bit(m.method)], Doc: classes[class] + " replies to " + m.method.String()})
			}
		}
	}
	c.byStatus = map[int]*counter.Counter{}
	for status, name := range map[int]string{401: "401", 404: "404", 407: "407", 480: "480", 486: "486"} {
		n := new(counter.Counter)
		c.byStatus[status] = n
		entries = append(entries, counter.Entry{Name: "rcv_replies_" + name, Counter: n, Doc: name + " replies received"})
	}
	return set.Declare("core", entries...)
}

// stateless are the counters of what is forwarded without state. As with
// Kamailio a request that cannot be forwarded counts as dropped.
func (c *counts) stateless() transaction.Stateless {
	return transaction.Stateless{Requests: c.forwardedRequests, FailedRequests: c.droppedRequests,
		Replies: c.forwardedReplies, FailedReplies: c.badReplies}
}

func (c *counts) request(m *sip.Message) {
	c.requests.Inc()
	if m.Method == sip.MethodOther {
		c.unsupportedMethods.Inc()
		return
	}
	if b := bit(m.Method); b < len(c.byMethod) && m.Method.Has(countedMethods) {
		c.byMethod[b].Inc()
	}
}

func (c *counts) reply(m *sip.Message) {
	c.replies.Inc()
	class := m.Status / 100
	if class < 1 || class > 6 {
		return
	}
	c.byClass[class].Inc()
	if m.Status/10 == 18 {
		c.ringing.Inc()
	}
	if m.Status >= 400 {
		if n := c.byStatus[m.Status]; n != nil {
			n.Inc()
		}
	}
	if q, err := m.CSeq(); err == nil && q.Method.Has(countedReplies) {
		c.byClassMethod[class][bit(q.Method)].Inc()
	}
}

var countedMethods, countedReplies = func() (all, replies sip.Method) {
	for _, m := range methodNames {
		all |= m.method
		if m.reply != "" {
			replies |= m.method
		}
	}
	return all, replies
}()
