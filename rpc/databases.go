// SPDX-License-Identifier: Apache-2.0

package rpc

import (
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// databases tells passwords only to who may use the file of a socket: he may do
// everything with the server anyway. Others, who perhaps only reach a port, see
// where the databases are.
func (c *core) databases(r *module.Request) error {
	if c.Databases == nil {
		return nil
	}
	for _, url := range c.Databases() {
		if !r.Local {
			u, err := db.ParseURL(url)
			if err != nil {
				return err
			}
			url = u.String()
		}
		r.Add(url)
	}
	return nil
}
