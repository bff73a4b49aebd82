// SPDX-License-Identifier: Apache-2.0

// Package dispatcher spreads requests over sets of gateways.
package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

func init() { module.Register("dispatcher", func() module.Module { return New() }) }

// Dispatcher is the module.
type Dispatcher struct {
	host module.Host
	log  logger

	// Parameters.
	listFile, dbURL           string
	names                     columns
	flags, forceDst           int
	useDefault, attrsNone     int
	xavpDst, xavpCtx          string
	xavpDstMode, xavpCtxMode  int
	hashPV                    module.Template
	setIDVar, attrsVar        module.Accessor
	pingMethod, pingFrom      string
	pingInterval, probingMode int
	pingLatency, alpha        int
	retainLatency             int
	outboundProxy             string
	defaultSocketText         string
	defaultSockname           string
	eventCallback             string
	loadMode, reloadDelta     int
	dnsMode, dnsInterval      int
	hashSize                  int
	hashExpire, hashInit      int
	hashCheck                 int
	failThreshold             setting.Int
	recoverThreshold          setting.Int
	replyCodes                setting.Str
	codes                     atomic.Pointer[replyCodes]

	db            db.Database // nil without db_url
	defaultSocket *transport.Socket
	counts        [maxCount]*avp.Tree

	// list is the current one.
	list  atomic.Pointer[list]
	store *store
	// pingOn is what dispatcher.ping_active sets.
	pingOn atomic.Int64

	// changing is held while the list is made anew, and while weights are
	// computed; lastReload is guarded by it.
	changing   sync.Mutex
	lastReload time.Duration

	tasks []*timer.Task

	selected, nobody, failovers counter.Counter
	pings, pingFailures         counter.Counter
}

// store is what outlives a generation.
type store struct {
	list  atomic.Pointer[list]
	calls calls
}

// New returns the module with its defaults.
func New() *Dispatcher {
	d := &Dispatcher{listFile: "/etc/kamailio/dispatcher.list", forceDst: 1, xavpDst: "_dsdst_", xavpCtx: "_dsctx_",
		pingMethod: "OPTIONS", pingFrom: "sip:dispatcher@localhost", alpha: 900, hashExpire: 7200, hashInit: 7200, hashCheck: 30,
		reloadDelta: 5, dnsMode: dnsAtLoad, dnsInterval: 600, counts: newCounts(), names: newColumns()}
	d.failThreshold.Set(1)
	d.recoverThreshold.Set(1)
	d.pingOn.Store(1)
	d.list.Store(new(list))
	return d
}

var (
	_ module.Preparer = (*Dispatcher)(nil)
	_ module.Starter  = (*Dispatcher)(nil)
	_ module.Stopper  = (*Dispatcher)(nil)
)

// Exports implements module.Module.
func (d *Dispatcher) Exports() module.Exports {
	return module.Exports{
		Doc:       "Spreads requests over sets of gateways, and probes which of them work.",
		Requires:  nil,
		After:     []string{"tm"},
		Params:    d.params(),
		Functions: d.functions(),
		Variables: []module.Variable{
			{Name: "dsv", Bind: bindDSV, Doc: "what led to the event of an event route: $dsv(code) and $dsv(reason) of the reply to the probe (820 for a change that the script asked for), $dsv(flags) 1 where a gateway replied"},
			{Name: "dsg", Bind: d.bindDSG, Doc: "the set that ds_dsg_fetch looked at: $dsg(count) gateways, $dsg(active) and $dsg(inactive) of them, and $dsg(pactive) and $dsg(pinactive) in percent"},
		},
		RPC: d.commands(),
		Events: []module.Event{
			{Name: "dispatcher:dst-down", Doc: "A gateway became inactive or disabled; $ru is its URI, where a probe led to it."},
			{Name: "dispatcher:dst-up", Doc: "A gateway can be used again."},
		},
		Counters: []counter.Entry{
			{Name: "selected", Counter: &d.selected, Doc: "selections that found a gateway"},
			{Name: "no_destination", Counter: &d.nobody, Doc: "selections in a set that had no gateway to use"},
			{Name: "failovers", Counter: &d.failovers, Doc: "times that a next gateway was taken"},
			{Name: "pings", Counter: &d.pings, Doc: "probes that were sent"},
			{Name: "ping_failures", Counter: &d.pingFailures, Doc: "probes that had no valid reply"},
			{Name: "destinations", Gauge: func() int64 { n, _ := d.tally(); return n }, Doc: "gateways in all sets"},
			{Name: "destinations_down", Gauge: func() int64 { _, n := d.tally(); return n }, Doc: "gateways that are inactive or disabled"},
		},
		Settings: d.settings(),
	}
}

var errTM = errors.New("dispatcher: ds_ping_interval needs the module tm, loaded before")

// Prepare implements module.Preparer.
func (d *Dispatcher) Prepare(b module.Binder) error {
	if d.pingInterval > 0 && b.Module("tm") == nil {
		return errTM
	}
	for _, fault := range d.readCodes() {
		b.Log().Warn(fault, "param", "ds_ping_reply_codes")
	}
	return nil
}

// Start implements module.Starter.
func (d *Dispatcher) Start(ctx context.Context, h module.Host) error {
	d.host, d.log = h, logger{h.Log().With("module", "dispatcher")}
	d.store = h.Store("dispatcher", func() any { return new(store) }).(*store)
	if err := d.sockets(); err != nil {
		return err
	}
	if d.dbURL != "" {
		if err := d.open(ctx, h); err != nil {
			return err
		}
	}
	if err := d.load(ctx); err != nil {
		return err
	}
	every := func(name string, seconds int, f func()) {
		if seconds > 0 {
			d.tasks = append(d.tasks, h.Timers().Every(name, time.Duration(seconds)*time.Second, f))
		}
	}
	every("dispatcher", d.pingInterval, d.ping)
	if d.hashSize > 0 {
		every("dispatcher calls", d.hashCheck, d.expireCalls)
	}
	if d.dnsMode&dnsRefresh != 0 {
		every("dispatcher dns", d.dnsInterval, d.refresh)
	}
	return nil
}

// sockets finds those that parameters name.
func (d *Dispatcher) sockets() error {
	for _, text := range []string{d.defaultSockname, d.defaultSocketText} {
		if text == "" || d.defaultSocket != nil {
			continue
		}
		if d.defaultSocket = d.host.Transport().SocketByText(text); d.defaultSocket == nil {
			return fmt.Errorf("%q %w", text, errSocket)
		}
	}
	return nil
}

// Stop implements module.Stopper.
func (d *Dispatcher) Stop(context.Context) error {
	for _, t := range d.tasks {
		t.Stop()
		t.Wait()
	}
	return nil
}

// tally counts the gateways, and those that no call is sent to.
func (d *Dispatcher) tally() (all, down int64) {
	for _, s := range d.list.Load().sets {
		for _, dst := range s.destinations {
			all++
			if !dst.usable() {
				down++
			}
		}
	}
	return all, down
}

func (d *Dispatcher) expireCalls() {
	d.store.calls.expire(d.host.Clock().Monotonic(), time.Duration(d.hashInit)*time.Second, time.Duration(d.hashExpire)*time.Second)
}
