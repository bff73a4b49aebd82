// SPDX-License-Identifier: Apache-2.0

// Package permissions tells by rules and addresses what a peer may do.
package permissions

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("permissions", func() module.Module { return New() }) }

// Permissions is the module.
type Permissions struct {
	allowFile, denyFile, allowSuffix, denySuffix string
	addressFile, url                             string
	addressTable, trustedTable                   string
	groupCol, addressCol, maskCol, portCol       string
	sourceCol, protoCol, fromCol, requestCol     string
	tagCol, priorityCol                          string
	allBranches, dbMode, tagMode                 int
	maxSubnets, backends, delta, cleanup         int
	tag                                          module.Accessor

	host      module.Host
	db        db.Database
	names     map[string]bool   // rule files that the script names
	files     map[string]*rules // by name; written in Start only
	addresses atomic.Pointer[addresses]
	trusted   atomic.Pointer[trusted]
	asks      bool // the script calls allow_trusted
	reloaded  [2]atomic.Int64
}

// Versions of the tables.
const (
	addressVersion = 6
	trustedVersion = 6
)

// Bits of load_backends.
const (
	backendAddress = 1 << iota
	backendTrusted
	backendAllow
	backendDeny
)

// New returns the module with its defaults.
func New() *Permissions {
	return &Permissions{allowFile: "permissions.allow", denyFile: "permissions.deny", allowSuffix: ".allow", denySuffix: ".deny",
		addressTable: "address", trustedTable: "trusted", groupCol: "grp", addressCol: "ip_addr", maskCol: "mask", portCol: "port",
		sourceCol: "src_ip", protoCol: "proto", fromCol: "from_pattern", requestCol: "ruri_pattern", tagCol: "tag", priorityCol: "priority",
		allBranches: 1, maxSubnets: 512, backends: 0xffff, delta: 5, cleanup: 60, names: map[string]bool{}, files: map[string]*rules{}}
}

var _ module.Starter = (*Permissions)(nil)

// Exports implements module.Module.
func (m *Permissions) Exports() module.Exports {
	return module.Exports{
		Doc: "Tells by rules of files and by addresses of a database or file what a peer may do.",
		Params: []module.Param{
			{Name: "default_allow_file", Set: &m.allowFile, Doc: "rules of allow_routing without arguments"},
			{Name: "default_deny_file", Set: &m.denyFile, Doc: "the same of what is denied"},
			{Name: "check_all_branches", Set: &m.allBranches, Min: 0, Max: 1, Doc: "0 makes allow_routing look at the Request-URI only, not at further branches"},
			{Name: "allow_suffix", Set: &m.allowSuffix, Doc: "end of the name of an allow file, with the dot"},
			{Name: "deny_suffix", Set: &m.denySuffix, Doc: "end of the name of a deny file, with the dot"},
			{Name: "address_file", Set: &m.addressFile, Doc: "file with the addresses, instead of the table"},
			{Name: "db_url", Set: &m.url, Doc: "database"},
			{Name: "address_table", Set: &m.addressTable, Doc: "table with the addresses"},
			{Name: "grp_col", Set: &m.groupCol, Doc: "column with the group of an address"},
			{Name: "ip_addr_col", Set: &m.addressCol, Doc: "column with the address, or the name of a domain"},
			{Name: "mask_col", Set: &m.maskCol, Doc: "column with the length of the prefix, 0 for the whole address"},
			{Name: "port_col", Set: &m.portCol, Doc: "column with the port, 0 for any"},
			{Name: "db_mode", Set: &m.dbMode, Min: 0, Max: 1, Doc: "1 keeps the table of allow_trusted in memory, 0 asks the database each time"},
			{Name: "trusted_table", Set: &m.trustedTable, Doc: "table of allow_trusted"},
			{Name: "source_col", Set: &m.sourceCol, Doc: "column with the source address"},
			{Name: "proto_col", Set: &m.protoCol, Doc: "column with the protocol: any, udp, tcp, tls, sctp, ws, wss, none"},
			{Name: "from_col", Set: &m.fromCol, Doc: "column with the expression for the From URI"},
			{Name: "ruri_col", Set: &m.requestCol, Doc: "column with the expression for the Request-URI"},
			{Name: "tag_col", Set: &m.tagCol, Doc: "column with the tag, of both tables"},
			{Name: "priority_col", Set: &m.priorityCol, Doc: "column with the priority; the highest is looked at first"},
			{Name: "peer_tag_avp", Set: &m.tag, Doc: "AVP that gets the tag of what matched"},
			{Name: "peer_tag_mode", Set: &m.tagMode, Min: 0, Max: 1, Doc: "1 makes allow_trusted add the tags of all that match and return their number"},
			{Name: "max_subnets", Set: &m.maxSubnets, Min: 0, Max: 1 << 30, Doc: "the most prefixes that the addresses may have"},
			{Name: "load_backends", Set: &m.backends, Min: 0, Max: 1 << 31, Doc: "sum of what is loaded at start: 1 addresses, 2 trusted peers, 4 the default allow file, 8 the default deny file"},
			{Name: "reload_delta", Set: &m.delta, Min: 0, Max: 1 << 30, Unit: "s", Doc: "least time between two reloads of a table; 0 for none"},
			{Name: "trusted_cleanup_interval", Set: &m.cleanup, Min: 0, Max: 1 << 30, Unit: "s", Doc: "when old tables are freed", Notice: "an old table goes when nobody uses it"},
		},
		Functions: m.functions(),
		RPC: []module.Command{
			{Name: "permissions.addressReload", Run: m.rpcReloadAddresses, Doc: "Reads the addresses anew; when that fails the old ones stay."},
			{Name: "permissions.addressDump", Run: m.rpcAddresses, Array: true, Doc: "Lists whole addresses."},
			{Name: "permissions.subnetDump", Run: m.rpcSubnets, Array: true, Doc: "Lists prefixes."},
			{Name: "permissions.domainDump", Run: m.rpcDomains, Doc: "Lists names of domains."},
			{Name: "permissions.trustedReload", Run: m.rpcReloadTrusted, Doc: "Reads the trusted peers anew; when that fails the old ones stay."},
			{Name: "permissions.trustedDump", Run: m.rpcTrusted, Doc: "Lists trusted peers."},
			{Name: "permissions.testUri", Run: m.rpcTestURI, Doc: "Tells whether rules allow a URI: basename, From URI, other URI. Files that the script does not name allow nothing."},
			{Name: "permissions.allowUri", Run: m.rpcTestURI, Doc: "The same as permissions.testUri."},
		},
	}
}

