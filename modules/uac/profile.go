// SPDX-License-Identifier: Apache-2.0

package uac

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// tableVersion is that of uacreg.
const tableVersion = 5

// columns are those of uacreg, in the order of profile.fields; the numbers
// follow.
var columns = []string{"l_uuid", "l_username", "l_domain", "r_username", "r_domain", "realm", "auth_username", "auth_password", "auth_ha1",
	"auth_proxy", "socket", "contact_addr", "expires", "flags", "reg_delay"}

// profile is an account at another server, as the table has it.
type profile struct {
	uuid, localUser, localDomain   string
	remoteUser, remoteDomain       string
	realm, username, password, ha1 string
	proxy                          string
	socketName, contact            string
	expires, flags, delay          int64
}

// texts are the fields that are text, in the order of columns.
func (p *profile) texts() []*string {
	return []*string{&p.uuid, &p.localUser, &p.localDomain, &p.remoteUser, &p.remoteDomain, &p.realm, &p.username, &p.password, &p.ha1,
		&p.proxy, &p.socketName, &p.contact}
}

// Errors of accounts.
var (
	errPassword = errors.New("invalid password or ha1")
	errProfile  = errors.New("l_uuid and r_domain are needed, and no field can hold blanks or brackets")
	errExpires  = errors.New("expires and reg_delay are seconds of 0 and more")
)

// check completes a profile with the parameters of the module.
func (m *Module) check(p *profile) error {
	for _, s := range p.texts() {
		if s != &p.username && s != &p.password && s != &p.realm && !printable(*s) {
			return errProfile
		}
	}
	switch {
	case p.uuid == "" || p.remoteDomain == "":
		return errProfile
	case p.password == "" && p.ha1 == "":
		return errPassword
	case p.expires < 0 || p.delay < 0 || p.expires > maxExpires || p.delay > maxExpires:
		return errExpires
	}
	p.contact = cmp.Or(p.contact, m.contactAddr)
	if p.contact == "" {
		return errors.New("there is no contact_addr, and no reg_contact_addr")
	}
	for _, uri := range []string{p.remoteURI(), p.contactURI(), p.nextHop()} {
		if u, err := sip.ParseURI(uri); err != nil || !u.IsSIP() {
			return fmt.Errorf("%q is no URI", uri)
		}
	}
	if p.socketName != "" && m.socketOf(p) == nil {
		return fmt.Errorf("there is no socket %q", p.socketName)
	}
	return nil
}

// maxExpires bounds times of accounts, in seconds: 68 years.
const maxExpires = 1<<31 - 1

// remoteURI is who the account is at the other server.
func (p *profile) remoteURI() string { return userAt(p.remoteUser, p.remoteDomain) }

// localURI is who it is here.
func (p *profile) localURI() string { return userAt(p.localUser, p.localDomain) }

// contactURI is what is registered.
func (p *profile) contactURI() string { return userAt(p.uuid, p.contact) }

func userAt(user, host string) string {
	if user == "" {
		return "sip:" + host
	}
	return "sip:" + user + "@" + host
}

// nextHop is where requests of the account go.
func (p *profile) nextHop() string { return cmp.Or(p.proxy, "sip:"+p.remoteDomain) }

// secret answers challenges for the account.
func (p *profile) secret() secret {
	s := secret{username: p.username, realm: p.realm, password: p.password}
	if p.ha1 != "" {
		s.password, s.hashed = p.ha1, true
	}
	return s
}

// socketOf is the socket that an account's requests leave by; nil lets the
// transport choose.
func (m *Module) socketOf(p *profile) *transport.Socket {
	if p.socketName == "" {
		return m.socket
	}
	return m.host.Transport().SocketByText(p.socketName)
}

// loadProfiles reads the accounts of the table: all, or the one of a uuid. One
// that is wrong is told and left out.
func (m *Module) loadProfiles(ctx context.Context, uuid string) ([]profile, error) {
	q := db.Query{Table: m.dbTable, Columns: columns}
	if uuid != "" {
		q.Where = []db.Cond{db.Is("l_uuid", uuid)}
	}
	var list []profile
	err := m.database.Select(ctx, q, func(row []db.Value) error {
		p := readProfile(row)
		if err := m.check(&p); err != nil {
			m.log.Error("an account of the table of remote registrations is left out", "l_uuid", p.uuid, "err", err)
			return nil
		}
		list = append(list, p)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read table %s: %w", m.dbTable, err)
	}
	return list, nil
}

// readProfile makes a profile of a row.
func readProfile(row []db.Value) (p profile) {
	texts := p.texts()
	for i, s := range texts {
		*s = db.Text(row[i])
	}
	for i, n := range []*int64{&p.expires, &p.flags, &p.delay} {
		*n, _ = db.Int(row[len(texts)+i])
	}
	return p
}
