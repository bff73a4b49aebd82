// SPDX-License-Identifier: Apache-2.0

package usrloc

import "github.com/kahea-sip/kahea/core/module"

// columns are the names of the columns of a table.
type columns struct {
	user, domain, contact, expires, q, callID, cseq, methods, flags, cflags, agent, received, socket, path,
	ruid, instance, regID, serverID, conn, keepalive, partition string
}

// modifiedColumn has no parameter.
const modifiedColumn = "last_modified"

func defaultColumns() columns {
	return columns{user: "username", domain: "domain", contact: "contact", expires: "expires", q: "q", callID: "callid", cseq: "cseq",
		methods: "methods", flags: "flags", cflags: "cflags", agent: "user_agent", received: "received", socket: "socket", path: "path",
		ruid: "ruid", instance: "instance", regID: "reg_id", serverID: "server_id", conn: "connection_id", keepalive: "keepalive",
		partition: "partition"}
}

// list is the columns in the order of a row.
func (c *columns) list() []string {
	return []string{c.user, c.domain, c.contact, c.received, c.path, c.expires, c.q, c.callID, c.cseq, modifiedColumn, c.flags,
		c.cflags, c.agent, c.socket, c.methods, c.ruid, c.instance, c.regID, c.serverID, c.conn, c.keepalive, c.partition}
}

// params are the parameters that name columns.
func (c *columns) params() []module.Param {
	var list []module.Param
	for _, p := range []struct {
		name string
		set  *string
		doc  string
	}{
		{"user_column", &c.user, "the user of an AOR"},
		{"domain_column", &c.domain, "the domain of an AOR"},
		{"contact_column", &c.contact, "the contact address"},
		{"expires_column", &c.expires, "when the contact is over"},
		{"q_column", &c.q, "the priority"},
		{"callid_column", &c.callID, "the Call-ID of the REGISTER"},
		{"cseq_column", &c.cseq, "the CSeq of the REGISTER"},
		{"methods_column", &c.methods, "the methods that the contact allows"},
		{"flags_column", &c.flags, "the store's own flags"},
		{"cflags_column", &c.cflags, "the branch flags"},
		{"user_agent_column", &c.agent, "the User-Agent"},
		{"received_column", &c.received, "the address that the REGISTER came from"},
		{"socket_column", &c.socket, "the socket that the REGISTER came by"},
		{"path_column", &c.path, "the Path"},
		{"ruid_column", &c.ruid, "the record unique id"},
		{"instance_column", &c.instance, "the +sip.instance"},
		{"reg_id_column", &c.regID, "the reg-id"},
		{"server_id_column", &c.serverID, "the server_id of the server"},
		{"connection_id_column", &c.conn, "the stream connection"},
		{"keepalive_column", &c.keepalive, "1 for a contact that needs keepalives (nat_bflag)"},
		{"partition_column", &c.partition, "the partition for keepalives"},
	} {
		list = append(list, module.Param{Name: p.name, Set: p.set, Doc: "column of the database table with " + p.doc})
	}
	return list
}
