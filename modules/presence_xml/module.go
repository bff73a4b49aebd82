// SPDX-License-Identifier: Apache-2.0

// Package presence_xml brings the event packages presence, presence.winfo, dialog;sla and xcap-diff.
package presence_xml

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/presence"
)

func init() { module.Register("presence_xml", func() module.Module { return New() }) }

// XML is the module.
type XML struct {
	host     module.Host
	log      *slog.Logger
	presence *presence.Presence
	event    *presence.Event // presence; nil with disable_presence
	db       db.Database     // nil without rules

	// Parameters.
	dbURL, table                                               string
	disablePresence, disableWinfo, disableBLA, disableXCAPDiff int
	forceActive, integrated, passive                           int
	servers                                                    []string
	deletedReason                                              string
	forceDummy, singleBody                                     int
	priorities, lookupElement                                  string
	defaultExpires                                             int
}

// versionXCAP is the version of the table, as Kamailio 5.6 makes it.
const versionXCAP = 4

// New returns the module with its defaults.
func New() *XML {
	return &XML{dbURL: "mysql://kamailio:kamailiorw@localhost/kamailio", table: "xcap", disableBLA: 1, deletedReason: "probation",
		priorities: "Available|Ringing|On the Phone", lookupElement: "note", defaultExpires: 3600}
}

var (
	_ module.Preparer = (*XML)(nil)
	_ module.Starter  = (*XML)(nil)
)

var (
	errServer = errors.New("presence_xml: rules from an XCAP server over HTTP need the module xcap_client, which is not there yet: set integrated_xcap_server 1 for those of the table, or force_active 1")
)

// Exports implements module.Module.
func (x *XML) Exports() module.Exports {
	uri := module.Arg{Name: "uri", Means: module.MeansURI, Doc: "URI of the presentity"}
	return module.Exports{
		Doc:      "Event packages presence (PIDF), presence.winfo, dialog;sla and xcap-diff for the module presence, with rules of who may watch.",
		Requires: []string{"presence"},
		Params: []module.Param{
			{Name: "db_url", Set: &x.dbURL, Doc: "database with the table of rules; read with integrated_xcap_server and without force_active"},
			{Name: "xcap_table", Set: &x.table, Doc: "table of XCAP documents"},
			{Name: "disable_presence", Set: &x.disablePresence, Min: 0, Max: 1, Doc: "1 leaves out the package presence"},
			{Name: "disable_winfo", Set: &x.disableWinfo, Min: 0, Max: 1, Doc: "1 leaves out presence.winfo"},
			{Name: "disable_bla", Set: &x.disableBLA, Min: 0, Max: 1, Doc: "1 leaves out dialog;sla"},
			{Name: "disable_xcapdiff", Set: &x.disableXCAPDiff, Min: 0, Max: 1, Doc: "1 leaves out xcap-diff"},
			{Name: "force_active", Set: &x.forceActive, Min: 0, Max: 1, Doc: "1 lets everybody watch, without rules"},
			{Name: "integrated_xcap_server", Set: &x.integrated, Min: 0, Max: 1, Doc: "1 reads rules from xcap_table"},
			{Name: "xcap_server", Set: &x.servers, Notice: "rules are read from xcap_table: the module xcap_client is not there yet", Doc: "address of an XCAP server, several times for several; for the module xcap_client"},
			{Name: "passive_mode", Set: &x.passive, Min: 0, Max: 1, Doc: "1 brings no event package and opens no database"},
			{Name: "xcapauth_userdel_reason", Set: &x.deletedReason, Doc: "reason, with its parameters, why the subscription of a watcher ends whose rule is gone"},
			{Name: "force_dummy_presence", Set: &x.forceDummy, Min: 0, Max: 1, Doc: "1 tells watchers \"open\" of a presentity that has published nothing"},
			{Name: "force_presence_single_body", Set: &x.singleBody, Min: 0, Max: 1, Doc: "1 tells watchers one of the published documents, the one of the greatest priority, instead of all in one"},
			{Name: "presence_single_body_priorities", Set: &x.priorities, Doc: "texts of presence_single_body_lookup_element with | between them, the least priority first"},
			{Name: "presence_single_body_lookup_element", Set: &x.lookupElement, Doc: "element whose text is the priority of a document"},
			{Name: "default_expires", Set: &x.defaultExpires, Min: 1, Max: 1 << 31, Unit: "s", Doc: "lifetime where a SUBSCRIBE or PUBLISH names none"},
		},
		Functions: []module.Function{
			{Name: "pres_check_basic", Args: []module.Arg{uri, {Name: "status", Doc: "open or closed"}}, Routes: module.AnyRoute, Run: x.checkBasic,
				Doc: "True when a tuple of what the presentity has published has this basic status."},
			{Name: "pres_check_activities", Args: []module.Arg{uri, {Name: "activity", Doc: "name of an element of RPID: busy"}}, Routes: module.AnyRoute, Run: x.checkActivities,
				Doc: "1 when the presentity has published this activity, -1 when not, -2 when it has published none at all."},
		},
	}
}

