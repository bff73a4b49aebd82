// SPDX-License-Identifier: Apache-2.0

package jsonrpcs

import (
	"slices"

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
