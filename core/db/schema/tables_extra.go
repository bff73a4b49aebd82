// SPDX-License-Identifier: Apache-2.0

package schema

// extraTables are those of modules that many installations do without.
var extraTables = []Table{
	{Name: "imc_rooms", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "name", Type: Varchar, Size: 64},
		{Name: "domain", Type: Varchar, Size: 64},
		{Name: "flag", Type: Int},
	}, Indexes: []Index{
		{Name: "name_domain_idx", Unique: true, Columns: []string{"name", "domain"}},
	}},
	{Name: "imc_members", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "username", Type: Varchar, Size: 64},
		{Name: "domain", Type: Varchar, Size: 64},
		{Name: "room", Type: Varchar, Size: 64},
		{Name: "flag", Type: Int},
	}, Indexes: []Index{
		{Name: "account_room_idx", Unique: true, Columns: []string{"username", "domain", "room"}},
	}},
	{Name: "cpl", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "username", Type: Varchar, Size: 64},
		{Name: "domain", Type: Varchar, Size: 64, Default: ""},
		{Name: "cpl_xml", Type: Text, Null: true},
		{Name: "cpl_bin", Type: Text, Null: true},
	}, Indexes: []Index{
		{Name: "account_idx", Unique: true, Columns: []string{"username", "domain"}},
	}},
	{Name: "sip_trace", Version: 4, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "time_stamp", Type: DateTime, Default: "2000-01-01 00:00:01"},
		{Name: "time_us", Type: Uint, Default: 0},
		{Name: "callid", Type: Varchar, Size: 255, Default: ""},
		{Name: "traced_user", Type: Varchar, Size: 255, Default: ""},
		{Name: "msg", Type: MediumText},
		{Name: "method", Type: Varchar, Size: 50, Default: ""},
		{Name: "status", Type: Varchar, Size: 255, Default: ""},
		{Name: "fromip", Type: Varchar, Size: 64, Default: ""},
		{Name: "toip", Type: Varchar, Size: 64, Default: ""},
		{Name: "fromtag", Type: Varchar, Size: 128, Default: ""},
		{Name: "totag", Type: Varchar, Size: 128, Default: ""},
		{Name: "direction", Type: Varchar, Size: 4, Default: ""},
	}, Indexes: []Index{
		{Name: "callid_idx", Columns: []string{"callid"}},
		{Name: "date_idx", Columns: []string{"time_stamp"}},
		{Name: "fromip_idx", Columns: []string{"fromip"}},
		{Name: "traced_user_idx", Columns: []string{"traced_user"}},
	}},
	{Name: "domainpolicy", Version: 2, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "rule", Type: Varchar, Size: 255},
		{Name: "type", Type: Varchar, Size: 255},
		{Name: "att", Type: Varchar, Size: 255, Null: true},
		{Name: "val", Type: Varchar, Size: 128, Null: true},
		{Name: "description", Type: Varchar, Size: 255},
	}, Indexes: []Index{
		{Name: "rav_idx", Unique: true, Columns: []string{"rule", "att", "val"}},
		{Name: "rule_idx", Columns: []string{"rule"}},
	}},
	{Name: "carrierroute", Version: 3, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "carrier", Type: Uint, Default: 0},
		{Name: "domain", Type: Uint, Default: 0},
		{Name: "scan_prefix", Type: Varchar, Size: 64, Default: ""},
		{Name: "flags", Type: Uint, Default: 0},
		{Name: "mask", Type: Uint, Default: 0},
		{Name: "prob", Type: Float, Default: 0.0},
		{Name: "strip", Type: Uint, Default: 0},
		{Name: "rewrite_host", Type: Varchar, Size: 255, Default: ""},
		{Name: "rewrite_prefix", Type: Varchar, Size: 64, Default: ""},
		{Name: "rewrite_suffix", Type: Varchar, Size: 64, Default: ""},
		{Name: "description", Type: Varchar, Size: 255, Null: true},
	}},
	{Name: "carrierfailureroute", Version: 2, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "carrier", Type: Uint, Default: 0},
		{Name: "domain", Type: Uint, Default: 0},
		{Name: "scan_prefix", Type: Varchar, Size: 64, Default: ""},
		{Name: "host_name", Type: Varchar, Size: 255, Default: ""},
		{Name: "reply_code", Type: Varchar, Size: 3, Default: ""},
		{Name: "flags", Type: Uint, Default: 0},
		{Name: "mask", Type: Uint, Default: 0},
		{Name: "next_domain", Type: Uint, Default: 0},
		{Name: "description", Type: Varchar, Size: 255, Null: true},
	}},
	{Name: "carrier_name", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "carrier", Type: Varchar, Size: 64, Null: true},
	}},
	{Name: "domain_name", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "domain", Type: Varchar, Size: 64, Null: true},
	}},
	{Name: "dr_gateways", Version: 3, Columns: []Column{
		{Name: "gwid", Type: Serial},
		{Name: "type", Type: Uint, Default: 0},
		{Name: "address", Type: Varchar, Size: 128},
		{Name: "strip", Type: Uint, Default: 0},
		{Name: "pri_prefix", Type: Varchar, Size: 64, Null: true},
		{Name: "attrs", Type: Varchar, Size: 255, Null: true},
		{Name: "description", Type: Varchar, Size: 128, Default: ""},
	}},
	{Name: "dr_rules", Version: 3, Columns: []Column{
		{Name: "ruleid", Type: Serial},
		{Name: "groupid", Type: Varchar, Size: 255},
		{Name: "prefix", Type: Varchar, Size: 64},
		{Name: "timerec", Type: Varchar, Size: 255},
		{Name: "priority", Type: Int, Default: 0},
		{Name: "routeid", Type: Varchar, Size: 64},
		{Name: "gwlist", Type: Varchar, Size: 255},
		{Name: "description", Type: Varchar, Size: 128, Default: ""},
	}},
	{Name: "dr_gw_lists", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "gwlist", Type: Varchar, Size: 255},
		{Name: "description", Type: Varchar, Size: 128, Default: ""},
	}},
	{Name: "dr_groups", Version: 2, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "username", Type: Varchar, Size: 64},
		{Name: "domain", Type: Varchar, Size: 128, Default: ""},
		{Name: "groupid", Type: Uint, Default: 0},
		{Name: "description", Type: Varchar, Size: 128, Default: ""},
	}},
}
