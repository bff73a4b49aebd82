// SPDX-License-Identifier: Apache-2.0

package schema

// uidTables are those of the modules that know accounts by a UID; kamdbctl makes
// them for MySQL only.
var uidTables = []Table{
	{Name: "uid_credentials", Version: 7, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "auth_username", Type: Varchar, Size: 64},
		{Name: "did", Type: Varchar, Size: 64, Default: "_default"},
		{Name: "realm", Type: Varchar, Size: 64},
		{Name: "password", Type: Varchar, Size: 28, Default: ""},
		{Name: "flags", Type: Int, Default: 0},
		{Name: "ha1", Type: Varchar, Size: 32},
		{Name: "ha1b", Type: Varchar, Size: 32, Default: ""},
		{Name: "uid", Type: Varchar, Size: 64},
	}, Indexes: []Index{
		{Name: "cred_idx", Columns: []string{"auth_username", "did"}},
		{Name: "did_idx", Columns: []string{"did"}},
		{Name: "realm_idx", Columns: []string{"realm"}},
		{Name: "uid", Columns: []string{"uid"}},
	}},
	{Name: "uid_user_attrs", Version: 3, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "uid", Type: Varchar, Size: 64},
		{Name: "name", Type: Varchar, Size: 32},
		{Name: "value", Type: Varchar, Size: 128, Null: true},
		{Name: "type", Type: Int, Default: 0},
		{Name: "flags", Type: Uint, Default: 0},
	}, Indexes: []Index{
		{Name: "userattrs_idx", Unique: true, Columns: []string{"uid", "name", "value"}},
	}},
	{Name: "uid_domain", Version: 2, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "did", Type: Varchar, Size: 64},
		{Name: "domain", Type: Varchar, Size: 64},
		{Name: "flags", Type: Uint, Default: 0},
	}, Indexes: []Index{
		{Name: "domain_idx", Unique: true, Columns: []string{"domain"}},
		{Name: "did_idx", Columns: []string{"did"}},
	}},
	{Name: "uid_domain_attrs", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "did", Type: Varchar, Size: 64, Null: true},
		{Name: "name", Type: Varchar, Size: 32},
		{Name: "type", Type: Int, Default: 0},
		{Name: "value", Type: Varchar, Size: 128, Null: true},
		{Name: "flags", Type: Uint, Default: 0},
	}, Indexes: []Index{
		{Name: "domain_attr_idx", Unique: true, Columns: []string{"did", "name", "value"}},
		{Name: "domain_did", Columns: []string{"did", "flags"}},
	}},
	{Name: "uid_global_attrs", Version: 1, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "name", Type: Varchar, Size: 32},
		{Name: "type", Type: Int, Default: 0},
		{Name: "value", Type: Varchar, Size: 128, Null: true},
		{Name: "flags", Type: Uint, Default: 0},
	}, Indexes: []Index{
		{Name: "global_attrs_idx", Unique: true, Columns: []string{"name", "value"}},
	}},
	{Name: "uid_uri", Version: 3, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "uid", Type: Varchar, Size: 64},
		{Name: "did", Type: Varchar, Size: 64},
		{Name: "username", Type: Varchar, Size: 64},
		{Name: "flags", Type: Uint, Default: 0},
		{Name: "scheme", Type: Varchar, Size: 8, Default: "sip"},
	}, Indexes: []Index{
		{Name: "uri_idx1", Columns: []string{"username", "did", "scheme"}},
		{Name: "uri_uid", Columns: []string{"uid"}},
	}},
	{Name: "uid_uri_attrs", Version: 2, Columns: []Column{
		{Name: "id", Type: Serial},
		{Name: "username", Type: Varchar, Size: 64},
		{Name: "did", Type: Varchar, Size: 64},
		{Name: "name", Type: Varchar, Size: 32},
		{Name: "value", Type: Varchar, Size: 128, Null: true},
		{Name: "type", Type: Int, Default: 0},
		{Name: "flags", Type: Uint, Default: 0},
		{Name: "scheme", Type: Varchar, Size: 8, Default: "sip"},
	}, Indexes: []Index{
		{Name: "uriattrs_idx", Unique: true, Columns: []string{"username", "did", "name", "value", "scheme"}},
	}},
}
