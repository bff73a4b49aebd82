// SPDX-License-Identifier: Apache-2.0

// Package pua_dialoginfo publishes the states of calls.
package pua_dialoginfo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/modules/dialog"
	"github.com/kahea-sip/kahea/modules/pua"
)

func init() { module.Register("pua_dialoginfo", func() module.Module { return New() }) }

// Module is the module.
type Module struct {
	host   module.Host
	log    *slog.Logger
	pua    *pua.Module
	dialog *dialog.Module

	// Parameters.
	includeCallID, includeTags, includeParties int
	includeRequestURI                          int
	overrideLifetime                           int
	callerConfirmed, calleeTrying              int
	sendFlag, noCallerFlag, noCalleeFlag       int
	useAVPs, refreshFlag                       int
	callerAVP, calleeAVP                       module.Accessor
	callerVar, calleeVar                       string
	callerEntity, calleeEntity                 string
	publishWithin, display, madeUpID           int
}

// New returns the module with its defaults.
func New() *Module {
	return &Module{includeCallID: 1, includeTags: 1, includeParties: 1, sendFlag: -1, noCallerFlag: -1, noCalleeFlag: -1, refreshFlag: -1, publishWithin: 1, madeUpID: 1}
}

var (
	_ module.Preparer = (*Module)(nil)
	_ module.Starter  = (*Module)(nil)
)

// Exports implements module.Module.
func (m *Module) Exports() module.Exports {
	return module.Exports{
		Doc:      "Publishes the states of calls that dialog follows, for lamps of phones and their like (RFC 4235).",
		Requires: []string{"dialog", "pua"},
		Params:   m.params(),
	}
}

func (m *Module) params() []module.Param {
	return []module.Param{
		{Name: "include_callid", Set: &m.includeCallID, Min: 0, Max: 1, Doc: "1 puts the attribute call-id into the documents"},
		{Name: "include_tags", Set: &m.includeTags, Min: 0, Max: 1, Doc: "1 puts local-tag and remote-tag into the documents"},
		{Name: "include_localremote", Set: &m.includeParties, Min: 0, Max: 1, Doc: "1 puts the elements local and remote into the documents, which a phone needs to pick a call up"},
		{Name: "include_req_uri", Set: &m.includeRequestURI, Min: 0, Max: 1, Doc: "1 names the callee by the Request-URI of the INVITE, 0 by its To"},
		{Name: "override_lifetime", Set: &m.overrideLifetime, Min: 0, Max: 1 << 31, Unit: "s", Doc: "lifetime of what is published; 0 takes that of the dialog"},
		{Name: "caller_confirmed", Set: &m.callerConfirmed, Min: 0, Max: 1, Doc: "1 says confirmed of the caller already while the callee rings"},
		{Name: "callee_trying", Set: &m.calleeTrying, Min: 0, Max: 1, Doc: "1 says trying of the callee as well"},
		{Name: "send_publish_flag", Set: &m.sendFlag, Min: -1, Max: 31, Doc: "message flag of INVITEs whose states are published, for whatever URI; -1 publishes those of all, for URIs of this server"},
		{Name: "disable_caller_publish_flag", Set: &m.noCallerFlag, Min: -1, Max: 31, Doc: "message flag that publishes nothing of the caller"},
		{Name: "disable_callee_publish_flag", Set: &m.noCalleeFlag, Min: -1, Max: 31, Doc: "message flag that publishes nothing of the callee"},
		{Name: "use_pubruri_avps", Set: &m.useAVPs, Min: 0, Max: 1, Doc: "1 publishes for the URIs that the following variables hold, not for those of From and To"},
		{Name: "pubruri_caller_avp", Set: &m.callerAVP, Doc: "variable with the URIs that stand for the caller, $avp(name); one PUBLISH for each"},
		{Name: "pubruri_callee_avp", Set: &m.calleeAVP, Doc: "the same for the callee"},
		{Name: "pubruri_caller_dlg_var", Set: &m.callerVar, Doc: "$dlg_var that keeps the URIs of the caller for a call that the database brings back after a restart"},
		{Name: "pubruri_callee_dlg_var", Set: &m.calleeVar, Doc: "the same for the callee"},
		{Name: "refresh_pubruri_avps_flag", Set: &m.refreshFlag, Min: -1, Max: 31, Doc: "message flag of messages inside of the dialog for which the variables are read again"},
		{Name: "caller_entity_when_publish_disabled", Set: &m.callerEntity, Doc: "URI that stands for the caller in the documents of the callee where nothing is published of the caller"},
		{Name: "callee_entity_when_publish_disabled", Set: &m.calleeEntity, Doc: "the same for the callee in those of the caller"},
		{Name: "publish_dialog_req_within", Set: &m.publishWithin, Min: 0, Max: 1, Doc: "1 publishes for each request inside of the dialog"},
		{Name: "use_uuid", Set: &m.madeUpID, Min: 0, Max: 1, Doc: "what names a dialog in the documents: 1 a text that is made up, 0 its Call-ID"},
		{Name: "attribute_display", Set: &m.display, Min: 0, Max: 1, Doc: "1 puts the user of a target into its attribute display"},
	}
}

// Prepare implements module.Preparer.
func (m *Module) Prepare(module.Binder) error {
	for name, uri := range map[string]string{"caller_entity_when_publish_disabled": m.callerEntity, "callee_entity_when_publish_disabled": m.calleeEntity} {
		if u, err := sip.ParseURI(uri); uri != "" && (err != nil || !u.IsSIP()) {
			return fmt.Errorf("pua_dialoginfo: %s: %q is no SIP URI", name, uri)
		}
	}
	if m.useAVPs != 0 && (m.callerAVP == nil || m.calleeAVP == nil) {
		return errors.New("pua_dialoginfo: use_pubruri_avps needs pubruri_caller_avp and pubruri_callee_avp")
	}
	return nil
}

// Start implements module.Starter.
func (m *Module) Start(_ context.Context, h module.Host) error {
	m.host, m.log = h, h.Log().With("module", "pua_dialoginfo")
	var err error
	if m.pua, err = module.Needed[*pua.Module](h, "pua"); err != nil {
		return err
	}
	if m.dialog, err = module.Needed[*dialog.Module](h, "dialog"); err != nil {
		return err
	}
	m.dialog.On(dialog.Created|dialog.Ringing|dialog.AnsweredEvent|dialog.RequestWithin|dialog.Failed|dialog.Terminated|dialog.Expired, m.heard)
	return nil
}
