// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"fmt"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/bencode"
	"github.com/kahea-sip/kahea/core/module"
)

// quality are the variables that get what a relay says of the quality of a call: for all its streams, and for those of the parties with a
// label.
type quality struct {
	all    measures
	a, b   measures
	labelA module.Accessor
	labelB module.Accessor
}

// measures are the variables for some of the streams.
type measures struct{ lowest, highest, average measure }

// measure are the variables for one opinion score (MOS): the lowest, the highest or the average one.
type measure struct{ score, at, loss, jitter, roundTrip, roundTripLeg, samples module.Accessor }

// params are the parameters that name the variables.
func (q *quality) params() []module.Param {
	params := []module.Param{
		{Name: "mos_A_label_pv", Set: &q.labelA, Doc: "variable with the label of the parties that the variables `…_A_pv` are about"},
		{Name: "mos_B_label_pv", Set: &q.labelB, Doc: "the same for `…_B_pv`"},
	}
	for _, of := range []struct {
		m           *measures
		suffix, doc string
	}{{&q.all, "", ""}, {&q.a, "_A", ", of the streams with label A"}, {&q.b, "_B", ", of the streams with label B"}} {
		for _, k := range []struct {
			m         *measure
			name, doc string
		}{{&of.m.lowest, "min", "lowest"}, {&of.m.highest, "max", "highest"}, {&of.m.average, "average", "average"}} {
			add := func(part string, set *module.Accessor, doc string) {
				params = append(params, module.Param{Name: "mos_" + k.name + part + of.suffix + "_pv", Set: set, Doc: "variable that gets " + doc + of.doc})
			}
			add("", &k.m.score, "the "+k.doc+" MOS of the call: 4.3")
			if k.name != "average" {
				add("_at", &k.m.at, "when it was: 1:30 after the start")
			} else {
				add("_samples", &k.m.samples, "of how many samples the averages are")
			}
			add("_packetloss", &k.m.loss, "the packets that were lost then, in percent")
			add("_jitter", &k.m.jitter, "the jitter then, in milliseconds")
			add("_roundtrip", &k.m.roundTrip, "the round trip time then, in microseconds")
			add("_roundtrip_leg", &k.m.roundTripLeg, "the round trip time of the leg then, in microseconds")
		}
	}
	return params
}

// each calls f for every variable that is set.
func (q *quality) each(f func(v module.Accessor)) {
	for _, m := range []*measures{&q.all, &q.a, &q.b} {
		for _, x := range []*measure{&m.lowest, &m.highest, &m.average} {
			for _, v := range []module.Accessor{x.score, x.at, x.loss, x.jitter, x.roundTrip, x.roundTripLeg, x.samples} {
				if v != nil {
					f(v)
				}
			}
		}
	}
}

// assign gives the variables what a reply to delete or query says. A variable of which it says nothing keeps its value.
func (q *quality) assign(c *module.Call, reply *bencode.Value) {
	streams := reply.Get("SSRC")
	if streams.Kind != bencode.Dict || len(streams.Items) == 0 {
		return
	}
	created := number(reply.Get("created"), 0)
	q.all.assign(c, &streams, created, nil)
	for _, side := range []struct {
		m     *measures
		label module.Accessor
	}{{&q.a, q.labelA}, {&q.b, q.labelB}} {
		if side.label == nil {
			continue
		}
		if name := side.label.Get(c, module.Index{}).Str; name != "" {
			side.m.assign(c, &streams, created, labelled(reply, name))
		}
	}
}

// labelled are the streams of the parties with a label.
func labelled(reply *bencode.Value, label string) map[string]bool {
	wanted := map[string]bool{}
	tags := reply.Get("tags")
	for i := range tags.Items {
		if tags.Items[i].Get("label").Str != label {
			continue
		}
		medias := tags.Items[i].Get("medias")
		for j := range medias.Items {
			streams := medias.Items[j].Get("streams")
			for k := range streams.Items {
				if id := streams.Items[k].Get("SSRC"); id.Kind == bencode.Int {
					wanted[fmt.Sprint(id.Int)] = true
				}
			}
		}
	}
	return wanted
}

// assign assigns what the wanted streams make; nil wants all.
func (m *measures) assign(c *module.Call, streams *bencode.Value, created int64, wanted map[string]bool) {
	var lowest, highest, sum scores
	count := int64(0)
	for i, id := range streams.Keys {
		if wanted != nil && !wanted[id] {
			continue
		}
		if s, ok := read(streams.Items[i].Get("lowest MOS")); ok && (lowest.mos == 0 || s.mos < lowest.mos) {
			lowest = s
		}
		if s, ok := read(streams.Items[i].Get("highest MOS")); ok && s.mos > highest.mos {
			highest = s
		}
		if s, ok := read(streams.Items[i].Get("average MOS")); ok {
			sum.add(s)
			count++
		}
	}
	m.lowest.assign(c, lowest, created)
	m.highest.assign(c, highest, created)
	if count > 0 {
		m.average.assign(c, sum.over(count), created)
	}
}

// scores are the values that go with an opinion score, which is in tenths; -1 where the relay says nothing.
type scores struct{ mos, at, loss, jitter, roundTrip, roundTripLeg, samples int64 }

// read reads scores; ok is false where there is no MOS above 0.
func read(v bencode.Value) (s scores, ok bool) {
	s = scores{
		mos: number(v.Get("MOS"), 0), at: number(v.Get("reported at"), -1), loss: number(v.Get("packet loss"), -1), jitter: number(v.Get("jitter"), -1),
		roundTrip: number(v.Get("round-trip time"), -1), roundTripLeg: number(v.Get("round-trip time leg"), -1), samples: number(v.Get("samples"), -1),
	}
	return s, s.mos > 0
}

func number(v bencode.Value, otherwise int64) int64 {
	if v.Kind != bencode.Int {
		return otherwise
	}
	return v.Int
}

func (s *scores) add(o scores) {
	s.mos += o.mos
	s.loss += o.loss
	s.jitter += o.jitter
	s.roundTrip += o.roundTrip
	s.roundTripLeg += o.roundTripLeg
	s.samples += o.samples
}

func (s scores) over(n int64) scores {
	return scores{mos: s.mos / n, loss: s.loss / n, jitter: s.jitter / n, roundTrip: s.roundTrip / n, roundTripLeg: s.roundTripLeg / n, samples: s.samples / n}
}

func (m *measure) assign(c *module.Call, s scores, created int64) {
	if s.mos == 0 {
		return
	}
	at := s.at - created
	seconds := max(at%60, -at%60)
	for _, v := range []struct {
		to   module.Accessor
		text string
	}{
		{m.score, fmt.Sprintf("%d.%d", s.mos/10, s.mos%10)}, {m.at, fmt.Sprintf("%d:%02d", at/60, seconds)}, {m.loss, fmt.Sprint(s.loss)}, {m.jitter, fmt.Sprint(s.jitter)},
		{m.roundTrip, fmt.Sprint(s.roundTrip)}, {m.roundTripLeg, fmt.Sprint(s.roundTripLeg)}, {m.samples, fmt.Sprint(s.samples)},
	} {
		if v.to != nil {
			_ = v.to.(module.Assignable).Set(c, module.Index{}, avp.String(v.text)) // Prepare has seen that it can be
		}
	}
}
