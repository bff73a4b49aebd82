// SPDX-License-Identifier: Apache-2.0

// Package uac acts as a client: it answers challenges, changes From and To, sends requests, registers at other servers.
package uac

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/modules/dialog"
)

func init() { module.Register("uac", func() module.Module { return New() }) }

// Values of restore_mode.
const (
	modeNone = iota
	modeManual
	modeAuto
)

// Module is the module.
type Module struct {
	host     module.Host
	log      *slog.Logger
	tm       requests
	dialog   *dialog.Module // nil without restore_dlg
	cseq     cseqCounter    // nil without track_cseq_updates
	socket   *transport.Socket
	database db.Database // nil without reg_db_url
	registry *registry
	task     *timer.Task

	// Parameters.
	fromParam, toParam                 string
	restoreMode                        string
	mode                               int
	restoreDialog                      int
	password                           string
	fromAVP, toAVP                     module.Accessor
	credentials                        []secret
	realmAVP, usernameAVP, passwordAVP module.Accessor
	dbURL, dbTable                     string
	timerInterval, retryInterval       int
	randomDelay, gcInterval            int
	hashSize                           int
	contactAddr                        string
	keepCallID, active, useDomain      int
	defaultSocket, eventCallback       string
}

// requests is what uac needs of tm.
type requests interface {
	InRequest(t *transaction.Transaction, from any, f func(c *module.Call))
}

// routes is what it needs of rr with restore_mode auto.
type routes interface {
	OnRoute(f func(c *module.Call, params string))
}

// cseqCounter is what dialog offers with track_cseq_updates: the request of a
// failure route leaves with the next CSeq number, and what follows in the dialog
// is counted on from there.
type cseqCounter interface {
	NextCSeq(c *module.Call)
}

// New returns the module with its defaults.
func New() *Module {
	return &Module{fromParam: "vsf", toParam: "vst", restoreMode: "auto", dbTable: "uacreg", timerInterval: 90, gcInterval: 150, hashSize: 4, active: 1,
		registry: newRegistry(true)}
}

var (
	_ module.Preparer = (*Module)(nil)
	_ module.Starter  = (*Module)(nil)
	_ module.Readier  = (*Module)(nil)
	_ module.Stopper  = (*Module)(nil)
)

// Exports implements module.Module.
func (m *Module) Exports() module.Exports {
	return module.Exports{
		Doc:       "Acts as a client: answers challenges for callers, changes From and To, sends requests of its own, registers at other servers.",
		Requires:  []string{"tm"},
		After:     []string{"rr", "dialog"},
		Params:    m.params(),
		Functions: m.functions(),
		Variables: []module.Variable{
			{Name: "uac_req", Bind: m.bindRequest, Doc: "request for uac_req_send, for this message: $uac_req(method), ruri, furi, turi, ouri (next hop), callid, hdrs, body, sock, auser, apasswd, flags (1: apasswd is an HA1), evroute (1 runs event_route[uac:reply] for each final reply, 2 for failures only), evparam; in the event route also evcode and evtype (1 with a reply, 2 without one); all is assigned to empty them"},
		},
		RPC: m.commands(),
		Events: []module.Event{
			{Name: replyEvent, Doc: "A request of uac_req_send with $uac_req(evroute) was answered or has failed; the message is the reply, where there is one."},
		},
		Counters: []counter.Entry{
			{Name: "regtotal", Gauge: func() int64 { return m.registry.count(0) }, Doc: "remote registrations"},
			{Name: "regactive", Gauge: func() int64 { return m.registry.count(online) }, Doc: "remote registrations that the other server has accepted"},
			{Name: "regdisabled", Gauge: func() int64 { return m.registry.count(disabled) }, Doc: "remote registrations that are disabled"},
		},
	}
}

