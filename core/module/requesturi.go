// SPDX-License-Identifier: Apache-2.0

package module

import (
	"cmp"
	"errors"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// ErrRequestURI is the error of the functions that change a part of a
// Request-URI that cannot be read.
var ErrRequestURI = errors.New("cannot parse the Request-URI")

var (
	errTelPort = errors.New("port number of a tel: URI cannot be set")
	errNoHost  = errors.New("the Request-URI is of a scheme that has no host")
)

// ParseURI parses a URI into memory of the Call: the result is valid until the
// next ParseURI or EditRequestURI.
func (c *Call) ParseURI(s string) (*sip.URI, error) {
	var err error
	c.uri, err = sip.ParseURI(s)
	return &c.uri, err
}

// EditRequestURI changes parts of the Request-URI of the main branch: edit
// gets it parsed, and what it leaves is printed. User "" with HasUser false
// has no user part.
func (c *Call) EditRequestURI(edit func(u *sip.URI)) error {
	u, err := c.ParseURI(c.Target.URI)
	if err != nil {
		return ErrRequestURI
	}
	edit(u)
	c.Target.URI = c.Keep(c.Mem.Keep(u.Append(c.Mem.Begin())))
	c.Dropped, c.TargetUsed = transaction.HopURIs{}, false
	return nil
}

// SetRequestUser sets the user of the Request-URI; "" takes the user part
// away, password included.
func (c *Call) SetRequestUser(user string) error {
	return c.EditRequestURI(func(u *sip.URI) { setUser(u, user) })
}

func setUser(u *sip.URI, user string) {
	u.User, u.HasUser = user, user != ""
	if user == "" {
		u.Password, u.HasPassword = "", false
	}
}

// SetRequestHost sets the host of the Request-URI and keeps its port. A tel
// URI becomes a SIP one, see [sip.URI.TelToSIP].
func (c *Call) SetRequestHost(host string) error {
	return c.EditRequestHost(func(u *sip.URI) { u.Host = host })
}

// EditRequestHost is EditRequestURI for an edit that sets the host: edit gets
// a tel URI as the SIP URI of its number.
func (c *Call) EditRequestHost(edit func(u *sip.URI)) error {
	known := false
	err := c.EditRequestURI(func(u *sip.URI) {
		u.TelToSIP()
		if known = u.IsSIP(); known {
			edit(u)
		}
	})
	if err == nil && !known {
		err = errNoHost
	}
	return err
}

// SetRequestPort sets the port of the Request-URI; "" takes it away. A tel URI
// has none.
func (c *Call) SetRequestPort(port string) error {
	n, _ := sip.ParseUint(port)
	var fault error
	err := c.EditRequestURI(func(u *sip.URI) {
		switch {
		case u.IsTel():
			fault = errTelPort
		case !u.IsSIP():
			fault = errNoHost
		}
		u.PortText, u.Port = port, int(n)
	})
	return cmp.Or(err, fault)
}