func (m *Permissions) functions() []module.Function {
	group := module.Arg{Name: "group_id", Type: module.ArgInt, Doc: "group of addresses"}
	address := module.Arg{Name: "ip_addr", Doc: "address or name of a domain"}
	port := module.Arg{Name: "port", Type: module.ArgInt, Doc: "port"}
	optional := group
	optional.Optional = true
	pair := func(optional bool) []module.Arg {
		return []module.Arg{{Name: "basename", Literal: true, Optional: optional, Doc: "name of the files without their suffixes; with two arguments the allow file"},
			{Name: "deny_file", Literal: true, Optional: true, Doc: "deny file"}}
	}
	const routing = module.RequestRoute | module.FailureRoute
	return []module.Function{
		{Name: "allow_routing", Lua: "-", Args: pair(true), Routes: module.AnyRoute, Prepare: m.nameRules, Run: m.allowRouting, Doc: "True when the rules allow From and the Request-URI of all branches."},
		{Name: "allow_register", Lua: "-", Args: pair(false), Routes: routing, Prepare: m.nameRules, Run: m.allowRegister(false), Doc: "True when the rules allow To and the URIs of all Contacts."},
		{Name: "allow_register_include_port", Lua: "-", Args: pair(false), Routes: routing, Prepare: m.nameRules, Run: m.allowRegister(true), Doc: "The same with the ports of the Contacts."},
		{Name: "allow_uri", Lua: "-", Args: []module.Arg{pair(false)[0], {Name: "uri", Doc: "URI"}}, Routes: routing, Prepare: m.nameBase, Run: m.allowURI, Doc: "True when the rules allow From and a URI."},
		{Name: "allow_address", Lua: "allow_address(int,str,int)", Args: []module.Arg{group, address, port}, Routes: module.AnyRoute, Run: m.allowAddress, Doc: "True when an address is in a group."},
		{Name: "allow_source_address", Lua: "allow_source_address(int)", Args: []module.Arg{optional}, Routes: module.AnyRoute, Run: m.allowSource, Doc: "True when the source of the request is in a group, without an argument 1."},
		{Name: "allow_source_address_group", Routes: module.AnyRoute, Run: m.sourceGroup, Doc: "$rc is the group of the source of the request, -1 for none."},
		{Name: "allow_address_group", Lua: "allow_address_group(str,int)", Args: []module.Arg{address, port}, Routes: module.AnyRoute, Run: m.addressGroup, Doc: "$rc is the group of an address, -1 for none."},
		{Name: "allow_trusted", Lua: "allow_trusted", Args: []module.Arg{{Name: "src_ip", Optional: true, Doc: "source address, that of the request where it is left out"},
			{Name: "proto", Optional: true, Paired: true, Doc: "protocol"}, {Name: "furi", Optional: true, Doc: "URI in place of From"}}, Routes: module.AnyRoute, Prepare: m.askTrusted, Run: m.allowTrusted, Doc: "True when the table of trusted peers has the source, protocol and URIs."},
	}
}

// DatabaseURLs implements module.Connector.
func (m *Permissions) DatabaseURLs() []string {
	if m.url == "" {
		return nil
	}
	return []string{m.url}
}

// Start implements module.Starter.
func (m *Permissions) Start(ctx context.Context, h module.Host) (err error) {
	m.host = h
	if err := m.loadRules(); err != nil {
		return err
	}
	if m.url != "" {
		if m.db, err = h.Database(ctx, m.url); err != nil {
			return err
		}
	}
	if m.backends&backendAddress != 0 && (m.addressFile != "" || m.db != nil) {
		if m.addressFile == "" {
			if err := db.CheckVersion(ctx, m.db, h.Core().VersionTable, m.addressTable, addressVersion); err != nil {
				return err
			}
		}
		if err := m.reloadAddresses(ctx); err != nil {
			return err
		}
	}
	if m.backends&backendTrusted == 0 || m.db == nil || !m.asks && m.dbMode == 0 {
		return nil
	}
	if err := db.CheckVersion(ctx, m.db, h.Core().VersionTable, m.trustedTable, trustedVersion); err != nil {
		return err
	}
	if m.dbMode == 1 {
		return m.reloadTrusted(ctx)
	}
	return db.CheckColumns(ctx, m.db, m.trustedTable, m.trustedQuery().Columns...)
}

// tooEarly tells whether a reload comes too soon after the one before.
func (m *Permissions) tooEarly(last *atomic.Int64) bool {
	now := m.host.Clock().Now()
	if m.delta > 0 && last.Load() != 0 && now.Sub(time.Unix(0, last.Load())) < time.Duration(m.delta)*time.Second {
		return true
	}
	last.Store(now.UnixNano())
	return false
}
