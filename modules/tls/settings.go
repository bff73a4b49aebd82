// SPDX-License-Identifier: Apache-2.0

package tls

import "github.com/kahea-sip/kahea/core/setting"

// settings are the parameters as commands see them: those that may change while
// the server runs, and the others to read.
func (t *TLS) settings() []setting.Entry {
	list := []setting.Entry{
		{Group: "tls", Name: "config", Str: &t.config, Doc: "file, or folder of .cfg files, with profiles; tls.reload reads it"},
		{Group: "tls", Name: "connection_timeout", Int: &t.timeout, Min: -1, Max: 1 << 30, Doc: "how long a connection may stay unused, seconds"},
		{Group: "tls", Name: "send_close_notify", Int: &t.closeNotify, Min: 0, Max: 1, Doc: "1 takes leave of the peer before a connection is closed"},
	}
	for _, e := range t.unused() {
		e.Group, e.ReadOnly, e.Doc = "tls", true, "has no effect: "+e.Doc
		list = append(list, e)
	}
	for _, s := range t.shown() {
		e := setting.Entry{Group: "tls", Name: s.name, ReadOnly: true, Doc: s.doc}
		if s.text != nil {
			e.Str = new(setting.Str)
		} else {
			e.Int = new(setting.Int)
		}
		t.views = append(t.views, view{s, e.Int, e.Str})
		list = append(list, e)
	}
	return list
}

// unused are those of parameters that are taken and do nothing.
func (t *TLS) unused() []setting.Entry {
	return []setting.Entry{
		{Name: "log", Int: &t.logLevel, Doc: "failed handshakes are debug lines"},
		{Name: "debug", Int: &t.debugLevel, Doc: ofOpenSSL},
		{Name: "low_mem_threshold1", Int: &t.lowMemory1, Doc: ofMemory},
		{Name: "low_mem_threshold2", Int: &t.lowMemory2, Doc: ofMemory},
		{Name: "ct_wq_max", Int: &t.queueMax, Doc: ofQueues},
		{Name: "con_ct_wq_max", Int: &t.connQueueMax, Doc: ofQueues},
		{Name: "ct_wq_blk_size", Int: &t.queueBlock, Doc: ofQueues},
	}
}

// shown is a parameter that can be read by its name in Kamailio's settings.
type shown struct {
	name, doc string
	number    *int
	text      *string
}

// view is where a setting shows it.
type view struct {
	shown
	int *setting.Int
	str *setting.Str
}

func (t *TLS) shown() []shown {
	v := &t.values
	number := func(name string, n *int, doc string) shown { return shown{name, doc, n, nil} }
	text := func(name string, s *string, doc string) shown { return shown{name, doc, nil, s} }
	return []shown{
		text("method", &v.method, "versions of the protocol"),
		text("server_name", &v.serverName, "name that servers are asked for"),
		number("server_name_mode", &v.nameMode, "how names of servers are matched"),
		text("server_id", &v.serverID, "profile for connections that are opened"),
		number("verify_certificate", &v.verify, "1 refuses peers whose certificate is not good"),
		number("verify_depth", &v.depth, "certificates that may stand between that of the peer and the authority"),
		number("require_certificate", &v.require, "1 refuses clients without a certificate"),
		text("verify_client", &v.verifyClient, "off, on, optional or optional_no_ca, in place of the two"),
		text("private_key", &v.key, "file with the key"),
		text("ca_list", &v.caList, "file with the certificates of authorities"),
		text("ca_path", &v.caPath, "folder of such files"),
		text("crl", &v.crl, "file with revocation lists"),
		text("certificate", &v.certificate, "file with the certificate"),
		text("cipher_list", &v.cipherList, "cipher suites up to TLS 1.2"),
		number("force_run", &t.force, "has no effect: "+ofOpenSSL),
		number("session_cache", &t.sessions, "has no effect: "+ofSessions),
		text("session_id", &t.sessionID, "has no effect: "+ofSessions),
		number("disable_compression", &t.noCompression, "has no effect: nothing is ever compressed"),
		number("ssl_release_buffers", &t.release, "has no effect: "+ofOpenSSL),
		number("ssl_free_list_max", &t.freelist, "has no effect: "+ofOpenSSL),
		number("ssl_max_send_fragment", &t.fragment, "has no effect: "+ofOpenSSL),
		number("ssl_read_ahead", &t.readAhead, "has no effect: "+ofOpenSSL),
	}
}

// show puts the values of the parameters where commands read them.
func (t *TLS) show() {
	for _, v := range t.views {
		if v.str != nil {
			v.str.Set(*v.text)
		} else {
			v.int.Set(int64(*v.number))
		}
	}
}
