// SPDX-License-Identifier: Apache-2.0

// Package standard lists the modules that ship.
package standard

import (
	_ "github.com/kahea-sip/kahea/modules/acc"
	_ "github.com/kahea-sip/kahea/modules/app_lua"
	_ "github.com/kahea-sip/kahea/modules/app_lua_sr"
	_ "github.com/kahea-sip/kahea/modules/cfg_rpc"
	_ "github.com/kahea-sip/kahea/modules/cfgutils"
	_ "github.com/kahea-sip/kahea/modules/corex"
	_ "github.com/kahea-sip/kahea/modules/counters"
	_ "github.com/kahea-sip/kahea/modules/ctl"
	_ "github.com/kahea-sip/kahea/modules/dialog"
	_ "github.com/kahea-sip/kahea/modules/dispatcher"
	_ "github.com/kahea-sip/kahea/modules/htable"
	_ "github.com/kahea-sip/kahea/modules/ipops"
	_ "github.com/kahea-sip/kahea/modules/jsonrpcs"
	_ "github.com/kahea-sip/kahea/modules/kemix"
	_ "github.com/kahea-sip/kahea/modules/kex"
	_ "github.com/kahea-sip/kahea/modules/maxfwd"
	_ "github.com/kahea-sip/kahea/modules/path"
	_ "github.com/kahea-sip/kahea/modules/pike"
	_ "github.com/kahea-sip/kahea/modules/pv"
	_ "github.com/kahea-sip/kahea/modules/registrar"
	_ "github.com/kahea-sip/kahea/modules/rr"
	_ "github.com/kahea-sip/kahea/modules/rtimer"
	_ "github.com/kahea-sip/kahea/modules/sanity"
	_ "github.com/kahea-sip/kahea/modules/sdpops"
	_ "github.com/kahea-sip/kahea/modules/siputils"
	_ "github.com/kahea-sip/kahea/modules/sl"
	_ "github.com/kahea-sip/kahea/modules/textops"
	_ "github.com/kahea-sip/kahea/modules/textopsx"
	_ "github.com/kahea-sip/kahea/modules/tm"
	_ "github.com/kahea-sip/kahea/modules/tmx"
	_ "github.com/kahea-sip/kahea/modules/usrloc"
	_ "github.com/kahea-sip/kahea/modules/xlog"
)
