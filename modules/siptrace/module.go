// SPDX-License-Identifier: Apache-2.0

// Package siptrace copies SIP messages to a capture server or a database.
package siptrace

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/hep"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

func init() { module.Register("siptrace", func() module.Module { return New() }) }

// SIPTrace is the module.
type SIPTrace struct {
	// Parameters.
	enabled, flag      int
	duplicate          *target
	toDatabase, dbMode int
	delayed            int
	url                string
	columns            columns
	usersAVP, tableAVP module.Accessor
	hepOn, version     int
	captureID          int
	authKey            string
	writeX, readX      int
	ownACKs            int
	dialogACKs         int
	initMode, mode     int
	localIP            netip.AddrPort
	sockName, sockAddr string
	callback           string

	host   module.Host
	log    *slog.Logger
	on     atomic.Bool
	socket *transport.Socket // to send from; nil lets the transport choose
	event  module.RouteRef   // event_route[siptrace:msg]
	queue  *db.Queue

	traced, failed counter.Counter
}

// New returns the module with its defaults.
func New() *SIPTrace {
	return &SIPTrace{toDatabase: 1, url: "mysql://kamailio:kamailiorw@localhost/kamailio", columns: newColumns(),
		version: int(hep.V1), captureID: 1, ownACKs: 1, dialogACKs: 1}
}

var (
	_ module.Preparer = (*SIPTrace)(nil)
	_ module.Starter  = (*SIPTrace)(nil)
	_ module.Stopper  = (*SIPTrace)(nil)
)

// Exports implements module.Module.
func (s *SIPTrace) Exports() module.Exports {
	return module.Exports{
		Doc:       "Copies SIP messages to a capture server, over HEP or as they are, or to a database.",
		After:     []string{"tm", "sl", "dialog"},
		Params:    s.params(),
		Functions: s.functions(),
		RPC:       []module.Command{{Name: "siptrace.status", Run: s.rpcStatus, Doc: "Turns tracing on or off, or with check tells which: on, off, check."}},
		Events:    []module.Event{{Name: "siptrace:msg", Doc: "A message was received or sent, and trace_mode copies it; drop leaves it out. Only the message itself can be looked at."}},
		Counters: []counter.Entry{
			{Name: "traced", Counter: &s.traced, Doc: "copies that were sent, or given to the database"},
			{Name: "failed", Counter: &s.failed, Doc: "copies that could not be sent, or found no room in the queue of the database"},
		},
	}
}

// Bits of trace_mode.
const (
	modeHEP = 1 << iota
	modeDatabase
	modeSIP
)

// Values of trace_init_mode.
const (
	initAll = iota
	initCore
	initScript
)

var (
	errNoDestination = errors.New("siptrace: trace_mode 1 and 4 need duplicate_uri")
	errVersion       = errors.New("siptrace: hep_version is 1, 2 or 3")
)

// Prepare implements module.Preparer.
func (s *SIPTrace) Prepare(b module.Binder) error {
	s.event, _ = b.Route(module.EventRoute, "siptrace:msg")
	switch {
	case s.mode&(modeHEP|modeSIP) != 0 && s.duplicate == nil:
		return errNoDestination
	case s.version < int(hep.V1) || s.version > int(hep.V3):
		return errVersion
	}
	return nil
}

// Start implements module.Starter.
func (s *SIPTrace) Start(ctx context.Context, h module.Host) error {
	s.host, s.log = h, h.Log().With("module", "siptrace")
	s.on.Store(s.enabled != 0)
	if r, ok := h.Route(module.EventRoute, "siptrace:msg"); ok {
		s.event = r
	}
	if err := s.findSocket(); err != nil {
		return err
	}
	if s.toDatabase != 0 || s.mode&modeDatabase != 0 {
		if err := s.openDatabase(ctx); err != nil {
			return fmt.Errorf("siptrace: %w", err)
		}
	}
	if s.mode != 0 && s.initMode != initScript {
		h.Transport().Watch(wire{s})
	}
	if s.initMode != initCore {
		s.follow()
	}
	return nil
}

// findSocket finds the one that copies are sent from.
func (s *SIPTrace) findSocket() error {
	text := s.sockName
	if text == "" {
		text = s.sockAddr
	}
	if text == "" {
		return nil
	}
	if s.socket = s.host.Transport().SocketByText(text); s.socket == nil || s.socket.Proto != transport.UDP {
		return fmt.Errorf("siptrace: %q is no UDP socket of this server", text)
	}
	return nil
}

// DatabaseURLs implements module.Connector.
func (s *SIPTrace) DatabaseURLs() []string {
	if s.toDatabase == 0 && s.mode&modeDatabase == 0 {
		return nil
	}
	return []string{s.url}
}

func (s *SIPTrace) openDatabase(ctx context.Context) error {
	d, err := s.host.Database(ctx, s.url)
	if err != nil {
		return err
	}
	if err := db.CheckVersion(ctx, d, s.host.Core().VersionTable, s.columns.table, tableVersion); err != nil {
		return err
	}
	// Who may only insert cannot look at columns.
	if err := db.CheckColumns(ctx, d, s.columns.table, s.columns.names[:]...); err != nil {
		s.log.Error("rows may be refused by the database", "err", err)
	}
	s.queue = db.NewQueue(d, maxRows, s.log)
	s.host.Go("siptrace database", func() { s.queue.Run(context.WithoutCancel(ctx)) })
	return nil
}

// Stop implements module.Stopper.
func (s *SIPTrace) Stop(ctx context.Context) error {
	if s.queue == nil {
		return nil
	}
	return s.queue.Close(ctx)
}