// Prepare implements module.Preparer.
func (x *XML) Prepare(module.Binder) error {
	if x.passive == 0 && x.disablePresence == 0 && x.forceActive == 0 && x.integrated == 0 {
		return errServer
	}
	return nil
}

// Start implements module.Starter.
func (x *XML) Start(ctx context.Context, h module.Host) error {
	x.host, x.log = h, h.Log().With("module", "presence_xml")
	if x.passive != 0 {
		return nil
	}
	var err error
	if x.presence, err = module.Needed[*presence.Presence](h, "presence"); err != nil {
		return err
	}
	if x.forceActive == 0 && x.integrated != 0 {
		if err := x.openTable(ctx); err != nil {
			return err
		}
	}
	for _, e := range x.events() {
		if err := x.presence.AddEvent(e); err != nil {
			return err
		}
	}
	return nil
}

// DatabaseURLs implements module.Connector.
func (x *XML) DatabaseURLs() []string {
	if x.passive != 0 || x.forceActive != 0 || x.integrated == 0 {
		return nil
	}
	return []string{x.dbURL}
}

func (x *XML) openTable(ctx context.Context) error {
	var err error
	if x.db, err = x.host.Database(ctx, x.dbURL); err != nil {
		return fmt.Errorf("db_url: %w", err)
	}
	return db.CheckVersion(ctx, x.db, x.host.Core().VersionTable, x.table, versionXCAP)
}

// events are the packages, in the order in which Kamailio has them.
func (x *XML) events() (list []*presence.Event) {
	if x.disablePresence == 0 {
		x.event = &presence.Event{Name: "presence", ContentType: "application/pidf+xml", DefaultExpires: x.defaultExpires,
			CheckPublish: checkXML, Aggregate: x.aggregate, Policy: x}
		if x.db != nil {
			x.event.HardState = x.hardState
		}
		if x.forceDummy != 0 {
			x.event.Empty = dummy
		}
		list = append(list, x.event)
	}
	if x.disableWinfo == 0 {
		list = append(list, &presence.Event{Name: "presence.winfo", ContentType: "application/watcherinfo+xml", DefaultExpires: x.defaultExpires})
	}
	if x.disableBLA == 0 {
		list = append(list, &presence.Event{Name: "dialog;sla", ContentType: "application/dialog-info+xml", DefaultExpires: x.defaultExpires,
			KeepETag: true, CheckPublish: checkXML})
	}
	if x.disableXCAPDiff == 0 {
		list = append(list, &presence.Event{Name: "xcap-diff", ContentType: "application/xcap-diff+xml", DefaultExpires: x.defaultExpires, CheckPublish: checkXML})
	}
	return list
}
