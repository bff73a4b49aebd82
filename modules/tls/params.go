// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"github.com/kahea-sip/kahea/core/module"
)

// values are the parameters that are those of the default profiles too.
type values struct {
	method, verifyClient string
	verify, require      int
	key, certificate     string
	depth                int
	caList, caPath, crl  string
	cipherList           string
	serverName, serverID string
	nameMode             int
}

// defaultDepth is verify_depth where nothing is said.
const defaultDepth = 9

// defaultFile has certificate and key where nothing else is said.
const defaultFile = "cert.pem"

// forServer are the attributes of the default profile of servers.
func (v *values) forServer() attributes {
	a := v.forClient()
	if a.certificate == "" {
		a.certificate = defaultFile
	}
	return a
}

// forClient are those of clients, which need no certificate.
func (v *values) forClient() attributes {
	a := attributes{
		method: v.method, verify: v.verify != 0, require: v.require != 0, verifyClient: v.verifyClient,
		key: v.key, certificate: v.certificate, depth: v.depth, caList: v.caList, caPath: v.caPath, crl: v.crl,
		cipherList: v.cipherList, serverName: v.serverName, acme: newACME(),
	}
	if a.method == "" {
		a.method = defaultMethod
	}
	return a
}

// Why some parameters do nothing.
const (
	ofOpenSSL  = "it tunes OpenSSL, which is not used here"
	ofMemory   = "memory for TLS is taken as it is needed"
	ofQueues   = "what waits to be sent is bounded by tcp_conn_wq_max and tcp_wq_max, for TLS as for TCP"
	ofSessions = "sessions are resumed by tickets, which nothing has to be kept for, and only under the profile that made them"
)

func (t *TLS) params() []module.Param {
	v := &t.values
	return []module.Param{
		{Name: "config", Set: &t.config, Doc: "file, or folder of .cfg files, with profiles"},
		{Name: "tls_method", Set: func(s string) error { v.method = s; _, err := method(s); return err }, Doc: "versions of the protocol: TLSv1.2+, TLSv1.2, TLSv1.3, TLSv1.1+, TLSv1.1, TLSv1+, TLSv1, SSLv23 (any); TLSv1.2+ where nothing is said"},
		{Name: "certificate", Set: &v.certificate, Doc: "PEM file with the certificate, and those between it and the authority; cert.pem for servers"},
		{Name: "private_key", Set: &v.key, Doc: "PEM file with its key; that of the certificate where nothing is said"},
		{Name: "ca_list", Set: &v.caList, Doc: "PEM file with the certificates of authorities"},
		{Name: "ca_path", Set: &v.caPath, Doc: "folder of such files, read at start and by tls.reload; clients are not told of them"},
		{Name: "crl", Set: &v.crl, Doc: "PEM file with revocation lists"},
		{Name: "verify_certificate", Set: &v.verify, Min: 0, Max: 1, Doc: "1 refuses peers whose certificate is not good"},
		{Name: "require_certificate", Set: &v.require, Min: 0, Max: 1, Doc: "1 refuses clients without a certificate, or with one that is not good"},
		{Name: "verify_client", Set: &v.verifyClient, Doc: "off, on, optional (none, or a good one) or optional_no_ca (asked for, and anything taken), in place of the two"},
		{Name: "verify_depth", Set: &v.depth, Min: 0, Max: 1 << 16, Doc: "certificates that may stand between that of the peer and the authority"},
		{Name: "cipher_list", Set: &v.cipherList, Doc: "cipher suites up to TLS 1.2 in OpenSSL's language; all that are not weak where nothing is said"},
		{Name: "server_name", Set: &v.serverName, Doc: "name that servers are asked for (SNI)"},
		{Name: "connection_timeout", Set: &t.timeout, Min: -1, Max: 1 << 30, Unit: "s", Doc: "how long a connection may stay unused; -1 for ever"},
		{Name: "send_close_notify", Set: &t.closeNotify, Min: 0, Max: 1, Doc: "1 takes leave of the peer before a connection is closed"},
		{Name: "xavp_cfg", Set: &t.xavp, Doc: "list whose fields server_name and server_id say how a request's connection is secured"},
		{Name: "event_callback", Set: &t.callback, Event: eventOut, Doc: "function of a Lua script that runs in place of event_route[tls:connection-out], with its name"},
		{Name: "tls_log", Set: &t.logLevel, Notice: "failed handshakes are debug lines, and a line in ten seconds where we connect", Doc: "level of log lines"},
		{Name: "tls_debug", Set: &t.debugLevel, Notice: ofOpenSSL, Doc: "level of log lines of OpenSSL"},
		{Name: "session_cache", Set: &t.sessions, Notice: ofSessions, Doc: "1 keeps sessions"},
		{Name: "session_id", Set: &t.sessionID, Notice: ofSessions, Doc: "context of sessions"},
		{Name: "renegotiation", Set: &t.renegotiation, Notice: "a peer never may negotiate anew", Doc: "1 lets clients negotiate anew"},
		{Name: "tls_disable_compression", Set: &t.noCompression, Notice: "nothing is ever compressed", Doc: "0 compresses"},
		{Name: "tls_force_run", Set: &t.force, Notice: ofOpenSSL, Doc: "1 starts with an OpenSSL that does not fit"},
		{Name: "ssl_release_buffers", Set: &t.release, Notice: ofOpenSSL, Doc: "memory of OpenSSL"},
		{Name: "ssl_freelist_max_len", Set: &t.freelist, Notice: ofOpenSSL, Doc: "memory of OpenSSL"},
		{Name: "ssl_max_send_fragment", Set: &t.fragment, Notice: ofOpenSSL, Doc: "memory of OpenSSL"},
		{Name: "ssl_read_ahead", Set: &t.readAhead, Notice: ofOpenSSL, Doc: "reading of OpenSSL"},
		{Name: "rand_engine", Set: &t.randomEngine, Notice: "random numbers are those of the operating system", Doc: "source of random numbers"},
		{Name: "low_mem_threshold1", Set: &t.lowMemory1, Notice: ofMemory, Doc: "free memory for new connections"},
		{Name: "low_mem_threshold2", Set: &t.lowMemory2, Notice: ofMemory, Doc: "free memory for connections"},
		{Name: "con_ct_wq_max", Set: &t.connQueueMax, Notice: ofQueues, Doc: "bytes that wait on a connection"},
		{Name: "ct_wq_max", Set: &t.queueMax, Notice: ofQueues, Doc: "bytes that wait on all connections"},
		{Name: "ct_wq_blk_size", Set: &t.queueBlock, Notice: ofQueues, Doc: "size of a block of what waits"},
	}
}
