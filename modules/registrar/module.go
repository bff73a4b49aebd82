// SPDX-License-Identifier: Apache-2.0

// Package registrar answers REGISTER requests (RFC 3261 10).
package registrar

import (
	"context"
	"errors"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

func init() { module.Register("registrar", func() module.Module { return New() }) }

// Registrar is the module.
type Registrar struct {
	eventCallback string // read by the engine of Lua

	defaultExpires, defaultExpiresRange setting.Int
	expiresRange, minExpires            setting.Int
	maxExpires, maxContacts             setting.Int
	retryAfter, caseSensitive           setting.Int
	defaultQ, appendBranches            setting.Int
	useExpired                          setting.Int
	realmPrefix                         setting.Str

	minExpiresMode  int
	receivedAVP     module.Accessor
	receivedParam   string
	sockFlag        int
	sockHeader      string
	sockMode        int
	methodFiltering int
	usePath         int
	pathMode        int
	pathReceived    int
	pathLocal       int
	xavpCfg         string
	xavpRecord      string
	xavpRecordMask  int
	gruu            int
	outboundMode    int
	flowTimer       int
	contactMax      int
	lookupFilter    int

	loc  *usrloc.Usrloc
	host module.Host
	sl   replier

	accepted, rejected counter.Counter
	replies            perCall[prepared]
	profiles           perCall[profiles]
}

// replier is what registrar needs of sl.
type replier interface {
	SendReply(c *module.Call, code int, reason, headers string) error
}

// New returns the module with its defaults.
func New() *Registrar {
	r := &Registrar{receivedParam: "received", sockFlag: -1, pathMode: pathStrict, gruu: 1, contactMax: 512}
	r.defaultExpires.Set(3600)
	r.minExpires.Set(60)
	r.defaultQ.Set(-1)
	r.appendBranches.Set(1)
	return r
}

var (
	_ module.Preparer = (*Registrar)(nil)
	_ module.Starter  = (*Registrar)(nil)
)

// Exports implements module.Module.
func (r *Registrar) Exports() module.Exports {
	return module.Exports{
		Doc:       "Answers REGISTER requests, and finds the contacts of a user for requests to it.",
		Requires:  []string{"usrloc", "sl"},
		Params:    r.params(),
		Functions: r.functions(),
		Lua:       r.luaFunctions(),
		Variables: []module.Variable{
			{Name: "ulc", Bind: r.bindULC, Doc: "attribute of a contact that reg_fetch_contacts found, $ulc(profile=>attribute), with an index for the others than the first"},
		},
		Events: []module.Event{
			{Name: "usrloc:contact-expired", Doc: "a contact has expired: $ulc(exp=>attribute) has what it was"},
		},
		Counters: []counter.Entry{
			{Name: "accepted_regs", Counter: &r.accepted, Doc: "registrations that were accepted"},
			{Name: "rejected_regs", Counter: &r.rejected, Doc: "registrations that were rejected"},
			{Name: "max_expires", Gauge: r.maxExpires.Get, Doc: "value of the parameter max_expires"},
			{Name: "max_contacts", Gauge: r.maxContacts.Get, Doc: "value of the parameter max_contacts"},
			{Name: "default_expire", Gauge: r.defaultExpires.Get, Doc: "value of the parameter default_expires"},
			{Name: "default_expires_range", Gauge: r.defaultExpiresRange.Get, Doc: "value of the parameter default_expires_range"},
			{Name: "expires_range", Gauge: r.expiresRange.Get, Doc: "value of the parameter expires_range"},
		},
		Settings: r.settings(),
	}
}

var (
	errUsrloc    = errors.New("registrar needs the module usrloc")
	errSL        = errors.New("registrar needs the module sl")
	errFlowTimer = errors.New("registrar: flow_timer needs outbound_mode 1 or 2")
)

// Prepare implements module.Preparer.
func (r *Registrar) Prepare(b module.Binder) error {
	if r.flowTimer > 0 && r.outboundMode == 0 {
		return errFlowTimer
	}
	return r.bind(b.Module("usrloc"))
}

func (r *Registrar) bind(m module.Module) error {
	loc, ok := m.(*usrloc.Usrloc)
	if !ok {
		return errUsrloc
	}
	r.loc = loc
	if r.sockMode != 0 {
		loc.ShowAdvertised()
	}
	return nil
}

// Start implements module.Starter.
func (r *Registrar) Start(_ context.Context, h module.Host) error {
	r.host = h
	var ok bool
	if r.sl, ok = h.Module("sl").(replier); !ok {
		return errSL
	}
	if route, ok := h.Route(module.EventRoute, "usrloc:contact-expired"); ok {
		r.loc.OnExpire(func(domain, aor string, c *usrloc.Contact) { r.runExpired(route, domain, aor, c) })
	}
	return nil
}
