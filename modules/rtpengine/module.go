// SPDX-License-Identifier: Apache-2.0

// Package rtpengine lets media pass through RTPEngine.
package rtpengine

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/relay"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
)

func init() { module.Register("rtpengine", func() module.Module { return New() }) }

// RTPEngine is the module.
type RTPEngine struct {
	// Parameters.
	sockets      []string
	disableTime  setting.Int // seconds
	redetect     setting.Int
	timeout      setting.Int // milliseconds
	tries        setting.Int
	queriedNodes setting.Int
	allowOp      int
	pingInterval int // seconds
	hashAlgo     int
	tos          int
	defaultSet   int
	webAPI       string
	callShards   int
	callLife     int // seconds
	from         netip.Addr
	extraID      module.Accessor
	setID        module.Accessor
	readSDP      module.Accessor
	writeSDP     module.Accessor
	instance     module.Accessor
	duration     module.Accessor
	dbURL        string
	names        columns
	quality      quality

	host     module.Host
	ctx      context.Context
	db       db.Database
	pid      int
	cookies  atomic.Uint64
	sets     relay.Sets
	wanted   []int // sets of the database that the script names
	calls    *calls
	loading  sync.Mutex    // held while the nodes of the database are taken over
	task     *timer.Task   // runs watch
	pinged   time.Duration // when watch had all nodes asked last
	reloaded atomic.Int64  // when rtpengine.reload ran last, a time of the monotonic clock
}

// New returns the module with its defaults.
func New() *RTPEngine {
	r := &RTPEngine{tos: -1, callShards: 256, callLife: 3600, names: columns{table: "rtpengine", set: "setid", url: "url", weight: "weight", disabled: "disabled"}}
	r.disableTime.Set(60)
	r.redetect.Set(1)
	r.timeout.Set(1000)
	r.tries.Set(5)
	r.queriedNodes.Set(maxQueried)
	return r
}

// maxQueried is how many nodes are asked at most for one command.
const maxQueried = 30

var (
	_ module.Preparer = (*RTPEngine)(nil)
	_ module.Starter  = (*RTPEngine)(nil)
	_ module.Stopper  = (*RTPEngine)(nil)
)

// Exports implements module.Module.
func (r *RTPEngine) Exports() module.Exports {
	return module.Exports{
		Doc:       "Lets the media of calls pass through RTPEngine, which it tells what to relay.",
		After:     []string{"tm"},
		Params:    append(r.params(), r.quality.params()...),
		Functions: r.functions(),
		Variables: []module.Variable{
			{Name: "rtpestat", Get: r.statistics, Doc: "what the relay has counted of the call: `RTP: 54846 bytes, 1447 packets, 0 errors; RTCP: …`; null where it does not know the call"},
			{Name: "rtpstat", Get: r.statistics, Doc: "the same"},
		},
		RPC: []module.Command{
			{Name: "rtpengine.show", Run: r.rpcShow, Array: true, Doc: "Lists all nodes, or those with a URL."},
			{Name: "rtpengine.ping", Run: r.rpcPing, Doc: "Asks all nodes, or those with a URL, whether they are there."},
			{Name: "rtpengine.enable", Run: r.rpcEnable, Doc: "Takes all nodes, or those with a URL, into use (1) or out of it (0)."},
			{Name: "rtpengine.reload", Run: r.rpcReload, Doc: "Reads the nodes of the database again."},
			{Name: "rtpengine.get_hash_total", Run: r.rpcTotal, Doc: "Tells of how many calls the node is remembered."},
		},
		Settings: r.settings(),
	}
}

func (r *RTPEngine) settings() []setting.Entry {
	one := func(name string, i *setting.Int, min, max int64, doc string) setting.Entry {
		return setting.Entry{Group: "rtpengine", Name: name, Int: i, Min: min, Max: max, Doc: doc}
	}
	return []setting.Entry{
		one("rtpengine_disable_tout", &r.disableTime, 0, maxTime, "how long a node that did not answer is not asked"),
		one("aggressive_redetection", &r.redetect, 0, 1, "asks all nodes of a set again when none is in use"),
		one("rtpengine_tout_ms", &r.timeout, 1, maxTime, "how long an answer is waited for"),
		one("queried_nodes_limit", &r.queriedNodes, 1, maxQueried, "how many nodes are asked for one command"),
		one("rtpengine_retr", &r.tries, 1, 100, "how often a command is sent"),
	}
}

// Prepare implements module.Preparer.
func (r *RTPEngine) Prepare(module.Binder) error {
	for name, v := range map[string]module.Accessor{"write_sdp_pv": r.writeSDP, "rtp_inst_pvar": r.instance, "media_duration": r.duration} {
		if _, ok := v.(module.Assignable); v != nil && !ok {
			return fmt.Errorf("rtpengine: %s: %w", name, errAssign)
		}
	}
	var err error
	r.quality.each(func(v module.Accessor) {
		if _, ok := v.(module.Assignable); !ok {
			err = fmt.Errorf("rtpengine: a variable of mos_…_pv: %w", errAssign)
		}
	})
	if err != nil || r.dbURL != "" {
		return err
	}
	for _, text := range r.sockets {
		if err := r.sets.Read(text, r.defaultSet, r.accept); err != nil {
			return fmt.Errorf("rtpengine: rtpengine_sock: %w", err)
		}
	}
	return nil
}

var (
	errAssign  = errors.New("the variable cannot be assigned")
	errAPI     = errors.New("this is not lwsc")
	errAddress = errors.New("this is no IP address")
)

func (r *RTPEngine) setWebAPI(text string) error {
	if text != "lwsc" {
		return fmt.Errorf("%q: %w", text, errAPI)
	}
	r.webAPI = text
	return nil
}

func (r *RTPEngine) setFrom(text string) error {
	a, ok := sip.ParseHostAddr(text)
	if !ok {
		return fmt.Errorf("%q: %w", text, errAddress)
	}
	r.from = a
	return nil
}

// Start implements module.Starter. The nodes are asked in the background: without one calls go on.
func (r *RTPEngine) Start(ctx context.Context, h module.Host) error {
	r.host, r.ctx, r.pid = h, ctx, os.Getpid()
	r.calls = newCalls(r.callShards, time.Duration(r.callLife)*time.Second)
	if r.dbURL != "" {
		if err := r.open(ctx); err != nil {
			return err
		}
		if err := r.load(ctx); err != nil {
			return err
		}
		if err := r.checkWanted(); err != nil {
			return err
		}
	}
	r.pinged = r.now()
	r.reloaded.Store(int64(r.pinged))
	r.askAll()
	r.task = h.Timers().Every("rtpengine", watchPause, r.watch)
	return nil
}

// Stop implements module.Stopper.
func (r *RTPEngine) Stop(context.Context) error {
	if r.task != nil { // a trace does not start it
		r.task.Stop()
	}
	r.sets.Close()
	return nil
}
