// SPDX-License-Identifier: Apache-2.0

package acc

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
)

var errComment = errors.New("the comment is empty")

// checkComment refuses an empty constant.
func checkComment(_ module.Binder, args module.Args) error {
	if args[0].Const && args.Str(0) == "" {
		return errComment
	}
	return nil
}

// logRequest is acc_log_request(comment).
func (a *Acc) logRequest(c *module.Call, args module.Args) module.Result {
	a.line(c, accounted, a.requested(c, args.Str(0)))
	return module.True
}

// dbRequest is acc_db_request(comment, table).
func (a *Acc) dbRequest(c *module.Call, args module.Args) module.Result {
	if err := a.insert(c, args.Str(1), a.requested(c, args.Str(0))); err != nil {
		return c.Fail("acc_db_request", err)
	}
	return module.True
}

// request is acc_request(comment, table).
func (a *Acc) request(c *module.Call, args module.Args) module.Result {
	r := a.requested(c, args.Str(0))
	a.line(c, accounted, r)
	if a.db == nil {
		return module.True
	}
	if err := a.insert(c, args.Str(1), r); err != nil {
		return c.Fail("acc_request", err)
	}
	return module.True
}

// Request writes the record of a function, acc_log_request, acc_db_request or
// acc_request, for another module.
func (a *Acc) Request(c *module.Call, function, comment, table string) error {
	r := a.requested(c, comment)
	if function != "acc_db_request" {
		a.line(c, accounted, r)
	}
	if function == "acc_log_request" || function == "acc_request" && a.db == nil {
		return nil
	}
	return a.insert(c, table, r)
}

// accounted is what the record of a script is called.
const accounted = "request accounted"
