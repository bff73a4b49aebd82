// SPDX-License-Identifier: Apache-2.0

package sl

import (
	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
)

// counts are the numbers of replies by code. A reply is counted once: under
// its code where that has a number of its own, else under its class.
type counts struct {
	byCode   [len(codes)]counter.Counter
	byClass  [7]counter.Counter // 0 for what is none of 1xx to 6xx
	sent     counter.Counter
	errors   counter.Counter
	failures counter.Counter
	acks     counter.Counter
}

// codes have a number of their own; text is the name without "_replies".
var codes = [...]struct {
	code int
	text string
}{{200, "200"}, {202, "202"}, {300, "300"}, {301, "301"}, {302, "302"}, {400, "400"}, {401, "401"}, {403, "403"}, {404, "404"},
	{407, "407"}, {408, "408"}, {483, "483"}, {500, "500"}}

var classes = [...]string{"xxx", "1xx", "2xx", "3xx", "4xx", "5xx", "6xx"}

func (n *counts) entries() []counter.Entry {
	all := []counter.Entry{
		{Name: "sent_replies", Counter: &n.sent, Doc: "all replies sent"},
		{Name: "sent_err_replies", Counter: &n.errors, Doc: "replies sent about errors"},
		{Name: "failures", Counter: &n.failures, Doc: "replies that could not be sent"},
		{Name: "received_ACKs", Counter: &n.acks, Doc: "ACKs for our replies that ended here"},
	}
	for i, c := range codes {
		all = append(all, counter.Entry{Name: c.text + "_replies", Counter: &n.byCode[i], Doc: c.text + " replies"})
	}
	for i, c := range classes {
		doc := c + " replies that have no number of their own"
		if i == 0 {
			doc = "replies of no class"
		}
		all = append(all, counter.Entry{Name: c + "_replies", Counter: &n.byClass[i], Doc: doc})
	}
	return all
}

func (n *counts) add(code int) {
	n.sent.Inc()
	for i := range codes {
		if codes[i].code == code {
			n.byCode[i].Inc()
			return
		}
	}
	class := code / 100
	if class < 1 || class > 6 {
		class = 0
	}
	n.byClass[class].Inc()
}

// rpcStats is sl.stats.
func (s *SL) rpcStats(r *module.Request) error {
	out := r.Struct()
	class := func(i int) { out.Add(classes[i], s.counts.byClass[i].Value()) }
	for i, c := range codes {
		out.Add(c.text, s.counts.byCode[i].Value())
		if i+1 == len(codes) || codes[i+1].code/100 != c.code/100 {
			class(c.code / 100)
		}
	}
	class(6)
	class(0)
	return nil
}
