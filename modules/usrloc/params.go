// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
)

func (u *Usrloc) params() []module.Param {
	return []module.Param{
		{Name: "nat_bflag", Set: &u.natFlag, Min: -1, Max: 31, Doc: "branch flag of contacts behind NAT; -1 for none"},
		{Name: "use_domain", Set: &u.useDomain, Min: 0, Max: 1, Doc: "1 makes an AOR of user and domain, 0 of the user alone"},
		{Name: "desc_time_order", Set: &u.timeOrder, Min: 0, Max: 1, Doc: "1 orders the contacts of an AOR newest first, 0 by q"},
		{Name: "timer_interval", Set: &u.interval, Min: 1, Max: 1 << 20, Unit: "s", Doc: "how often expired contacts are removed; they are not used any more before that"},
		{Name: "db_mode", Set: &u.dbMode, Min: 0, Max: 4, Doc: "0 keeps contacts in memory only; the modes with a database are refused"},
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
		{Name: "ka_mode", Set: refuse(0), Doc: "keepalives of usrloc itself; only 0 (none)"},
	}
}

// databaseParams are those that say something of the database alone: an
// operator may have them in the configuration and db_mode 0.
func databaseParams() []module.Param {
	const why = "there is no database with db_mode 0"
	var list []module.Param
	for _, name := range []string{"user_column", "domain_column", "contact_column", "expires_column", "q_column", "callid_column",
		"cseq_column", "methods_column", "flags_column", "cflags_column", "user_agent_column", "received_column", "socket_column",
		"path_column", "ruid_column", "instance_column", "reg_id_column", "server_id_column", "connection_id_column",
		"keepalive_column", "partition_column"} {
		list = append(list, module.Param{Name: name, Set: func(string) error { return nil }, Doc: "name of a column of the database table", Notice: why})
	}
	for _, p := range []struct{ name, doc string }{
		{"db_load", "1 loads the contacts at start"},
		{"db_insert_update", "1 updates a row where its insertion fails"},
		{"fetch_rows", "rows to load at once"},
		{"db_update_as_insert", "1 inserts where a row would be updated"},
		{"db_check_update", "1 inserts where an update found no row"},
		{"db_ops_ruid", "1 finds rows by their record unique id"},
		{"expires_type", "1 for times as integers"},
		{"db_raw_fetch_type", "kind of query for keepalives"},
		{"db_insert_null", "1 writes null values"},
		{"skip_remote_socket", "1 leaves rows of other sockets alone"},
		{"db_timer_clean", "1 removes expired rows by the timer"},
		{"rm_expired_delay", "seconds until expired rows are removed, of db_mode 3"},
		{"server_id_filter", "1 takes only rows of this server"},
		{"version_table", "0 does not check the version of the table"},
		{"load_rank", "process that loads the contacts"},
		{"db_clean_tcp", "1 does not load contacts with a stream connection"},
	} {
		list = append(list, module.Param{Name: p.name, Set: func(int) error { return nil }, Doc: p.doc, Notice: why})
	}
	return list
}

var errKeepalive = errors.New("usrloc sends no keepalives yet, only 0 is possible")

// refuse accepts one value.
func refuse(only int) func(int) error {
	return func(n int) error {
		if n != only {
			return errKeepalive
		}
		return nil
	}
}
