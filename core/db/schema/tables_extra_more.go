// SPDX-License-Identifier: Apache-2.0

package schema

// moreExtraTables are the rest of those of modules that many installations do without.
var moreExtraTables = []Table{
	{Name: "userblocklist", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "username", Type: Varchar, Size: 64, Default: ""},
		{Name: "domain", Type: Varchar, Size: 64, Default: ""},
		{Name: "prefix", Type: Varchar, Size: 64, Default: ""},
		{Name: "allowlist", Type: Tiny, Default: 0},
	}, Indexes: []Index{
		{Name: "userblocklist_idx", Columns: []string{"username", "domain", "prefix"}},
	}},
	{Name: "globalblocklist", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "prefix", Type: Varchar, Size: 64, Default: ""},
		{Name: "allowlist", Type: Tiny, Default: 0},
		{Name: "description", Type: Varchar, Size: 255, Null: true},
	}, Indexes: []Index{
		{Name: "globalblocklist_idx", Columns: []string{"prefix"}},
	}},
	{Name: "htable", Version: 2, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "key_name", Type: Varchar, Size: 64, Default: ""},
		{Name: "key_type", Type: Int, Default: 0},
		{Name: "value_type", Type: Int, Default: 0},
		{Name: "key_value", Type: Varchar, Size: 128, Default: ""},
		{Name: "expires", Type: Int, Default: 0},
	}},
	{Name: "purplemap", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "sip_user", Type: Varchar, Size: 255},
		{Name: "ext_user", Type: Varchar, Size: 255},
		{Name: "ext_prot", Type: Varchar, Size: 16},
		{Name: "ext_pass", Type: Varchar, Size: 64, Null: true},
	}},
	{Name: "uacreg", Version: 5, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "l_uuid", Type: Varchar, Size: 64, Default: ""},
		{Name: "l_username", Type: Varchar, Size: 64, Default: ""},
		{Name: "l_domain", Type: Varchar, Size: 64, Default: ""},
		{Name: "r_username", Type: Varchar, Size: 64, Default: ""},
		{Name: "r_domain", Type: Varchar, Size: 64, Default: ""},
		{Name: "realm", Type: Varchar, Size: 64, Default: ""},
		{Name: "auth_username", Type: Varchar, Size: 64, Default: ""},
		{Name: "auth_password", Type: Varchar, Size: 64, Default: ""},
		{Name: "auth_ha1", Type: Varchar, Size: 128, Default: ""},
		{Name: "auth_proxy", Type: Varchar, Size: 255, Default: ""},
		{Name: "expires", Type: Int, Default: 0},
		{Name: "flags", Type: Int, Default: 0},
		{Name: "reg_delay", Type: Int, Default: 0},
		{Name: "contact_addr", Type: Varchar, Size: 255, Default: ""},
		{Name: "socket", Type: Varchar, Size: 128, Default: ""},
	}, Indexes: []Index{
		{Name: "l_uuid_idx", Unique: true, Columns: []string{"l_uuid"}},
	}},
	{Name: "pl_pipes", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "pipeid", Type: Varchar, Size: 64, Default: ""},
		{Name: "algorithm", Type: Varchar, Size: 32, Default: ""},
		{Name: "plimit", Type: Int, Default: 0},
	}},
	{Name: "mtree", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "tprefix", Type: Varchar, Size: 32, Default: ""},
		{Name: "tvalue", Type: Varchar, Size: 128, Default: ""},
	}, Indexes: []Index{
		{Name: "tprefix_idx", Unique: true, Columns: []string{"tprefix"}},
	}},
	{Name: "mtrees", Version: 2, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "tname", Type: Varchar, Size: 128, Default: ""},
		{Name: "tprefix", Type: Varchar, Size: 32, Default: ""},
		{Name: "tvalue", Type: Varchar, Size: 128, Default: ""},
	}, Indexes: []Index{
		{Name: "tname_tprefix_tvalue_idx", Unique: true, Columns: []string{"tname", "tprefix", "tvalue"}},
	}},
	{Name: "sca_subscriptions", Version: 2, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "subscriber", Type: Varchar, Size: 255},
		{Name: "aor", Type: Varchar, Size: 255},
		{Name: "event", Type: Int, Default: 0},
		{Name: "expires", Type: Int, Default: 0},
		{Name: "state", Type: Int, Default: 0},
		{Name: "app_idx", Type: Int, Default: 0},
		{Name: "call_id", Type: Varchar, Size: 255},
		{Name: "from_tag", Type: Varchar, Size: 128},
		{Name: "to_tag", Type: Varchar, Size: 128},
		{Name: "record_route", Type: Text, Null: true},
		{Name: "notify_cseq", Type: Int},
		{Name: "subscribe_cseq", Type: Int},
		{Name: "server_id", Type: Int, Default: 0},
	}, Indexes: []Index{
		{Name: "sca_subscriptions_idx", Unique: true, Columns: []string{"subscriber", "call_id", "from_tag", "to_tag"}},
		{Name: "sca_expires_idx", Columns: []string{"server_id", "expires"}},
		{Name: "sca_subscribers_idx", Columns: []string{"subscriber", "event"}},
	}},
	{Name: "mohqcalls", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "mohq_id", Type: Uint},
		{Name: "call_id", Type: Varchar, Size: 100},
		{Name: "call_status", Type: Uint},
		{Name: "call_from", Type: Varchar, Size: 100},
		{Name: "call_contact", Type: Varchar, Size: 100, Null: true},
		{Name: "call_time", Type: DateTime},
	}, Indexes: []Index{
		{Name: "mohqcalls_idx", Unique: true, Columns: []string{"call_id"}},
	}},
	{Name: "mohqueues", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "name", Type: Varchar, Size: 25},
		{Name: "uri", Type: Varchar, Size: 100},
		{Name: "mohdir", Type: Varchar, Size: 100, Null: true},
		{Name: "mohfile", Type: Varchar, Size: 100},
		{Name: "debug", Type: Int},
	}, Indexes: []Index{
		{Name: "mohqueue_name_idx", Unique: true, Columns: []string{"name"}},
		{Name: "mohqueue_uri_idx", Unique: true, Columns: []string{"uri"}},
	}},
	{Name: "rtpproxy", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "setid", Type: Varchar, Size: 32, Default: "0"},
		{Name: "url", Type: Varchar, Size: 64, Default: ""},
		{Name: "flags", Type: Int, Default: 0},
		{Name: "weight", Type: Int, Default: 1},
		{Name: "description", Type: Varchar, Size: 64, Default: ""},
	}},
	{Name: "rtpengine", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "setid", Type: Uint, Default: 0},
		{Name: "url", Type: Varchar, Size: 64},
		{Name: "weight", Type: Uint, Default: 1},
		{Name: "disabled", Type: Int, Default: 0},
		{Name: "stamp", Type: DateTime, Default: "1900-01-01 00:00:01"},
	}, Indexes: []Index{
		{Name: "rtpengine_nodes", Unique: true, Columns: []string{"setid", "url"}},
	}},
	{Name: "secfilter", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "action", Type: Small, Default: 0},
		{Name: "type", Type: Small, Default: 0},
		{Name: "data", Type: Varchar, Size: 64, Default: ""},
	}, Indexes: []Index{
		{Name: "secfilter_idx", Columns: []string{"action", "type", "data"}},
	}},
}
