// SPDX-License-Identifier: Apache-2.0

package db_mysql

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/sqldb"
	"github.com/kahea-sip/kahea/core/db/trust"
)

const defaultPort = 3306

// sockets returns where servers of different systems have their Unix socket.
func sockets() []string {
	return []string{"/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"}
}

// Open implements db.Driver.
func (m *MySQL) Open(ctx context.Context, u db.URL) (db.Database, error) {
	if u.Options != "" {
		return nil, fmt.Errorf("options behind a question mark have no meaning: %s", u.Options)
	}
	cfg, err := m.config(u)
	if err != nil {
		return nil, err
	}
	pool, err := openPool(cfg)
	if err != nil {
		return nil, err
	}
	p := &m.params
	ping := time.Duration(p.pingInterval) * time.Second
	out := sqldb.Config{
		Dialect: dialect, Name: u.String(), Log: m.log, Slow: m.slow, SlowLevel: m.slowLevel,
		Limit: 3 * time.Duration(p.timeoutInterval) * time.Second, Ping: ping, Idle: ping, NoReconnect: !p.autoReconnect,
	}
	if p.insertDelayed {
		out.Dialect.Insert = "INSERT DELAYED"
	}
	if !p.affectedIsFound {
		changed := cfg.Clone()
		changed.ClientFoundRows = false
		if out.Raw, err = openPool(changed); err != nil {
			return nil, errors.Join(err, pool.Close())
		}
	}
	if p.serverTimezone {
		if out.Location, err = serverZone(ctx, pool); err != nil {
			return nil, errors.Join(err, pool.Close())
		}
	}
	return sqldb.Open(ctx, pool, out)
}

func openPool(cfg *mysql.Config) (*sql.DB, error) {
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// config says how to connect. What the URL leaves open may stand in a group of
// options.
func (m *MySQL) config(u db.URL) (*mysql.Config, error) {
	var o options
	if u.Group != "" {
		var err error
		if o, err = readOptions(m.optionFiles, u.Group); err != nil {
			return nil, err
		}
	}
	cfg := mysql.NewConfig()
	cfg.User, cfg.DBName = cmp.Or(u.User, o.user), cmp.Or(u.Name, o.database)
	if cfg.Passwd = u.Password; u.User == "" {
		cfg.Passwd = cmp.Or(u.Password, o.password)
	}
	p := &m.params
	cfg.Timeout = time.Duration(cmp.Or(p.connectTimeout, p.timeoutInterval)) * time.Second
	cfg.WriteTimeout = time.Duration(p.sendTimeout) * time.Second
	cfg.ReadTimeout = time.Duration(p.receiveTimeout) * time.Second
	cfg.MaxAllowedPacket = 0 // the server tells: it ends the connection of who sends more
	cfg.ClientFoundRows = true
	cfg.Logger = quiet{m.log}
	if o.charset != "" {
		if err := cfg.Apply(mysql.Charset(o.charset, "")); err != nil {
			return nil, err
		}
	}
	m.setAddress(cfg, cmp.Or(u.Host, o.host), cmp.Or(u.Port, o.port), o.socket)
	return cfg, m.setTLS(cfg, cmp.Or(u.Host, o.host), cmp.Or(p.sslCA, o.sslCA))
}

// setAddress finds the server as its own clients do: localhost is a Unix socket,
// where there is one and no port is named.
func (m *MySQL) setAddress(cfg *mysql.Config, host string, port int, socket string) {
	local := host == "" || host == "localhost"
	if local && socket != "" {
		cfg.Net, cfg.Addr = "unix", socket
		return
	}
	cfg.Net, cfg.Addr = "tcp", net.JoinHostPort(cmp.Or(host, "localhost"), strconv.Itoa(cmp.Or(port, defaultPort)))
	if !local || port != 0 {
		return
	}
	// At each attempt: the server may come later than this one.
	cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		var d net.Dialer
		for _, path := range m.sockets {
			if _, err := os.Stat(path); err == nil {
				return d.DialContext(ctx, "unix", path)
			}
		}
		return d.DialContext(ctx, network, addr)
	}
}

// setTLS sets the encryption that opt_ssl_mode asks for. A socket of this
// machine needs none.
func (m *MySQL) setTLS(cfg *mysql.Config, host, ca string) error {
	mode := m.params.sslMode
	if mode < 2 || cfg.Net == "unix" {
		return nil
	}
	t := &tls.Config{ServerName: host, InsecureSkipVerify: mode < 5}
	cfg.TLS, cfg.AllowFallbackToPlaintext = t, mode == 2
	if mode < 4 {
		return nil
	}
	var err error
	if t.RootCAs, err = trust.Pool(ca); err != nil {
		return fmt.Errorf("opt_ssl_ca: %w", err)
	}
	if mode == 4 {
		t.VerifyConnection = func(s tls.ConnectionState) error { return verify(s, t.RootCAs) }
	}
	return nil
}

// verify checks the chain of certificates, and not the name in it.
func verify(s tls.ConnectionState, roots *x509.CertPool) error {
	between := x509.NewCertPool()
	for _, c := range s.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
	return err
}

// serverZone returns the zone of the server's dates: by its name, or where this
// machine has none of that name, by what it is off UTC now.
func serverZone(ctx context.Context, pool *sql.DB) (*time.Location, error) {
	var zone, system string
	var off int
	err := pool.QueryRowContext(ctx, "SELECT @@session.time_zone, @@system_time_zone, TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW())").Scan(&zone, &system, &off)
	if err != nil {
		return nil, fmt.Errorf("cannot read the server's zone: %w", err)
	}
	if zone == "SYSTEM" {
		zone = system
	}
	if loc, err := time.LoadLocation(zone); err == nil {
		return loc, nil
	}
	return time.FixedZone(zone, off), nil
}

// quiet takes what the library has to say of lost connections, which the error
// of the operation says as well.
type quiet struct{ log *slog.Logger }

// Print implements mysql.Logger.
func (q quiet) Print(v ...any) { q.log.Debug(fmt.Sprint(v...)) }
