// SPDX-License-Identifier: Apache-2.0

package siputils

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
)

var errNoCredentials = errors.New("the request has no credentials that were checked")

// authorizer is what siputils asks of auth: the user whose credentials were
// checked.
type authorizer interface {
	AuthorizedUser(c *module.Call) (user string, ok bool)
}

// isUser is is_user(username).
func isUser(c *module.Call, a module.Args) module.Result {
	auth, ok := c.Host.Module("auth").(authorizer)
	if !ok {
		return c.Fail("is_user", errNoCredentials)
	}
	user, ok := auth.AuthorizedUser(c)
	if !ok {
		return c.Fail("is_user", errNoCredentials)
	}
	return module.Bool(user == a.Str(0))
}
