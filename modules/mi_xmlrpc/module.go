// SPDX-License-Identifier: Apache-2.0

// Package mi_xmlrpc stands for the module of Kamailio 4 that served control commands as XML-RPC on a port of its own.
package mi_xmlrpc

import (
	"context"
	"fmt"

	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("mi_xmlrpc", func() module.Module { return new(MIXMLRPC) }) }

// MIXMLRPC is the module. It serves nothing: xmlrpc does, on the sockets of SIP.
type MIXMLRPC struct {
	logFile string
	reply   int
	size    int
}

var _ module.Starter = (*MIXMLRPC)(nil)

// Exports implements module.Module.
func (m *MIXMLRPC) Exports() module.Exports {
	const gone = "xmlrpc serves XML-RPC, on the TCP sockets of SIP"
	return module.Exports{
		Doc:      "Stands for the module of Kamailio 4: xmlrpc, which must be loaded, serves XML-RPC on the TCP sockets of SIP.",
		Requires: []string{"xmlrpc"},
		Params: []module.Param{
			{Name: "port", Set: refusePort, Doc: "refused: no port of its own is served; listen=tcp:ADDRESS:PORT opens one for xmlrpc"},
			{Name: "log_file", Set: &m.logFile, Notice: gone, Doc: "file of the HTTP server"},
			{Name: "reply_option", Set: &m.reply, Notice: gone, Doc: "form of replies"},
			{Name: "buffer_size", Set: &m.size, Notice: gone, Doc: "memory for a reply"},
		},
	}
}

// refusePort says what opens the port in its place.
func refusePort(port int) error {
	return fmt.Errorf("mi_xmlrpc serves no port of its own: take the line out, and write listen=tcp:ADDRESS:%d, which xmlrpc serves", port)
}

// Start implements module.Starter.
func (*MIXMLRPC) Start(_ context.Context, h module.Host) error {
	h.Log().Warn("mi_xmlrpc is a module of Kamailio 4: xmlrpc serves XML-RPC, on the TCP sockets of SIP; MI commands have become RPC commands", "module", "mi_xmlrpc")
	return nil
}
