// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"testing"

	"github.com/kahea-sip/kahea/tools/testport"
)

// RTPEngine starts an RTPEngine that passes media on by itself, without a module of the kernel, on 127.0.0.1. It has ports for media of its own:
// two that have the same ones would not notice. URL names its control port
// as a node, Web names it as one that is asked over WebSocket, without TLS and with it; what it knew of calls is gone after Kill.
func RTPEngine(tb testing.TB) *Server {
	tb.Helper()
	s := newServer(tb, "rtpengine", "rtpengine-daemon")
	s.ready = "Startup complete"
	first, err := testport.Block()
	if err != nil {
		tb.Fatal(err)
	}
	c, web, secure := NewCertificates(tb), freePort(tb), freePort(tb)
	s.Web = [2]string{fmt.Sprintf("ws://127.0.0.1:%d/", web), fmt.Sprintf("wss://127.0.0.1:%d/", secure)}
	s.args = func() []string {
		return []string{"--config-file=none", "--table=-1", "--interface=127.0.0.1", fmt.Sprintf("--listen-ng=127.0.0.1:%d", s.Port),
			fmt.Sprintf("--listen-http=127.0.0.1:%d", web), fmt.Sprintf("--listen-https=127.0.0.1:%d", secure), "--https-cert=" + c.Cert, "--https-key=" + c.Key,
			"--foreground", "--log-stderr", "--log-level=6", "--num-threads=2",
			fmt.Sprintf("--port-min=%d", first+2), fmt.Sprintf("--port-max=%d", first+testport.BlockSize-1), "--delete-delay=0"}
	}
	s.URL = fmt.Sprintf("udp:127.0.0.1:%d", s.Port)
	s.Start()
	return s
}
