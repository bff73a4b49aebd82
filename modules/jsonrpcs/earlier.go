// SPDX-License-Identifier: Apache-2.0

package jsonrpcs

import (
	"context"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// The modules that stand for those of Kamailio 4 (mi_fifo, mi_datagram) serve
// one of the transports each, with what stands here.

// FIFO returns a Jsonrpcs that serves the FIFO alone.
func FIFO() *Jsonrpcs {
	j := New()
	j.transport = overFIFO
	return j
}

// Datagrams returns a Jsonrpcs that serves datagrams alone, once it knows where.
func Datagrams() *Jsonrpcs {
	j := New()
	j.transport, j.dgramSocket = overDatagram, ""
	return j
}

// Param is one of the parameters under another name.
func (j *Jsonrpcs) Param(name, as string) module.Param {
	params := j.Exports().Params
	p := params[slices.IndexFunc(params, func(p module.Param) bool { return p.Name == name })]
	p.Name = as
	return p
}

// Where are the names of the FIFO and of the datagram socket that are served,
// empty for those that are not.
func (j *Jsonrpcs) Where() (fifo, datagrams string) {
	if j.serves(overFIFO, j.fifoName) {
		fifo = j.fifoName
	}
	if j.serves(overDatagram, j.dgramSocket) {
		datagrams = j.dgramSocket
	}
	return fifo, datagrams
}

// StartFor starts what serves for a module of Kamailio 4, and says so. Where the
// jsonrpcs of the configuration serves the same, that does, with its parameters.
func (j *Jsonrpcs) StartFor(ctx context.Context, h module.Host, name string) error {
	fifo, datagrams := j.Where()
	what, at := "FIFO", fifo
	if fifo == "" {
		what, at = "socket", datagrams
	}
	log := h.Log().With("module", name, strings.ToLower(what), at)
	log.Warn(name + " is a module of Kamailio 4: its " + what + " takes JSON-RPC, as that of jsonrpcs; MI commands have become RPC commands")
	if own, ok := h.Module("jsonrpcs").(*Jsonrpcs); ok {
		if f, d := own.Where(); f == at && fifo != "" || d == at && fifo == "" {
			log.Warn("jsonrpcs serves it: the parameters of jsonrpcs count, those of " + name + " do not")
			return nil
		}
	}
	return j.Start(ctx, h)
}
