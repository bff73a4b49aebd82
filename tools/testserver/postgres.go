// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// The administrator needs no password, as kamdbctl expects.
const postgresAccess = `local all all trust
host all postgres 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
`

const postgresSetup = `CREATE ROLE ` + User + ` LOGIN PASSWORD '` + Password + `';
CREATE DATABASE ` + Name + ` OWNER ` + User + `;
`

// PostgreSQL starts a PostgreSQL. The superuser may start none, so that it is
// run as the user of Debian's package then.
func PostgreSQL(tb testing.TB) *Server {
	tb.Helper()
	s := newServer(tb, "postgres", "postgresql")
	if os.Getuid() == 0 {
		s.owner = credential(tb, "postgres")
		if err := os.Chown(s.Dir, int(s.owner.Uid), int(s.owner.Gid)); err != nil {
			tb.Fatal(err)
		}
	}
	data := filepath.Join(s.Dir, "data")
	s.run("initdb", "postgresql", "", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
	access := filepath.Join(data, "pg_hba.conf")
	if err := os.WriteFile(access, []byte(postgresAccess), 0o600); err != nil {
		tb.Fatal(err)
	}
	s.Socket = filepath.Join(s.Dir, fmt.Sprintf(".s.PGSQL.%d", s.Port))
	s.crash = syscall.SIGQUIT // its processes outlive one that is killed
	s.ready = "ready to accept connections"
	s.args = func() []string {
		return []string{"-D", data, "-k", s.Dir, "-p", strconv.Itoa(s.Port), "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=50"}
	}
	s.URL = fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/%s", User, Password, s.Port, Name)
	s.Admin = fmt.Sprintf("postgres://postgres@127.0.0.1:%d", s.Port)
	s.Start()
	s.run("psql", "postgresql", postgresSetup, "-h", s.Dir, "-p", strconv.Itoa(s.Port), "-U", "postgres", "-q", "-v", "ON_ERROR_STOP=1")
	return s
}

func credential(tb testing.TB, name string) *syscall.Credential {
	tb.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		tb.Fatal(err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err1 != nil || err2 != nil {
		tb.Fatalf("user %s has the numbers %s and %s", name, u.Uid, u.Gid)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