// Prepare implements module.Preparer.
func (m *Module) Prepare(b module.Binder) error {
	modes := map[string]int{"none": modeNone, "manual": modeManual, "auto": modeAuto}
	mode, ok := modes[m.restoreMode]
	if !ok {
		return fmt.Errorf("uac: restore_mode is none, manual or auto, not %q", m.restoreMode)
	}
	m.mode = mode
	set := 0
	for _, v := range []module.Accessor{m.realmAVP, m.usernameAVP, m.passwordAVP} {
		if v != nil {
			set++
		}
	}
	switch {
	case set != 0 && set != 3:
		return errors.New("uac: auth_realm_avp, auth_username_avp and auth_password_avp are set together")
	case m.restoreDialog != 0 && b.Module("dialog") == nil:
		return errors.New("uac: restore_dlg needs the module dialog")
	case m.mode == modeAuto && b.Module("rr") == nil:
		return errors.New(`uac: restore_mode "auto" needs the module rr; set it to "manual" or "none"`)
	case !isParam(m.fromParam) || !isParam(m.toParam) || m.fromParam == m.toParam:
		return errors.New("uac: rr_from_store_param and rr_to_store_param are two different names of parameters")
	}
	return nil
}

// isParam says whether a text can be the name of a URI parameter.
func isParam(s string) bool {
	return s != "" && printable(s) && !strings.ContainsAny(s, ";=?&,\"")
}

// Start implements module.Starter.
func (m *Module) Start(ctx context.Context, h module.Host) error {
	m.host, m.log = h, h.Log().With("module", "uac")
	var ok bool
	if m.tm, ok = h.Module("tm").(requests); !ok {
		return errors.New("needs the module tm")
	}
	if m.defaultSocket != "" {
		if m.socket = h.Transport().SocketByText(m.defaultSocket); m.socket == nil {
			return fmt.Errorf("default_socket: there is no socket %q", m.defaultSocket)
		}
	}
	if m.restoreDialog != 0 {
		m.dialog, _ = h.Module("dialog").(*dialog.Module)
		m.dialog.On(dialog.RequestWithin|dialog.Terminated, m.withinDialog)
	}
	m.cseq, _ = h.Module("dialog").(cseqCounter)
	if rr, ok := h.Module("rr").(routes); ok && m.mode == modeAuto {
		rr.OnRoute(m.routed)
	}
	h.Transactions().On(transaction.ReplyIn, m.replyIn)
	return m.startRegistry(ctx)
}

// DatabaseURLs implements module.Connector.
func (m *Module) DatabaseURLs() []string {
	if m.dbURL == "" {
		return nil
	}
	return []string{m.dbURL}
}

func (m *Module) startRegistry(ctx context.Context) error {
	if m.dbURL == "" {
		return nil
	}
	m.registry = m.host.Store("uac", func() any { return newRegistry(m.active != 0) }).(*registry)
	var err error
	if m.database, err = m.host.Database(ctx, m.dbURL); err != nil {
		return fmt.Errorf("reg_db_url: %w", err)
	}
	if err := db.CheckVersion(ctx, m.database, m.host.Core().VersionTable, m.dbTable, tableVersion); err != nil {
		return err
	}
	list, err := m.loadProfiles(ctx, "")
	if err != nil {
		return err
	}
	m.registry.replace(list, m.newAccount)
	return nil
}

// Ready implements module.Readier: registrations begin.
func (m *Module) Ready(context.Context) error {
	if m.database != nil {
		m.tick()
		m.task = m.host.Timers().Every("uac registrations", time.Duration(m.timerInterval)*time.Second, m.tick)
	}
	return nil
}

// Stop implements module.Stopper.
func (m *Module) Stop(context.Context) error {
	if m.task != nil {
		m.task.Stop()
		m.task.Wait()
	}
	return nil
}

// newCallID makes a Call-ID.
func (m *Module) newCallID() string {
	return strconv.FormatUint(m.host.Rand().Uint64(), 16) + "-" + strconv.FormatUint(m.host.Rand().Uint64(), 16)
}
