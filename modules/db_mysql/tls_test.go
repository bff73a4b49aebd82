// SPDX-License-Identifier: Apache-2.0

package db_mysql

import (
	"fmt"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/dbtest"
	"github.com/kahea-sip/kahea/tools/testserver"
)

// TestEncryption: each opt_ssl_mode with a MariaDB that speaks TLS, and with one
// that does not.
func TestEncryption(t *testing.T) {
	c := testserver.NewCertificates(t)
	secure, plain := testserver.MariaDB(t, "--ssl-cert="+c.Cert, "--ssl-key="+c.Key, "--ssl-ca="+c.Root), testserver.MariaDB(t, "--skip-ssl")
	for _, row := range []struct {
		mode    int
		host    string
		ca      string
		server  *testserver.Server
		want    bool // a connection
		crypted bool
	}{
		{0, "127.0.0.1", "", secure, true, false},
		{1, "127.0.0.1", "", secure, true, false},
		{2, "127.0.0.1", "", secure, true, true},
		{2, "127.0.0.1", "", plain, true, false},
		{3, "127.0.0.1", "", secure, true, true},
		{3, "127.0.0.1", "", plain, false, false},
		{4, "127.0.0.1", c.Root, secure, true, true},
		{4, "localhost", c.Root, secure, true, true}, // a name that is not in it
		{4, "127.0.0.1", c.Other, secure, false, false},
		{4, "127.0.0.1", "", secure, false, false}, // no authority of the system
		{4, "127.0.0.1", c.Root, plain, false, false},
		{5, "127.0.0.1", c.Root, secure, true, true},
		{5, "localhost", c.Root, secure, false, false},
		{5, "127.0.0.1", c.Other, secure, false, false},
	} {
		name := fmt.Sprintf("mode %d, host %s, authority %q, server with TLS %v", row.mode, row.host, row.ca, row.server == secure)
		m := New()
		m.params.sslMode, m.params.sslCA, m.params.timeoutInterval = row.mode, row.ca, 5
		d, err := m.Open(t.Context(), dbtest.Parse(t, fmt.Sprintf("mysql://kamailio:kamailiorw@%s:%d/kamailio", row.host, row.server.Port)))
		if (err == nil) != row.want {
			t.Errorf("%s: got %v", name, err)
		}
		if err != nil {
			continue
		}
		r := dbtest.Raw(t, d, "SHOW STATUS LIKE 'Ssl_version'")
		if crypted := db.Text(r.Rows[0][1]) != ""; crypted != row.crypted {
			t.Errorf("%s: encrypted %v", name, crypted)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}
