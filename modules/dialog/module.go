// SPDX-License-Identifier: Apache-2.0

// Package dialog keeps the calls that pass through the server.
package dialog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transaction"
)

func init() { module.Register("dialog", func() module.Module { return New() }) }

// Module is the module.
type Module struct {
	host  module.Host
	log   *slog.Logger
	tm    requests
	table *table
	store *store // nil with db_mode 0

	// Parameters.
	enableStats, hashSize          int
	rrParam                        string
	flag                           int
	timeoutAVP                     module.Accessor
	defaultTimeout                 int
	earlyTimeout, noAckTimeout     int
	endTimeout                     int
	extraHeaders, calleeHeaders    string
	matchMode, detectSpirals       int
	dbURL                          string
	dbMode, updatePeriod, skipLoad int
	names                          columns
	withValue, noValue             string
	bridgeController               string
	bridgeContact                  string
	initialCallbacks, sendBye      int
	filterMode, waitACK            int
	kaTimer, kaInterval            int
	kaFailedLimit, timeoutNoReset  int
	timerProcs, enableDMQ          int
	trackCSeq                      int
	eventCallback                  string
	idStart, idStep                int
	keepProxyRR                    int
	ignored                        string
	ignoredInt, byeEarlyCode, mode int
	byeEarlyReason, ruriVar, cfg   string

	profiles map[string]*profile
	// sizeVars are the variables of get_profile_size with two arguments.
	sizeVars map[string]module.Accessor

	heard []listener
	mask  Event
	tasks []*timer.Task
	// remoteTimer runs while members of profiles are kept for other servers.
	remoteTimer timer.Timer

	processed, expired, failed, unmatched, unwritten counter.Counter
}

// requests is what dialog needs of tm.
type requests interface {
	InRequest(t *transaction.Transaction, from any, f func(c *module.Call))
}

// routes is what dialog needs of rr.
type routes interface {
	OnRoute(f func(c *module.Call, params string))
}

// New returns the module with its defaults.
func New() *Module {
	return &Module{enableStats: 1, hashSize: 4096, rrParam: "did", flag: -1, defaultTimeout: 43200, earlyTimeout: 300, noAckTimeout: 60, endTimeout: 300,
		detectSpirals: 1, bridgeController: "sip:controller@kamailio.org", bridgeContact: "sip:controller@kamailio.org:5060", initialCallbacks: 1, waitACK: 1,
		kaFailedLimit: 1, idStep: 1, updatePeriod: 60, names: newColumns(), byeEarlyCode: 480, profiles: map[string]*profile{}, sizeVars: map[string]module.Accessor{}, table: newTable()}
}

var (
	_ module.Preparer = (*Module)(nil)
	_ module.Starter  = (*Module)(nil)
	_ module.Stopper  = (*Module)(nil)
)

// Exports implements module.Module.
func (m *Module) Exports() module.Exports {
	return module.Exports{
		Doc:       "Keeps the calls that pass through: who talks with whom, since when, how many, and for how long yet.",
		Requires:  []string{"tm", "rr", "pv"},
		Params:    m.params(),
		Functions: m.functions(),
		Lua:       m.lua(),
		Variables: m.variables(),
		RPC:       m.commands(),
		Events: []module.Event{
			{Name: "dialog:start", Doc: "The call was answered; the message is the 2xx."},
			{Name: "dialog:end", Doc: "The call has ended, by a BYE, which is the message then, or by a timeout or a command."},
			{Name: "dialog:failed", Doc: "The INVITE had a negative final reply, which is the message."},
		},
		Counters: []counter.Entry{
			{Name: "active_dialogs", Gauge: func() int64 { return m.table.active.Load() }, Doc: "dialogs that are answered"},
			{Name: "early_dialogs", Gauge: func() int64 { return m.table.early.Load() }, Doc: "dialogs with a provisional reply"},
			{Name: "processed_dialogs", Counter: &m.processed, Doc: "dialogs that were begun"},
			{Name: "expired_dialogs", Counter: &m.expired, Doc: "dialogs that ended by a timeout"},
			{Name: "failed_dialogs", Counter: &m.failed, Doc: "dialogs that were not answered"},
			{Name: "unmatched_requests", Counter: &m.unmatched, Doc: "requests whose Route names no dialog that they belong to"},
			{Name: "kept_dialogs", Gauge: func() int64 { return m.table.count() }, Doc: "dialogs in memory, ended ones included"},
			{Name: "waiting_dialogs", Gauge: m.waiting, Doc: "dialogs that wait to be written into the database"},
			{Name: "unwritten_dialogs", Counter: &m.unwritten, Doc: "dialogs whose row the database refused, or whose row stays because too many waited"},
		},
	}
}

