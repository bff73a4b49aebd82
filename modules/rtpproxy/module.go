// SPDX-License-Identifier: Apache-2.0

// Package rtpproxy lets media pass through RTP proxies.
package rtpproxy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/relay"
)

func init() { module.Register("rtpproxy", func() module.Module { return New() }) }

// RTPProxy is the module.
type RTPProxy struct {
	sockets     []string
	disableTime int
	timeout     int
	tries       int
	marker      string
	extraID     module.Accessor
	instance    module.Accessor
	ice         module.Accessor
	dbURL       string
	table       string

	host    module.Host
	pid     int
	cookies atomic.Uint64
	sets    relay.Sets
}

// New returns the module with its defaults.
func New() *RTPProxy {
	return &RTPProxy{disableTime: 60, timeout: 1, tries: 5, marker: "a=nortpproxy:yes\r\n", table: "rtpproxy"}
}

var (
	_ module.Preparer = (*RTPProxy)(nil)
	_ module.Starter  = (*RTPProxy)(nil)
)

// Exports implements module.Module.
func (r *RTPProxy) Exports() module.Exports {
	return module.Exports{
		Doc:   "Lets the media of calls pass through RTP proxies, which it tells what to relay.",
		After: []string{"tm"},
		Params: []module.Param{
			{Name: "rtpproxy_sock", Set: &r.sockets, Doc: "nodes of one set, divided by blanks: `udp:HOST:PORT`, `udp6:HOST:PORT` or `unix:PATH`, each with `=WEIGHT` behind it where the weight is not 1. `NUMBER ==` in front names the set, else it is 0. May be set several times"},
			{Name: "rtpproxy_disable_tout", Set: &r.disableTime, Min: 1, Max: 1 << 20, Unit: "s", Doc: "how long a node that did not answer is not asked"},
			{Name: "rtpproxy_tout", Set: &r.timeout, Min: 1, Max: 3600, Unit: "s", Doc: "how long an answer is waited for"},
			{Name: "rtpproxy_retr", Set: &r.tries, Min: 1, Max: 100, Doc: "how often a command is sent before the node counts as not answering"},
			{Name: "nortpproxy_str", Set: &r.marker, Doc: "line that marks session descriptions whose media pass through a proxy, with its line end; empty for none"},
			{Name: "extra_id_pv", Set: &r.extraID, Doc: "variable whose value the flag b adds to the Call-ID"},
			{Name: "rtp_inst_pvar", Set: &r.instance, Doc: "variable that gets the URL of the node that was chosen"},
			{Name: "ice_candidate_priority_avp", Set: &r.ice, Doc: "variable that says whether streams with candidates of ICE get the proxy as one more: 0 no, 1 as the first choice, 2, or no value, as the last one"},
			{Name: "db_url", Set: &r.dbURL, Doc: "database with the nodes; those of rtpproxy_sock do not count then"},
			{Name: "table_name", Set: &r.table, Doc: "table of the nodes"},
		},
		Functions: r.functions(),
		Variables: []module.Variable{
			{Name: "rtpstat", Get: r.statistics, Doc: "what the node says of the packets of the call; null where it says nothing"},
			{Name: "rtppstat", Get: r.statistics, Doc: "the same"},
		},
		RPC: []module.Command{
			{Name: "rtpproxy.list", Run: r.rpcList, Array: true, Doc: "Lists the nodes of all sets."},
			{Name: "rtpproxy.enable", Run: r.rpcEnable, Doc: "Takes the nodes with a URL into use (1) or out of it (0)."},
		},
	}
}

func (r *RTPProxy) functions() []module.Function {
	flags := module.Arg{Name: "flags", Optional: true, Doc: "flags, see above"}
	address := module.Arg{Name: "ip_address", Optional: true, Doc: "address for the session description, instead of that of the node"}
	both, any := []module.Arg{flags, address}, module.AnyRoute
	prompt := []module.Arg{{Name: "prompt_name", Doc: "file of the node"}, {Name: "count", Type: module.ArgInt, Doc: "how often; -1 until it is stopped"}}
	return []module.Function{
		{Name: "rtpproxy_offer", Args: both, Routes: any, Run: r.offer, Lua: "rtpproxy_offer0(); rtpproxy_offer(str); rtpproxy_offer_ip(str,str)",
			Doc: "Makes a session of the first session description of a call, and rewrites it. $rc is -2 where it is marked, -3 without a node in use."},
		{Name: "rtpproxy_answer", Args: both, Routes: any, Run: r.answer, Lua: "rtpproxy_answer0(); rtpproxy_answer(str); rtpproxy_answer_ip(str,str)",
			Doc: "The same for the second one, in a reply or an ACK."},
		{Name: "rtpproxy_manage", Args: both, Routes: any, Run: r.manage, Lua: "rtpproxy_manage0(); rtpproxy_manage(str); rtpproxy_manage_ip(str,str)",
			Doc: "Does what the message is in need of: offer, answer or destroy."},
		{Name: "rtpproxy_destroy", Args: []module.Arg{flags}, Routes: any, Run: r.destroy, Lua: "rtpproxy_destroy0(); rtpproxy_destroy(str)", Doc: "Ends the session."},
		{Name: "unforce_rtp_proxy", Args: []module.Arg{flags}, Routes: any, Run: r.destroy, Lua: "-", Doc: "The same."},
		{Name: "set_rtp_proxy_set", Args: []module.Arg{{Name: "setid", Type: module.ArgInt, Doc: "number of the set"}}, Routes: any, Run: r.selectSet, Lua: "set_rtpproxy_set(int)",
			Doc: "Chooses the set for the functions that follow for this message. False when there is no such set."},
		{Name: "start_recording", Routes: any, Run: r.record, Doc: "Has the node record the call."},
		{Name: "rtpproxy_stream2uac", Args: prompt, Routes: any, Run: r.stream(false), Lua: "rtpproxy_stream2uac(str,int)", Doc: "Has the node play a file to the caller of the transaction."},
		{Name: "rtpproxy_stream2uas", Args: prompt, Routes: any, Run: r.stream(true), Lua: "rtpproxy_stream2uas(str,int)", Doc: "The same to its callee."},
		{Name: "rtpproxy_stop_stream2uac", Routes: any, Run: r.stopStream(false), Doc: "Ends it."},
		{Name: "rtpproxy_stop_stream2uas", Routes: any, Run: r.stopStream(true), Doc: "Ends it."},
	}
}

