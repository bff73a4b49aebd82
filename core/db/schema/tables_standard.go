// SPDX-License-Identifier: Apache-2.0

package schema

// standardTables are those that Kamailio's standard modules work with.
var standardTables = []Table{
	{Name: "version", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "table_name", Type: Varchar, Size: 32},
		{Name: "table_version", Type: Uint, Default: 0},
	}, Indexes: []Index{
		{Name: "table_name_idx", Unique: true, Columns: []string{"table_name"}},
	}},
	{Name: "acc", Version: 5, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "method", Type: Varchar, Size: 16, Default: ""},
		{Name: "from_tag", Type: Varchar, Size: 128, Default: ""},
		{Name: "to_tag", Type: Varchar, Size: 128, Default: ""},
		{Name: "callid", Type: Varchar, Size: 255, Default: ""},
		{Name: "sip_code", Type: Varchar, Size: 3, Default: ""},
		{Name: "sip_reason", Type: Varchar, Size: 128, Default: ""},
		{Name: "time", Type: DateTime},
	}, Indexes: []Index{
		{Name: "callid_idx", Columns: []string{"callid"}},
	}},
	{Name: "acc_cdrs", Version: 2, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "start_time", Type: DateTime, Default: "2000-01-01 00:00:00"},
		{Name: "end_time", Type: DateTime, Default: "2000-01-01 00:00:00"},
		{Name: "duration", Type: Float, Scale: 3, Default: 0.0},
	}, Indexes: []Index{
		{Name: "start_time_idx", Columns: []string{"start_time"}},
	}},
	{Name: "missed_calls", Version: 4, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "method", Type: Varchar, Size: 16, Default: ""},
		{Name: "from_tag", Type: Varchar, Size: 128, Default: ""},
		{Name: "to_tag", Type: Varchar, Size: 128, Default: ""},
		{Name: "callid", Type: Varchar, Size: 255, Default: ""},
		{Name: "sip_code", Type: Varchar, Size: 3, Default: ""},
		{Name: "sip_reason", Type: Varchar, Size: 128, Default: ""},
		{Name: "time", Type: DateTime},
	}, Indexes: []Index{
		{Name: "callid_idx", Columns: []string{"callid"}},
	}},
	{Name: "lcr_gw", Version: 3, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "lcr_id", Type: USmall},
		{Name: "gw_name", Type: Varchar, Size: 128, Null: true},
		{Name: "ip_addr", Type: Varchar, Size: 50, Null: true},
		{Name: "hostname", Type: Varchar, Size: 64, Null: true},
		{Name: "port", Type: USmall, Null: true},
		{Name: "params", Type: Varchar, Size: 64, Null: true},
		{Name: "uri_scheme", Type: UTiny, Null: true},
		{Name: "transport", Type: UTiny, Null: true},
		{Name: "strip", Type: UTiny, Null: true},
		{Name: "prefix", Type: Varchar, Size: 16, Null: true},
		{Name: "tag", Type: Varchar, Size: 64, Null: true},
		{Name: "flags", Type: Uint, Default: 0},
		{Name: "defunct", Type: Uint, Null: true},
	}, Indexes: []Index{
		{Name: "lcr_id_idx", Columns: []string{"lcr_id"}},
	}},
	{Name: "lcr_rule_target", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "lcr_id", Type: USmall},
		{Name: "rule_id", Type: Uint},
		{Name: "gw_id", Type: Uint},
		{Name: "priority", Type: UTiny},
		{Name: "weight", Type: Uint, Default: 1},
	}, Indexes: []Index{
		{Name: "rule_id_gw_id_idx", Unique: true, Columns: []string{"rule_id", "gw_id"}},
		{Name: "lcr_id_idx", Columns: []string{"lcr_id"}},
	}},
	{Name: "lcr_rule", Version: 3, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "lcr_id", Type: USmall},
		{Name: "prefix", Type: Varchar, Size: 16, Null: true},
		{Name: "from_uri", Type: Varchar, Size: 64, Null: true},
		{Name: "request_uri", Type: Varchar, Size: 64, Null: true},
		{Name: "mt_tvalue", Type: Varchar, Size: 128, Null: true},
		{Name: "stopper", Type: Uint, Default: 0},
		{Name: "enabled", Type: Uint, Default: 1},
	}, Indexes: []Index{
		{Name: "lcr_id_prefix_from_uri_idx", Unique: true, Columns: []string{"lcr_id", "prefix", "from_uri"}},
	}},
	{Name: "domain", Version: 2, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "domain", Type: Varchar, Size: 64},
		{Name: "did", Type: Varchar, Size: 64, Null: true},
		{Name: "last_modified", Type: DateTime, Default: "2000-01-01 00:00:01"},
	}, Indexes: []Index{
		{Name: "domain_idx", Unique: true, Columns: []string{"domain"}},
	}},
	{Name: "domain_attrs", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "did", Type: Varchar, Size: 64},
		{Name: "name", Type: Varchar, Size: 32},
		{Name: "type", Type: Uint},
		{Name: "value", Type: Varchar, Size: 255},
		{Name: "last_modified", Type: DateTime, Default: "2000-01-01 00:00:01"},
	}, Indexes: []Index{
		{Name: "domain_attrs_idx", Columns: []string{"did", "name"}},
	}},
	{Name: "grp", Version: 2, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "username", Type: Varchar, Size: 64, Default: ""},
		{Name: "domain", Type: Varchar, Size: 64, Default: ""},
		{Name: "grp", Type: Varchar, Size: 64, Default: ""},
		{Name: "last_modified", Type: DateTime, Default: "2000-01-01 00:00:01"},
	}, Indexes: []Index{
		{Name: "account_group_idx", Unique: true, Columns: []string{"username", "domain", "grp"}},
	}},
	{Name: "re_grp", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "reg_exp", Type: Varchar, Size: 128, Default: ""},
		{Name: "group_id", Type: Int, Default: 0},
	}, Indexes: []Index{
		{Name: "group_idx", Columns: []string{"group_id"}},
	}},
	{Name: "trusted", Version: 6, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "src_ip", Type: Varchar, Size: 50},
		{Name: "proto", Type: Varchar, Size: 4},
		{Name: "from_pattern", Type: Varchar, Size: 64, Null: true},
		{Name: "ruri_pattern", Type: Varchar, Size: 64, Null: true},
		{Name: "tag", Type: Varchar, Size: 64, Null: true},
		{Name: "priority", Type: Int, Default: 0},
	}, Indexes: []Index{
		{Name: "peer_idx", Columns: []string{"src_ip"}},
	}},
	{Name: "address", Version: 6, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "grp", Type: Uint, Default: 1},
		{Name: "ip_addr", Type: Varchar, Size: 50},
		{Name: "mask", Type: Int, Default: 32},
		{Name: "port", Type: USmall, Default: 0},
		{Name: "tag", Type: Varchar, Size: 64, Null: true},
	}},
	{Name: "aliases", Version: 8, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "ruid", Type: Varchar, Size: 64, Default: ""},
		{Name: "username", Type: Varchar, Size: 64, Default: ""},
		{Name: "domain", Type: Varchar, Size: 64, Null: true},
		{Name: "contact", Type: Varchar, Size: 255, Default: ""},
		{Name: "received", Type: Varchar, Size: 255, Null: true},
		{Name: "path", Type: Varchar, Size: 512, Null: true},
		{Name: "expires", Type: DateTime, Default: "2030-05-28 21:32:15"},
		{Name: "q", Type: Float, Scale: 2, Default: 1.0},
		{Name: "callid", Type: Varchar, Size: 255, Default: "Default-Call-ID"},
		{Name: "cseq", Type: Int, Default: 1},
		{Name: "last_modified", Type: DateTime, Default: "2000-01-01 00:00:01"},
		{Name: "flags", Type: Int, Default: 0},
		{Name: "cflags", Type: Int, Default: 0},
		{Name: "user_agent", Type: Varchar, Size: 255, Default: ""},
		{Name: "socket", Type: Varchar, Size: 64, Null: true},
		{Name: "methods", Type: Int, Null: true},
		{Name: "instance", Type: Varchar, Size: 255, Null: true},
		{Name: "reg_id", Type: Int, Default: 0},
		{Name: "server_id", Type: Int, Default: 0},
		{Name: "connection_id", Type: Int, Default: 0},
		{Name: "keepalive", Type: Int, Default: 0},
		{Name: "partition", Type: Int, Default: 0},
	}, Indexes: []Index{
		{Name: "ruid_idx", Unique: true, Columns: []string{"ruid"}},
		{Name: "account_contact_idx", Columns: []string{"username", "domain", "contact"}},
		{Name: "expires_idx", Columns: []string{"expires"}},
	}},
}