func (m *Module) params() []module.Param {
	list := []module.Param{
		{Name: "enable_stats", Set: &m.enableStats, Min: 0, Max: 1, Notice: "counters cost nothing and are always there", Doc: "1 counts dialogs"},
		{Name: "hash_size", Set: &m.hashSize, Min: 1, Max: 1 << 24, Doc: "number of slots that h_entry counts; a power of two, else the next lower one is taken"},
		{Name: "rr_param", Set: &m.rrParam, Doc: "name of the Record-Route parameter that names the dialog"},
		{Name: "dlg_flag", Set: &m.flag, Min: -1, Max: 31, Doc: "message flag that begins a dialog for an INVITE, instead of dlg_manage"},
		{Name: "timeout_avp", Set: &m.timeoutAVP, Doc: "variable with the seconds that the call may last, read for the INVITE and for each request inside of the dialog"},
		{Name: "default_timeout", Set: &m.defaultTimeout, Min: 1, Max: 1 << 31, Unit: "s", Doc: "how long a call may last without a request in it"},
		{Name: "early_timeout", Set: &m.earlyTimeout, Min: 1, Max: 1 << 31, Unit: "s", Doc: "after which a dialog without a final reply is forgotten"},
		{Name: "noack_timeout", Set: &m.noAckTimeout, Min: 1, Max: 1 << 31, Unit: "s", Doc: "after which an answered call without ACK has ten more seconds"},
		{Name: "end_timeout", Set: &m.endTimeout, Min: 1, Max: 1 << 31, Unit: "s", Doc: "after which an ended dialog is forgotten, whatever its transactions do"},
		{Name: "dlg_extra_hdrs", Set: &m.extraHeaders, Doc: "header fields, with their line ends, for requests that are made here"},
		{Name: "lreq_callee_headers", Set: &m.calleeHeaders, Doc: "the same for requests to the callee"},
		{Name: "dlg_match_mode", Set: &m.matchMode, Min: 0, Max: 2, Doc: "how the dialog of a request is found: 0 by our Route, 1 else by Call-ID and tags, 2 by those alone, and Record-Route does not name the dialog"},
		{Name: "detect_spirals", Set: &m.detectSpirals, Min: 0, Max: 1, Doc: "1 makes an INVITE that passes again part of its dialog, 0 begins another one"},
		{Name: "profiles_with_value", Set: &m.withValue, Doc: "names of profiles with values, divided by semicolons"},
		{Name: "profiles_no_value", Set: &m.noValue, Doc: "names of profiles without values, divided by semicolons"},
		{Name: "bridge_controller", Set: &m.bridgeController, Doc: "From URI of the calls of dlg_bridge, Referred-By of dlg_refer"},
		{Name: "bridge_contact", Set: &m.bridgeContact, Doc: "Contact URI of the same"},
		{Name: "initial_cbs_inscript", Set: &m.initialCallbacks, Min: 0, Max: 1, Notice: "other modules hear of a dialog at once", Doc: "when other modules hear of a new dialog"},
		{Name: "send_bye", Set: &m.sendBye, Min: 0, Max: 1, Doc: "1 sends BYE to both sides of each call that has lasted too long, as $dlg_ctx(timeout_bye) does for one"},
		{Name: "dlg_filter_mode", Set: &m.filterMode, Min: 0, Max: 1, Notice: "all dialogs are of this server", Doc: "1 leaves dialogs of other servers alone"},
		{Name: "wait_ack", Set: &m.waitACK, Min: 0, Max: 1, Notice: "an ended dialog stays until its transaction has ended, which absorbs the ACK", Doc: "1 keeps a refused dialog until its ACK"},
		{Name: "ka_timer", Set: &m.kaTimer, Min: 0, Max: 86400, Unit: "s", Doc: "how often it is looked which dialogs need a keep-alive, 0 for never"},
		{Name: "ka_interval", Set: &m.kaInterval, Min: 0, Max: 1 << 31, Unit: "s", Doc: "time between keep-alives of a dialog; less than 30 counts as 30, 0 turns them off"},
		{Name: "ka_failed_limit", Set: &m.kaFailedLimit, Min: 1, Max: 1000, Doc: "keep-alives that fail one after another before the call has ten more seconds"},
		{Name: "timeout_noreset", Set: &m.timeoutNoReset, Min: 0, Max: 1, Doc: "1 keeps the timeout where requests inside of a dialog would set it anew"},
		{Name: "timer_procs", Set: &m.timerProcs, Notice: "timers need no process of their own", Doc: "processes for timers"},
		{Name: "event_callback", Set: &m.eventCallback, Event: "dialog:", Doc: "function of a Lua script that is run in place of the event routes, with the name of the event, and in place of $dlg_ctx(timeout_route), with that name"},
		{Name: "h_id_start", Set: &m.idStart, Min: -1, Max: 1 << 31, Doc: "first h_id of a dialog with h_id_step above 1; -1 takes server_id"},
		{Name: "h_id_step", Set: &m.idStep, Min: 1, Max: 1 << 16, Doc: "distance of the h_id of dialogs"},
		{Name: "keep_proxy_rr", Set: &m.keepProxyRR, Min: 0, Max: 1, Doc: "1 keeps this server's own Record-Route in the route set of the callee, so that requests made here pass it again"},
		{Name: "db_url", Set: &m.dbURL, Doc: "database, for db_mode above 0"},
		{Name: "db_mode", Set: &m.dbMode, Min: 0, Max: 3, Doc: "0 keeps dialogs in memory only; 1 writes each change at once, in the background; 2 every db_update_period; 3 at the end of the server"},
		{Name: "db_update_period", Set: &m.updatePeriod, Min: 1, Max: 1 << 20, Unit: "s", Doc: "how often db_mode 2 writes"},
		{Name: "db_fetch_rows", Set: &m.ignoredInt, Notice: "rows are read one by one", Doc: "rows to read at once"},
		{Name: "db_skip_load", Set: &m.skipLoad, Min: 0, Max: 1, Doc: "1 leaves what the database has at start alone"},
		{Name: "enable_dmq", Set: &m.enableDMQ, Doc: "sharing of dialogs over DMQ, which is not there yet: 0"},
		{Name: "track_cseq_updates", Set: &m.trackCSeq, Min: 0, Max: 1, Doc: "1 has a request that uac_auth() repeats leave with the next CSeq number, and all that the caller sends in the dialog behind it likewise; replies have the caller's own. $dlg_var(cseq_diff) keeps the difference"},
		{Name: "debug_variables", Set: &m.ignoredInt, Notice: "$dlg_var changes are not logged", Doc: "1 logs each change of a $dlg_var"},
		{Name: "dmq_peer_id", Set: &m.ignored, Notice: "dialogs are not shared over DMQ", Doc: "DMQ peer"},
		{Name: "enable_dmq_ka_iflags_sync", Set: &m.ignoredInt, Notice: "dialogs are not shared over DMQ", Doc: "DMQ"},
	}
	for _, c := range m.names.params() {
		list = append(list, module.Param{Name: c.param, Set: c.name, Doc: c.doc})
	}
	return list
}