// Prepare implements module.Preparer.
func (r *RTPProxy) Prepare(module.Binder) error {
	if _, ok := r.instance.(module.Assignable); r.instance != nil && !ok {
		return errors.New("rtpproxy: rtp_inst_pvar cannot be assigned")
	}
	if r.dbURL != "" {
		return nil
	}
	for _, text := range r.sockets {
		if err := r.sets.Read(text, 0, adopt); err != nil {
			return fmt.Errorf("rtpproxy: rtpproxy_sock: %w", err)
		}
	}
	return nil
}

// Start implements module.Starter. The nodes are asked in the background.
func (r *RTPProxy) Start(ctx context.Context, h module.Host) error {
	r.host, r.pid = h, os.Getpid()
	if r.dbURL != "" {
		if err := r.load(ctx); err != nil {
			return err
		}
	}
	for n := range r.sets.Nodes() {
		h.Go("rtpproxy", func() { r.probe(n) })
	}
	return nil
}

// tableVersion is that of Kamailio 5.6.
const tableVersion = 1

// DatabaseURLs implements module.Connector.
func (r *RTPProxy) DatabaseURLs() []string {
	if r.dbURL == "" {
		return nil
	}
	return []string{r.dbURL}
}

// load reads the nodes of the database. A row that is none is left out.
func (r *RTPProxy) load(ctx context.Context) error {
	d, err := r.host.Database(ctx, r.dbURL)
	if err != nil {
		return err
	}
	if err := db.CheckVersion(ctx, d, r.host.Core().VersionTable, r.table, tableVersion); err != nil {
		return err
	}
	q := db.Query{Table: r.table, Columns: []string{"setid", "url", "weight"}}
	return d.Select(ctx, q, func(row []db.Value) error {
		id, err := strconv.Atoi(strings.TrimSpace(db.Text(row[0])))
		weight, isNumber := db.Int(row[2])
		n, bad := relay.ParseNode(strings.TrimSpace(db.Text(row[1])))
		if err != nil || bad != nil || !isNumber || weight > relay.MaxWeight || n.SetWeight(int(weight)) != nil {
			r.host.Log().Error("rtpproxy: a row of the database is left out", "url", db.Text(row[1]), "setid", db.Text(row[0]))
			return nil
		}
		if err := adopt(n); err != nil {
			r.host.Log().Error("rtpproxy: a row of the database is left out", "err", err)
			return nil
		}
		r.sets.Add(id, n)
		return nil
	})
}

// ticksPerSecond are those of Kamailio's clock, in which rtpproxy.list tells times.
const ticksPerSecond = 16

func (r *RTPProxy) rpcList(q *module.Request) error {
	for n := range r.sets.Nodes() {
		disabled, recheck := 0, int64(0)
		switch {
		case n.Forbidden():
			disabled, recheck = 1, -1
		case n.Away():
			disabled, recheck = 1, int64(n.Until()/time.Second)*ticksPerSecond
		}
		q.Struct().Add("setid", n.Set).Add("url", n.URL).Add("index", n.Index).Add("disabled", disabled).Add("weight", n.Weight()).Add("recheck", recheck)
	}
	return nil
}

func (r *RTPProxy) rpcEnable(q *module.Request) error {
	url, err := q.Str(0)
	if err != nil {
		return module.Missing(err, "Not enough parameters")
	}
	on, err := q.Int(1)
	if err != nil {
		return module.Missing(err, "Not enough parameters")
	}
	found := false
	for n := range r.sets.Nodes() {
		if n.URL != url {
			continue
		}
		found = true
		if on != 0 {
			of(n).probed.Store(false)
			n.Permit()
		} else {
			n.Forbid()
		}
	}
	if !found {
		return module.Faultf(404, "RTPProxy not found")
	}
	return nil
}
