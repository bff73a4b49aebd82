// SPDX-License-Identifier: Apache-2.0

package corex

import (
	"fmt"
	"strconv"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

func listSockets(r *module.Request) error {
	for _, s := range r.Host.Transport().Sockets() {
		name, advertise := "-", "-"
		if s.Name != "" {
			name = s.Name
		}
		if s.Advertised {
			advertise = fmt.Sprintf("%s:%s:%d", s.Proto, s.Host, s.Port)
		}
		addr := sip.AddrText(s.Addr.Addr())
		out := r.Struct().Add("PROTO", s.Proto.String()).Add("NAME", addr)
		out.Struct("ADDRLIST").Add("ADDR", addr)
		out.Add("PORT", strconv.Itoa(int(s.Addr.Port()))).Add("MCAST", "no").Add("MHOMED", "no").Add("VIRTUAL", "no").
			Add("SOCKNAME", name).Add("ADVERTISE", advertise)
	}
	return nil
}

// debug answers corex.debug.
func debug(r *module.Request) error {
	settings := r.Host.Settings()
	old, err := settings.Value("core", "debug")
	if err != nil {
		return module.Faultf(500, "%v", err)
	}
	if r.Len() == 0 {
		r.Struct().Add("debug", old)
		return nil
	}
	level, err := r.Int(0)
	if err != nil {
		return err
	}
	if err := settings.Set("core", "debug", level); err != nil {
		return module.Faultf(400, "%v", err)
	}
	r.Struct().Add("old", old).Add("new", level)
	return nil
}

// memoryInfo answers shm.info.
func memoryInfo(r *module.Request) error {
	r.Struct().Add("name", "go").Add("size", counter.ReadMemory().Total)
	return nil
}

// memory answers shm.stats.
func memory(r *module.Request) error {
	m := counter.ReadMemory()
	r.Struct().Add("total", m.Total).Add("free", m.Free).Add("used", m.Used).Add("real_used", m.RealUsed).Add("max_used", m.MaxUsed).Add("fragments", 1)
	return nil
}

func listAliases(r *module.Request) error {
	for _, a := range r.Host.Transport().Aliases() {
		proto := "*"
		if a.Proto != transport.ProtoNone {
			proto = a.Proto.String()
		}
		r.Struct().Add("PROTO", proto).Add("ADDR", a.Host).Add("PORT", a.Port)
	}
	return nil
}