var (
	errDatabase = errors.New("dialog: db_mode above 0 needs db_url")
	errDMQ      = errors.New("dialog: enable_dmq: dialogs cannot be shared over DMQ yet; set it to 0")
	errHeaders  = errors.New("dialog: dlg_extra_hdrs and lreq_callee_headers are whole header fields with their line ends")
)

// Prepare implements module.Preparer.
func (m *Module) Prepare(module.Binder) error {
	switch {
	case m.dbMode != noDatabase && m.dbURL == "":
		return errDatabase
	case m.enableDMQ != 0:
		return errDMQ
	case m.extraHeaders != "" && !strings.HasSuffix(m.extraHeaders, "\n"), m.calleeHeaders != "" && !strings.HasSuffix(m.calleeHeaders, "\n"):
		return errHeaders
	}
	for m.hashSize&(m.hashSize-1) != 0 {
		m.hashSize &= m.hashSize - 1
	}
	if m.kaInterval > 0 {
		m.kaInterval = max(m.kaInterval, 30)
	}
	if err := m.declare(m.withValue, true); err != nil {
		return fmt.Errorf("dialog: profiles_with_value: %w", err)
	}
	if err := m.declare(m.noValue, false); err != nil {
		return fmt.Errorf("dialog: profiles_no_value: %w", err)
	}
	return nil
}

// Start implements module.Starter.
func (m *Module) Start(ctx context.Context, h module.Host) error {
	m.host, m.log = h, h.Log().With("module", "dialog")
	m.table = h.Store("dialog", func() any { return m.table }).(*table)
	m.table.serial.Store(h.Rand().Uint64N(1 << 13))
	if m.idStart < 0 {
		m.idStart = h.Core().ServerID
	}
	var err error
	if m.tm, err = module.Needed[requests](h, "tm"); err != nil {
		return err
	}
	rr, err := module.Needed[routes](h, "rr")
	if err != nil {
		return err
	}
	rr.OnRoute(m.routed)
	h.Transactions().On(transaction.RequestIn, m.requestIn)
	h.OnRequestEnd(func(c *module.Call) { m.letGo(m.keeper(c)) })
	if m.kaTimer > 0 && m.kaInterval > 0 {
		m.tasks = append(m.tasks, h.Timers().Every("dialog keep-alive", time.Duration(m.kaTimer)*time.Second, m.probe))
	}
	m.remoteTimer.Init(h.Timers(), timer.Func(m.expireRemote))
	if m.dbMode != noDatabase {
		return m.openStore(ctx, h)
	}
	return nil
}

func (m *Module) waiting() int64 {
	if m.store == nil {
		return 0
	}
	return m.store.waiting()
}

// Stop implements module.Stopper.
func (m *Module) Stop(ctx context.Context) error {
	for _, t := range m.tasks {
		t.Stop()
		t.Wait()
	}
	m.remoteTimer.Stop()
	m.table.each(func(d *Dialog) bool { d.timer.Stop(); return true })
	if m.store != nil {
		return m.store.close(ctx)
	}
	return nil
}

// expireRemote drops members of profiles that other servers keep.
func (m *Module) expireRemote() {
	now := m.host.Clock().Now().Unix()
	left := false
	for _, p := range m.profiles {
		left = p.expireRemote(now) || left
	}
	if left {
		m.remoteTimer.Arm(time.Second)
	}
}
