// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/transaction"
)

// Modes of ds_probing_mode.
const (
	probeOnce = iota
	probeAll
	probeInactive
	probeMarked
)

// due tells whether a gateway in a state is probed.
func due(mode int, state uint32) bool {
	switch {
	case state&disabled != 0:
		return false
	case mode == probeAll:
		return true
	case mode == probeInactive && state&inactive == 0:
		return false
	}
	return state&probing != 0
}

// keepProbing tells whether a gateway keeps the state probing behind a probe
// that led from one state to another.
func keepProbing(mode int) func(old, new uint32) bool {
	switch mode {
	case probeOnce:
		return func(_, _ uint32) bool { return false }
	case probeAll:
		return func(_, _ uint32) bool { return true }
	case probeInactive:
		return func(old, new uint32) bool { return old&probing != 0 && new&inactive != 0 }
	}
	return func(old, _ uint32) bool { return old&probing != 0 }
}

// ping probes all gateways whose turn it is.
func (d *Dispatcher) ping() {
	if d.pingOn.Load() == 0 {
		return
	}
	for _, s := range d.list.Load().sets {
		for _, dst := range s.destinations {
			if due(d.probingMode, dst.state.Load()) {
				d.probe(dst)
			}
		}
	}
}

// probe sends a request to a gateway and reports what comes of it.
func (d *Dispatcher) probe(dst *destination) {
	from, hop := d.pingFrom, d.outboundProxy
	if dst.attrs.pingFrom != "" {
		from = dst.attrs.pingFrom
	}
	if dst.attrs.obproxy != "" {
		hop = dst.attrs.obproxy
	}
	layer := d.host.Transactions()
	sent := d.host.Clock().Monotonic()
	var done atomic.Bool
	report := func(e *event) {
		if done.CompareAndSwap(false, true) {
			d.answered(dst, e, d.host.Clock().Monotonic()-sent)
		}
	}
	d.pings.Inc()
	t, err := layer.Send(&transaction.LocalRequest{
		Method: d.pingMethod, URI: dst.uri, From: "<" + from + ">;tag=" + layer.NewTag(), To: "<" + dst.uri + ">", NextHop: hop,
		Socket: dst.socket, Gen: d.host.Generation(), Events: transaction.LocalDone,
		Heard: func(n *transaction.Notice) {
			e := &event{code: int64(n.Code)}
			if n.Reply != nil {
				e.reason, e.replied = strings.Clone(n.Reply.Reason), true
			}
			report(e)
		},
	}, nil)
	if t != nil {
		t.Unref()
	}
	if err != nil {
		code := int64(500)
		if e := (*transaction.Error)(nil); errors.As(err, &e) {
			code = int64(e.Status)
		}
		d.log.Debug("a probe cannot be sent", "uri", dst.uri, "err", err)
		report(&event{code: code})
	}
}

// answered reports the reply to a probe, or that there was none.
func (d *Dispatcher) answered(dst *destination, e *event, took time.Duration) {
	ok := d.codes.Load().valid(int(e.code))
	if !ok {
		d.pingFailures.Inc()
	}
	if d.pingLatency != 0 {
		if e.replied {
			dst.measured(int(took.Milliseconds()), float64(d.alpha)/1000)
		} else {
			dst.unanswered()
		}
		if dst.attrs.congestion {
			d.reweighSet(dst.set.id)
		}
	}
	k := dst.probed(ok, d.thresholds(), keepProbing(d.probingMode))
	if name := d.settle(dst, k); name != "" {
		d.tellAlone(dst, name, e)
	}
}

// replyCodes are those that count as success beside 200.
type replyCodes struct {
	classes [7]bool
	codes   []int
}

func (r *replyCodes) valid(code int) bool {
	if code == 200 {
		return true
	}
	if c := code / 100; c < len(r.classes) && r.classes[c] {
		return true
	}
	for _, k := range r.codes {
		if k == code {
			return true
		}
	}
	return false
}

// readCodes reads ds_ping_reply_codes; it returns what means nothing.
func (d *Dispatcher) readCodes() (faults []string) {
	r := new(replyCodes)
	for part := range strings.SplitSeq(d.replyCodes.Get(), ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, text, _ := strings.Cut(part, "=")
		n, err := strconv.Atoi(strings.TrimSpace(text))
		switch name = strings.TrimSpace(name); {
		case err == nil && name == "class" && 1 <= n && n <= 6:
			r.classes[n] = true
		case err == nil && name == "code" && 100 <= n && n <= 699:
			r.codes = append(r.codes, n)
		default:
			faults = append(faults, strconv.Quote(part)+" means no reply: there are class=1 to class=6 and code=100 to code=699")
		}
	}
	d.codes.Store(r)
	return faults
}
