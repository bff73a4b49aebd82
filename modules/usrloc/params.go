// SPDX-License-Identifier: Apache-2.0

package usrloc

import "github.com/kahea-sip/kahea/core/module"

func (u *Usrloc) params() []module.Param {
	return []module.Param{
		{Name: "nat_bflag", Set: &u.natFlag, Min: -1, Max: 31, Doc: "branch flag of contacts behind NAT; -1 for none"},
		{Name: "use_domain", Set: &u.useDomain, Min: 0, Max: 1, Doc: "1 makes an AOR of user and domain, 0 of the user alone"},
		{Name: "desc_time_order", Set: &u.timeOrder, Min: 0, Max: 1, Doc: "1 orders the contacts of an AOR newest first, 0 by q"},
		{Name: "timer_interval", Set: &u.interval, Min: 1, Max: 1 << 20, Unit: "s", Doc: "how often expired contacts are removed; they are not used any more before that"},
		{Name: "db_mode", Set: &u.dbMode, Min: 0, Max: 4,
			Doc: "0 keeps contacts in memory only; 1 writes each change to the database before the REGISTER is answered; 2 writes changes each timer_interval and at the end; 3 keeps nothing in memory; 4 reads the database at start and never writes"},
		{Name: "db_url", Set: &u.dbURL, Doc: "database of the contacts; has no effect with db_mode 0"},
		{Name: "matching_mode", Set: &u.matching, Min: 0, Max: 3,
			Doc: "what tells that two REGISTERs speak of the same contact: 0 the address, 1 address and Call-ID, 2 address and Path, 3 Call-ID; a contact with +sip.instance is always known by it and reg-id"},
		{Name: "cseq_delay", Set: &u.cseqDelay, Min: 0, Max: 1 << 20, Unit: "s", Doc: "for how long a REGISTER with the CSeq of the last one counts as its retransmission; 0 never"},
		{Name: "hash_size", Set: &u.hashSize, Min: 0, Max: 20, Doc: "exponent of the number of slots of a table, as ul.dump shows it; a table has 256 parts with a lock each, and they grow as needed"},
		{Name: "preload", Set: &u.preload, Doc: "a table that no function of the script names, for commands; may be set several times"},
		{Name: "xavp_contact", Set: &u.xavp, Doc: "XAVP whose fields are stored with a contact by save and come back with lookup"},
		{Name: "handle_lost_tcp", Set: &u.handleLost, Min: 0, Max: 1, Doc: "1 removes contacts whose stream connection has closed, when the timer runs"},
		{Name: "close_expired_tcp", Set: &u.closeExpired, Min: 0, Max: 1, Doc: "1 closes the stream connection of a contact that has expired"},
		{Name: "timer_procs", Set: func(int) error { return nil }, Doc: "timer processes", Notice: "expired contacts are removed by a goroutine of its own in any case"},
	}
}

// databaseParams are those that say something of the database alone: an
// operator may have them in the configuration and db_mode 0.
func (u *Usrloc) databaseParams() []module.Param {
	const upsert = "a row is changed where there is one, and inserted where there is none"
	list := append(u.columns.params(), []module.Param{
		{Name: "db_load", Set: &u.dbLoad, Min: 0, Max: 1, Doc: "0 does not load the contacts at start, with db_mode 1 and 2"},
		{Name: "expires_type", Set: &u.expiresType, Min: 0, Max: 1, Doc: "1 where the columns expires and last_modified are numbers (BIGINT), in seconds since the epoch; 0 where they are dates"},
		{Name: "skip_remote_socket", Set: &u.skipRemote, Min: 0, Max: 1, Doc: "1 does not load contacts whose socket is none of this server"},
		{Name: "db_timer_clean", Set: &u.timerClean, Min: 0, Max: 1, Doc: "1 removes all expired rows each timer_interval, with db_mode 1 and 2; those of contacts in memory are removed with these in any case"},
		{Name: "rm_expired_delay", Set: &u.expiredDelay, Min: 0, Max: 1 << 30, Unit: "s", Doc: "how long after their time rows are removed, with db_mode 3"},
		{Name: "server_id_filter", Set: &u.serverFilter, Min: 0, Max: 1, Doc: "1 loads and removes only rows with the server_id of this server"},
		{Name: "version_table", Set: &u.versionTable, Min: 0, Max: 1, Doc: "0 does not check the version of the table"},
		{Name: "db_share", Set: &u.share, Min: 0, Max: 1, Doc: "1 shares the contacts with other servers that have the same table, with db_mode 1 and a database that carries messages (db_redis). Not of Kamailio"},
		{Name: "db_clean_tcp", Set: &u.cleanTCP, Min: 0, Max: 1, Doc: "1 removes, instead of loading them, contacts that came by a stream connection"},
	}...)
	for _, p := range []struct{ name, doc, why string }{
		{"db_insert_update", "1 updates a row where its insertion fails", upsert},
		{"db_update_as_insert", "1 inserts where a row would be updated", upsert},
		{"db_check_update", "1 inserts where an update found no row", upsert},
		{"db_ops_ruid", "1 finds rows by their record unique id", "rows are always found by their record unique id"},
		{"fetch_rows", "rows to load at once", "rows are taken over while they arrive"},
		{"db_raw_fetch_type", "kind of query for keepalives", "there is one for all databases"},
		{"db_insert_null", "1 writes null values", "they are always written"},
		{"load_rank", "process that loads the contacts", "the first 20,000 are loaded before the first message, the others while messages are served"},
	} {
		list = append(list, module.Param{Name: p.name, Set: func(int) error { return nil }, Doc: p.doc, Notice: p.why})
	}
	return list
}
