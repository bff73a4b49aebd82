// SPDX-License-Identifier: Apache-2.0

package kex

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

func setDstURI(c *module.Call, a module.Args) module.Result {
	c.Target.DstURI = c.Keep(a.Str(0))
	return module.True
}

func resetDstURI(c *module.Call, _ module.Args) module.Result {
	c.Target.DstURI = ""
	return module.True
}

func isDstURI(c *module.Call, _ module.Args) module.Result {
	return module.Bool(c.Target.DstURI != "")
}

var errReadOnly = errors.New("the variable is read-only")

// printTo is pv_printf(var, str).
func printTo(c *module.Call, a module.Args) module.Result {
	v, ok := a.Var(0).(module.Assignable)
	if !ok {
		return c.Fail("pv_printf", errReadOnly)
	}
	if err := v.Set(c, module.Index{}, a[1].Value); err != nil {
		return c.Fail("pv_printf", err)
	}
	return module.True
}

// isMyself is is_myself(uri). The port counts only where it is written.
func isMyself(c *module.Call, a module.Args) module.Result {
	host, port, proto := place(a.Str(0))
	return module.Bool(c.Host.Transport().IsMyself(host, port, proto))
}

// isMyhost is is_myhost(uri).
func isMyhost(c *module.Call, a module.Args) module.Result {
	host, _, _ := place(a.Str(0))
	return module.Bool(c.Host.Transport().IsMyself(host, 0, transport.ProtoNone))
}

// place reads a URI or a bare host.
func place(text string) (host string, port int, proto transport.Proto) {
	u, err := sip.ParseURI(text)
	if err != nil || !u.IsSIP() {
		return text, 0, transport.ProtoNone
	}
	if v, ok := u.Params.Lookup("transport"); ok {
		proto = sip.ParseTransport(v)
	}
	return u.Host, u.Port, proto
}

func setDebug(c *module.Call, a module.Args) module.Result {
	c.SetLevel(module.LevelOf(a.Int(0, 0)))
	return module.True
}

func resetDebug(c *module.Call, _ module.Args) module.Result {
	c.ResetLevel()
	return module.True
}
