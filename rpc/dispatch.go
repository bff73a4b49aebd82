// SPDX-License-Identifier: Apache-2.0

// Package rpc runs control commands for the protocols that carry them.
package rpc

import (
	"context"
	"errors"
	"runtime/debug"
	"sort"

	"github.com/kahea-sip/kahea/core/module"
)

// Reply is what a command answered.
type Reply struct {
	Values []any
	// Array tells that Values is a list even when it has one value or none.
	Array bool
}

// ErrNotFound is the error of Call for a command that nobody exports. Each
// protocol has its own words for it.
var ErrNotFound = errors.New("command not found")

// internalError is what the peer sees of a command that panicked.
const internalError = "internal error, see the log"

// Call runs a command. An error is ErrNotFound or a *module.Fault. A command
// that panics costs its own call only: it is logged, and a fault.
func Call(ctx context.Context, h module.Host, name string, args []any) (Reply, error) {
	return CallFrom(ctx, h, name, args, false)
}

// CallFrom is Call with Request.Local.
func CallFrom(ctx context.Context, h module.Host, name string, args []any, local bool) (Reply, error) {
	cmd := Lookup(h, name)
	if cmd == nil {
		return Reply{}, ErrNotFound
	}
	r := &module.Request{Context: ctx, Host: h, Args: args, Local: local}
	if err := run(cmd, r); err != nil {
		return Reply{}, asFault(err)
	}
	return Reply{Values: r.Reply, Array: cmd.Array}, nil
}

// Lookup returns the command of that name, or nil.
func Lookup(h module.Host, name string) *module.Command {
	all := h.Commands()
	i := sort.Search(len(all), func(i int) bool { return all[i].Name >= name })
	if i < len(all) && all[i].Name == name {
		return &all[i]
	}
	return nil
}

func run(cmd *module.Command, r *module.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.Host.Log().Error("panic in command", "command", cmd.Name, "panic", p, "stack", string(debug.Stack()))
			err = &module.Fault{Code: 500, Text: internalError}
		}
	}()
	return cmd.Run(r)
}

func asFault(err error) *module.Fault {
	var f *module.Fault
	if errors.As(err, &f) {
		return f
	}
	return &module.Fault{Code: 500, Text: err.Error()}
}
