// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"github.com/kahea-sip/kahea/core/cipher"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

func (t *TLS) commands() []module.Command {
	return []module.Command{
		{Name: "tls.list", Run: t.rpcList, Doc: "Lists the TLS connections.", Array: true},
		{Name: "tls.info", Run: t.rpcInfo, Doc: "Tells how many TLS connections are open."},
		{Name: "tls.options", Run: t.rpcOptions, Doc: "Lists the parameters."},
		{Name: "tls.kill", Run: t.rpcKill, Doc: "Closes a TLS connection: id."},
		{Name: "tls.reload", Run: t.rpcReload, Doc: "Reads the profiles anew, for new connections. When that fails those that are there stay."},
	}
}

// connStates are the states of a connection in Kamailio's words.
var connStates = map[transport.ConnState]string{
	transport.ConnConnecting: "pre-init", transport.ConnOpen: "established", transport.ConnClosing: "closing",
}

func (t *TLS) rpcList(r *module.Request) error {
	layer := r.Host.Transport()
	for _, c := range layer.Connections() {
		if !c.Proto.Secure() {
			continue
		}
		suite, flags := "unknown", 0
		if s, ok := layer.NetConn(c.ID).(*secured); ok {
			suite, flags = cipher.Of(s.ConnectionState().CipherSuite).Description(), 2
		}
		r.Struct().Add("id", int64(c.ID)).Add("timeout", int64(c.Expires.Seconds())).
			Add("src_ip", c.Remote.Addr().String()).Add("src_port", int(c.Remote.Port())).
			Add("dst_ip", c.Local.Addr().String()).Add("dst_port", int(c.Local.Port())).
			Add("cipher", suite).Add("ct_wq_size", c.Queued).Add("enc_rd_buf", 0).Add("flags", flags).
			Add("state", connStates[c.State])
	}
	return nil
}

func (t *TLS) rpcInfo(r *module.Request) error {
	n := r.Host.Transport().ConnCounts()
	r.Struct().Add("max_connections", n.MaxSecure).Add("opened_connections", n.Secure).Add("clear_text_write_queued_bytes", n.Queued)
	return nil
}

// orNull is a text of a reply; one that is not set is none.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (t *TLS) rpcOptions(r *module.Request) error {
	l, v := t.loader(), t.values.forServer()
	file := func(name string) any { return orNull(l.path(name)) }
	key, verifyClient := v.key, v.verifyClient
	if key == "" {
		key = v.certificate
	}
	if verifyClient == "" {
		verifyClient = "off"
	}
	r.Struct().Add("force_run", t.force).Add("method", v.method).
		Add("verify_certificate", t.values.verify).Add("verify_depth", v.depth).Add("require_certificate", t.values.require).Add("verify_client", verifyClient).
		Add("private_key", file(key)).Add("ca_list", file(v.caList)).Add("certificate", file(v.certificate)).Add("cipher_list", orNull(v.cipherList)).
		Add("session_cache", t.sessions).Add("session_id", t.sessionID).Add("config", file(t.config.Get())).
		Add("log", t.logLevel.Get()).Add("debug", t.debugLevel.Get()).Add("connection_timeout", t.timeout.Get()).Add("disable_compression", t.noCompression).
		Add("ssl_release_buffers", t.release).Add("ssl_freelist_max", t.freelist).Add("ssl_max_send_fragment", t.fragment).Add("ssl_read_ahead", t.readAhead).
		Add("send_close_notify", t.closeNotify.Get()).Add("low_mem_threshold1", t.lowMemory1.Get()).Add("low_mem_threshold2", t.lowMemory2.Get()).
		Add("ct_wq_max", t.queueMax.Get()).Add("con_ct_wq_max", t.connQueueMax.Get()).Add("ct_wq_blk_size", t.queueBlock.Get())
	return nil
}

func (t *TLS) rpcKill(r *module.Request) error {
	id, err := r.Int(0)
	if err != nil {
		return err
	}
	layer := r.Host.Transport()
	if c, ok := layer.Connection(transport.ConnID(id)); !ok || !c.Proto.Secure() {
		return module.Faultf(404, "Connection id not found")
	}
	layer.CloseConn(transport.ConnID(id))
	return nil
}

func (t *TLS) rpcReload(r *module.Request) error {
	switch {
	case !r.Host.Core().TLS:
		return module.Faultf(500, "TLS is not enabled")
	case t.config.Get() == "":
		return module.Faultf(500, "No TLS configuration file configured")
	}
	if err := t.renew(); err != nil {
		t.log.Error("the profiles were not read anew, those that are there stay", "err", err)
		return module.Faultf(500, "Error while loading TLS configuration file (consult server log)")
	}
	t.reloads.Inc()
	r.Add("Ok. TLS configuration reloaded.")
	return nil
}
