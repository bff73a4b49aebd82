// SPDX-License-Identifier: Apache-2.0

package rpc

import (
	"fmt"
	"os"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

// part is one line of core.ps. Kamailio has a process for each of them, this
// server one process with as many workers, so that all have the same id.
type part struct {
	rank int
	text string
}

// Working is a module with parts of its own in core.ps: Kamailio has processes
// for them.
type Working interface {
	// Parts describes them, one text for each.
	Parts() []string
}

// Ranks as Kamailio numbers them.
const (
	rankTimer  = -1
	rankRPC    = -2
	rankTCP    = -4
	rankMain   = 0
	firstChild = 1
)

func (c *core) parts(h module.Host) []part {
	list := []part{{rankMain, "main process - attendant"}}
	rank, streams := firstChild, false
	for _, s := range call(c.Sockets) {
		if s.Proto != transport.UDP {
			streams = true
			continue
		}
		told := ""
		if s.Advertised {
			told = fmt.Sprintf(" (%s:%d)", s.Host, s.Port)
		}
		for i := range max(h.Core().Children, 1) {
			list = append(list, part{rank, fmt.Sprintf("udp receiver child=%d sock=%s%s", i, s.Addr, told)})
			rank++
		}
	}
	list = append(list, part{rankTimer, "timer"})
	for _, name := range h.Modules() {
		m, ok := h.Module(name).(Working)
		if !ok {
			continue
		}
		for _, text := range m.Parts() {
			list = append(list, part{rankRPC, text})
		}
	}
	if streams {
		for i := range c.Readers {
			list = append(list, part{rank, fmt.Sprintf("tcp receiver (generic) child=%d", i)})
			rank++
		}
		list = append(list, part{rankTCP, "tcp main process"})
	}
	return list
}

func (c *core) ps(r *module.Request) error {
	for _, p := range c.parts(r.Host) {
		r.Add(os.Getpid())
		r.Add(p.text)
	}
	return nil
}

func (c *core) psx(r *module.Request) error {
	for i, p := range c.parts(r.Host) {
		r.Struct().Add("IDX", i).Add("PID", os.Getpid()).Add("DSC", p.text)
	}
	return nil
}

func (c *core) psa(r *module.Request) error {
	for i, p := range c.parts(r.Host) {
		r.Struct().Add("index", i).Add("pid", os.Getpid()).Add("status", 1).Add("rank", p.rank).Add("description", p.text)
	}
	return nil
}
