// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"testing"
)

// User, Password and Name are those of the database of Server.URL, which are
// Kamailio's; AdminPassword is that of the user in Server.Admin.
const (
	User          = "kamailio"
	Password      = "kamailiorw"
	Name          = "kamailio"
	AdminPassword = "rootpw"
)

// setup runs when the server starts, and may run again.
const mariaSetup = `ALTER USER 'root'@'localhost' IDENTIFIED BY '` + AdminPassword + `';
CREATE OR REPLACE USER 'root'@'127.0.0.1' IDENTIFIED BY '` + AdminPassword + `';
GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
CREATE DATABASE IF NOT EXISTS ` + Name + `;
CREATE OR REPLACE USER '` + User + `'@'localhost' IDENTIFIED BY '` + Password + `';
CREATE OR REPLACE USER '` + User + `'@'127.0.0.1' IDENTIFIED BY '` + Password + `';
GRANT ALL ON ` + Name + `.* TO '` + User + `'@'localhost';
GRANT ALL ON ` + Name + `.* TO '` + User + `'@'127.0.0.1';
`

// MariaDB starts a MariaDB, with more options.
func MariaDB(tb testing.TB, options ...string) *Server {
	tb.Helper()
	s := newServer(tb, "mariadbd", "mariadb-server")
	data, file := filepath.Join(s.Dir, "data"), filepath.Join(s.Dir, "setup.sql")
	if err := os.WriteFile(file, []byte(mariaSetup), 0o600); err != nil {
		tb.Fatal(err)
	}
	// Servers that are made at the same time take each other's files in a
	// folder that they share.
	tmp := filepath.Join(s.Dir, "tmp")
	if err := os.Mkdir(tmp, 0o700); err != nil {
		tb.Fatal(err)
	}
	self, err := user.Current()
	if err != nil {
		tb.Fatal(err)
	}
	s.run("mariadb-install-db", "mariadb-server", "", "--no-defaults", "--datadir="+data, "--tmpdir="+tmp, "--user="+self.Username,
		"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve", "--innodb-log-file-size=5M")
	s.ready = "ready for connections"
	s.args = func() []string {
		return append([]string{"--no-defaults", "--user=" + self.Username, "--datadir=" + data, "--tmpdir=" + tmp, "--socket=" + s.Socket, "--bind-address=127.0.0.1",
			fmt.Sprintf("--port=%d", s.Port), "--pid-file=" + filepath.Join(s.Dir, "pid"), "--skip-name-resolve",
			"--innodb-log-file-size=5M", "--innodb-buffer-pool-size=16M", "--init-file=" + file}, options...)
	}
	s.URL = fmt.Sprintf("mysql://%s:%s@127.0.0.1:%d/%s", User, Password, s.Port, Name)
	s.Admin = fmt.Sprintf("mysql://root:%s@127.0.0.1:%d", AdminPassword, s.Port)
	s.Start()
	return s
}
