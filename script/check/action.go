// SPDX-License-Identifier: Apache-2.0

package check

import (
	"path/filepath"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/module"
)

// What Kamailio calls the actions of its traces, and the numbers that it gives them. A function of a module has the number of
// moduleAction and its arguments.
const (
	endAction    = 2
	routeAction  = 5
	ifAction     = 16
	switchAction = 21
	whileAction  = 23
	moduleAction = 24
	assignAction = 63
)

// coreAction is what Kamailio's traces have for a function of the core.
type coreAction struct {
	code int
	name string
}

var coreActions = map[string]coreAction{
	"log": {3, "log"}, "forward": {1, "forward"},
	"rewritehost": {7, "sethost"}, "sethost": {7, "sethost"}, "seth": {7, "sethost"},
	"rewritehostport": {8, "sethostport"}, "sethostport": {8, "sethostport"}, "sethp": {8, "sethostport"},
	"rewriteuser": {9, "setuser"}, "setuser": {9, "setuser"}, "setu": {9, "setuser"},
	"rewriteuserpass": {10, "setuserpass"}, "setuserpass": {10, "setuserpass"}, "setup": {10, "setuserpass"},
	"rewriteport": {11, "setport"}, "setport": {11, "setport"}, "setp": {11, "setport"},
	"rewriteuri": {12, "seturi"}, "seturi": {12, "seturi"},
	"setflag": {39, "setflag"}, "resetflag": {40, "resetflag"}, "isflagset": {41, "isflagset"},
	"prefix": {44, "prefix"}, "strip": {45, "strip"}, "strip_tail": {46, "striptail"}, "clear_branches": {49, "unknown"},
	"revert_uri": {50, "reverturi"}, "force_rport": {55, "force_rport"}, "add_rport": {55, "force_rport"},
	"add_local_rport": {56, "add_local_rport"}, "set_advertised_address": {57, "set_adv_addr"}, "set_advertised_port": {58, "set_adv_port"},
	"force_tcp_alias": {59, "force_tcp_alias"}, "force_send_socket": {62, "force_send_socket"}, "udp_mtu_try_proto": {65, "udp_mtu_try_proto"},
	"set_forward_no_connect": {66, "set_fwd_no_connect"}, "set_reply_no_connect": {67, "set_rpl_no_connect"},
	"set_forward_close": {68, "set_fwd_close"}, "set_reply_close": {69, "set_rpl_close"},
}

// action makes what followers are told; nil where there is none.
func (c *checker) action(code int, name string, at source.Pos) *module.Action {
	if !c.follow {
		return nil
	}
	file, err := filepath.Abs(at.Filename) // as Kamailio has it
	if err != nil {
		file = at.Filename
	}
	return &module.Action{Name: name, Code: code, Kind: c.kind, Route: c.routeName, File: file, Line: at.Line}
}

// callAction is the action of a call: f is nil for a route.
func (c *checker) callAction(x *syntax.Call, f *module.Function) *module.Action {
	name := x.Name.Name
	if f == nil {
		return c.action(routeAction, "route", x.End())
	}
	if a, ok := coreActions[name]; ok {
		return c.action(a.code, a.name, x.End())
	}
	return c.action(moduleAction+len(x.Args), name, x.End())
}

// lineOf is where Kamailio sees the end of a statement: an if without an else ends with what stands behind it.
func lineOf(s syntax.Stmt, next source.Pos) source.Pos {
	i, ok := s.(*syntax.If)
	switch {
	case !ok:
		return s.End()
	case i.Else == nil:
		return next
	}
	return lineOf(i.Else, next)
}
