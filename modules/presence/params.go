// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// Values of subs_db_mode and publ_cache.
const (
	subsMemory = iota
	subsWriteThrough
	subsWriteBack
	subsDatabase
)

const (
	publDatabase = iota
	publIndex
	publMemory
)

// Values of min_expires_action.
const (
	refuseBrief = 1
	raiseBrief  = 2
)

func (p *Presence) params() []module.Param {
	const byThemselves = "NOTIFYs need no process of their own: each leaves as soon as the one before it was answered"
	const grows = "tables grow by themselves"
	return []module.Param{
		{Name: "db_url", Set: &p.dbURL, Doc: "database with the tables; without one, publications and subscriptions are in memory only, with subs_db_mode 0 and publ_cache 2, else the module serves other modules alone"},
		{Name: "presentity_table", Set: &p.presentityName, Doc: "table of publications"},
		{Name: "active_watchers_table", Set: &p.subsName, Doc: "table of subscriptions"},
		{Name: "watchers_table", Set: &p.watchersName, Doc: "table of who may watch whom"},
		{Name: "clean_period", Set: &p.cleanPeriod, Min: -1, Max: 1 << 31, Unit: "s", Doc: "how often publications that have expired are looked for, and their watchers told; 0 or less never"},
		{Name: "cseq_offset", Set: &p.cseqOffset, Min: 0, Max: 1 << 31, Doc: "how much smaller than the last one the CSeq number of a SUBSCRIBE may be"},
		{Name: "db_update_period", Set: &p.updatePeriod, Min: -1, Max: 1 << 31, Unit: "s", Doc: "how often subscriptions that have expired are looked for, and with subs_db_mode 2 changed ones written; 0 or less never"},
		{Name: "waitn_time", Set: &p.ignored, Min: 0, Max: 1 << 31, Unit: "s", Notice: byThemselves, Doc: "longest time that a NOTIFY waits, with subs_db_mode 3"},
		{Name: "notifier_poll_rate", Set: &p.ignored, Min: 1, Max: 1 << 31, Notice: byThemselves, Doc: "how often notifier processes look for work"},
		{Name: "notifier_processes", Set: &p.ignored, Min: 0, Max: 1 << 31, Notice: byThemselves, Doc: "processes for NOTIFYs"},
		{Name: "force_delete", Set: &p.forceDelete, Min: 0, Max: 1, Doc: "1 removes publications that have expired without telling watchers"},
		{Name: "startup_mode", Set: &p.ignored, Min: 0, Max: 1, Notice: "a publication of a second is served as any other", Doc: "0 keeps Kamailio from losing publications of a second"},
		{Name: "expires_offset", Set: &p.expiresOffset, Min: 0, Max: 1 << 31, Unit: "s", Doc: "how much the Expires of the reply to a PUBLISH is less than what is kept"},
		{Name: "max_expires", Set: &p.maxExpires, Min: 1, Max: 1 << 31, Unit: "s", Doc: "greatest lifetime of publications and subscriptions"},
		{Name: "min_expires", Set: &p.minExpires, Min: 0, Max: 1 << 31, Unit: "s", Doc: "least lifetime; 0 for none"},
		{Name: "min_expires_action", Set: &p.minExpiresAction, Min: 1, Max: 2, Doc: "what a lifetime below min_expires leads to: 1 a 423, 2 min_expires"},
		{Name: "server_address", Set: &p.serverAddress, Doc: "URI for Contact; without it the socket that the request came by"},
		{Name: "default_socket", Set: &p.defaultSocket, Doc: "socket, proto:host:port, that NOTIFYs leave by; without it the one that the SUBSCRIBE came by"},
		{Name: "subs_db_mode", Set: &p.subsMode, Min: 0, Max: 3, Doc: "where subscriptions are: 0 in memory, 1 in memory and at once in the database, 2 in memory and every db_update_period in the database, 3 in the database"},
		{Name: "publ_cache", Set: &p.publMode, Min: 0, Max: 2, Doc: "where publications are: 0 in the database, 1 in the database with an index in memory, 2 in memory"},
		{Name: "subs_htable_size", Set: &p.ignored, Min: 1, Max: 31, Notice: grows, Doc: "size of the table of subscriptions"},
		{Name: "pres_htable_size", Set: &p.ignored, Min: 1, Max: 31, Notice: grows, Doc: "size of the table of publications"},
		{Name: "send_fast_notify", Set: &p.sendFastNotify, Min: 0, Max: 1, Doc: "0 sends no NOTIFY for a SUBSCRIBE of a presentity that has published nothing"},
		{Name: "enable_sphere_check", Set: &p.sphereCheck, Min: 0, Max: 1, Doc: "1 lets rules ask for the sphere that the presentity has published"},
		{Name: "timeout_rm_subs", Set: &p.timeoutRmSubs, Min: 0, Max: 1, Doc: "1 removes a subscription whose NOTIFY is not answered"},
		{Name: "fetch_rows", Set: &p.ignored, Min: 0, Max: 1 << 31, Notice: "rows are read one by one", Doc: "rows to read at once"},
		{Name: "db_table_lock_type", Set: &p.ignored, Min: 0, Max: 1, Notice: "tables are not locked: changes are transactions", Doc: "1 locks tables"},
		{Name: "local_log_level", Set: &p.localLogLevel, Min: -6, Max: 10, Doc: "level of the lines about NOTIFYs and their replies"},
		{Name: "local_log_facility", Set: p.facility, Notice: "lines go where all others go", Doc: "facility of these lines"},
		{Name: "subs_remove_match", Set: &p.ignored, Min: 0, Max: 1, Notice: "a subscription is always found by its whole dialog", Doc: "how a subscription is found that is removed"},
		{Name: "xavp_cfg", Set: &p.xavpCfg, Doc: "XAVP with settings for one call: priority of a publication, delete_subscription in event_route[presence:notify-reply]"},
		{Name: "retrieve_order", Set: &p.retrieveOrder, Min: 0, Max: 1, Doc: "order of publications: 0 by the time of their arrival, 1 by retrieve_order_by"},
		{Name: "retrieve_order_by", Set: &p.retrieveOrderBy, Doc: "columns of the table of publications that order them"},
		{Name: "sip_uri_match", Set: &p.uriMatch, Min: 0, Max: 1, Doc: "1 compares URIs without regard to case"},
		{Name: "pres_subs_mode", Set: &p.subsVar, Min: 0, Max: 1, Doc: "0 makes $subs null"},
		{Name: "delete_same_subs", Set: &p.deleteSameSubs, Min: 0, Max: 1, Doc: "1 makes a subscription end those of the same presentity and Call-ID"},
		{Name: "timer_mode", Set: &p.ignored, Min: 0, Max: 1, Notice: "timers need no process of their own", Doc: "which process runs timers"},
		{Name: "subs_respond_200", Set: &p.respond200, Min: 0, Max: 1, Doc: "0 answers a SUBSCRIBE with 202 instead of 200"},
		{Name: "enable_dmq", Set: p.noDMQ, Doc: "sharing over DMQ, which is not there yet: 0"},
		{Name: "enable_pres_dmq", Set: p.noDMQ, Doc: "likewise: 0"},
		{Name: "enable_pres_sync_dmq", Set: p.noDMQ, Doc: "likewise: 0"},
		{Name: "enable_subs_dmq", Set: p.noDMQ, Doc: "likewise: 0"},
		{Name: "enable_subs_sync_dmq", Set: p.noDMQ, Doc: "likewise: 0"},
		{Name: "dmq_peer_id", Set: &p.unused, Notice: "state is not shared over DMQ", Doc: "name of the DMQ peer"},
		{Name: "skip_notify_dmq", Set: &p.ignored, Notice: "state is not shared over DMQ", Doc: "1 sends no NOTIFY for what came over DMQ"},
		{Name: "event_callback", Set: &p.eventCallback, Event: "presence:", Doc: "function of a Lua script that is run in place of the event route, with its name"},
	}
}

func (*Presence) noDMQ(n int) error {
	if n != 0 {
		return errors.New("presence: state cannot be shared over DMQ yet; set it to 0")
	}
	return nil
}

func (*Presence) facility(string) error { return nil }

var (
	errModes  = errors.New("presence: subs_db_mode above 0 and publ_cache 0 or 1 need db_url")
	errMinMax = errors.New("presence: min_expires is above max_expires")
)

// Prepare implements module.Preparer.
func (p *Presence) Prepare(module.Binder) error {
	if p.minExpires > p.maxExpires {
		return errMinMax
	}
	if p.serverAddress != "" {
		if u, err := sip.ParseURI(p.serverAddress); err != nil || !u.IsSIP() {
			return fmt.Errorf("presence: server_address: %q is no SIP URI", p.serverAddress)
		}
	}
	for _, c := range strings.Split(p.retrieveOrderBy, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(c), " ")
		if err := db.CheckName(name); err != nil {
			return fmt.Errorf("presence: retrieve_order_by: %w", err)
		}
	}
	return nil
}
