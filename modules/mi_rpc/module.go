// SPDX-License-Identifier: Apache-2.0

// Package mi_rpc stands for the module of Kamailio 4 that ran MI commands over RPC.
package mi_rpc

import (
	"context"
	"slices"

	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("mi_rpc", func() module.Module { return new(MIRPC) }) }

// MIRPC is the module.
type MIRPC struct{}

var _ module.Starter = (*MIRPC)(nil)

// Exports implements module.Module.
func (*MIRPC) Exports() module.Exports {
	return module.Exports{
		Doc: "Stands for the module of Kamailio 4: runs the RPC command that took the place of an MI command.",
		RPC: []module.Command{
			{Name: "mi", Run: run, Doc: "Runs the command that took the place of an MI command, and replies as that: name, arguments. The name may also be that of an RPC command."},
		},
	}
}

// Start implements module.Starter.
func (*MIRPC) Start(_ context.Context, h module.Host) error {
	h.Log().Warn("mi_rpc is a module of Kamailio 4: MI commands have become RPC commands; the command mi runs those that took their place", "module", "mi_rpc")
	return nil
}

// successors are the RPC commands by the names of the MI commands that they
// took the place of.
var successors = map[string]string{
	"address_dump": "permissions.addressDump", "address_reload": "permissions.addressReload", "allow_uri": "permissions.testUri",
	"trusted_dump": "permissions.trustedDump", "trusted_reload": "permissions.trustedReload",
	"arg": "core.arg", "pwd": "core.pwd", "ps": "core.psx", "uptime": "core.uptime", "version": "core.version", "kill": "core.kill",
	"which": "system.listMethods", "debug": "corex.debug",
	"clear_statistics": "stats.clear_statistics", "get_statistics": "stats.get_statistics", "reset_statistics": "stats.reset_statistics",
	"dlg_bridge": "dlg.bridge_dlg", "dlg_end_dlg": "dlg.end_dlg", "dlg_list": "dlg.list", "dlg_list_ctx": "dlg.list_ctx",
	"profile_get_size": "dlg.profile_get_size", "profile_list_dlgs": "dlg.profile_list", "dlg_terminate_dlg": "dlg.terminate_dlg",
	"domain_dump": "domain.dump", "domain_reload": "domain.reload",
	"ds_list": "dispatcher.list", "ds_reload": "dispatcher.reload", "ds_set_state": "dispatcher.set_state",
	"mt_list": "mtree.list", "mt_reload": "mtree.reload", "mt_summary": "mtree.summary", "pdt_list": "pdt.list", "pdt_reload": "pdt.reload",
	"nh_enable_ping": "nathelper.enable_ping", "nh_enable_rtpp": "rtpproxy.enable", "nh_show_rtpp": "rtpproxy.list",
	"pike_list": "pike.list", "pl_get_pipes": "pl.get_pipes", "pl_set_pipe": "pl.set_pipe", "rl_get_pipes": "rl.get_pipes", "rl_stats": "rl.stats",
	"sht_delete": "htable.delete", "sht_dump": "htable.dump", "sht_reload": "htable.reload",
	"sip_trace": "siptrace.status", "t_hash": "tm.hash_stats", "t_reply": "tm.reply", "t_uac_cancel": "tm.cancel",
	"uac_reg_dump": "uac.reg_dump", "uac_reg_reload": "uac.reg_reload",
	"ul_add": "ul.add", "ul_dump": "ul.dump", "ul_flush": "ul.flush", "ul_rm": "ul.rm", "ul_rm_contact": "ul.rm_contact", "ul_show_contact": "ul.lookup",
}

// run is mi NAME ARGUMENT…
func run(r *module.Request) error {
	name, err := r.Str(0)
	if err != nil {
		return err
	}
	now := name
	if s, ok := successors[name]; ok {
		now = s
	}
	all := r.Host.Commands()
	i := slices.IndexFunc(all, func(c module.Command) bool { return c.Name == now })
	switch {
	case i >= 0 && now != "mi":
		r.Args = r.Args[1:]
		return all[i].Run(r)
	case now != name:
		return module.Faultf(500, "%s has become %s, which no loaded module has", name, now)
	}
	return module.Faultf(500, "no MI command %s: system.listMethods lists the RPC commands", name)
}
