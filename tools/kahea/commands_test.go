// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc"
	"github.com/kahea-sip/kahea/rpc/binrpc"
	"github.com/kahea-sip/kahea/rpc/jsonrpc"
	"github.com/kahea-sip/kahea/tools/siptest"
)

// everyModule loads what has commands.
const everyModule = "loadmodule \"kex\"\nloadmodule \"corex\"\nloadmodule \"ctl\"\nloadmodule \"jsonrpcs\"\nloadmodule \"tm\"\nloadmodule \"tmx\"\n" +
	"loadmodule \"sl\"\nloadmodule \"rr\"\nloadmodule \"pv\"\nloadmodule \"usrloc\"\nloadmodule \"registrar\"\nloadmodule \"textops\"\n" +
	"loadmodule \"textopsx\"\nloadmodule \"siputils\"\nloadmodule \"xlog\"\nloadmodule \"sanity\"\nloadmodule \"maxfwd\"\nloadmodule \"cfg_rpc\"\n" +
	"loadmodule \"acc\"\nloadmodule \"counters\"\nrequest_route { sl_send_reply(\"200\", \"OK\"); }\n"

// ending are the commands that end the process when they do their work.
var ending = map[string]bool{"core.kill": true}

// TestCommandsTakeAnything: no command panics, hangs or answers what a
// protocol cannot carry, whatever its arguments are.
func TestCommandsTakeAnything(t *testing.T) {
	sd, log := start1(t, everyModule)
	defer sd.Stop(context.Background())
	d := sd.(*daemon)
	src := rand.New(rand.NewPCG(1, 2))
	for _, cmd := range d.engine.Commands() {
		if !ending[cmd.Name] {
			for _, args := range argumentLists(src) {
				tryCommand(t, d, log, cmd.Name, args)
			}
		}
	}
}

// odd are arguments that commands do not expect.
var odd = []any{
	int64(0), int64(-1), int64(1), int64(math.MaxInt64), int64(math.MinInt64), int64(math.MaxUint32),
	"", "x", "location", "sip:a@127.0.0.1", "0x10", ".", ":", "/", "core", "99999999999999999999", "\x00\xff\r\n", strings.Repeat("long", 800),
	0.0, -1.5, math.Inf(1), math.NaN(), 1e300,
	&module.Struct{}, (&module.Struct{}).Add("a", 1).Add("a", "b"), module.List{}, module.List{int64(1), "x"},
}

// argumentLists are lists of none to ten arguments, more of the short ones.
func argumentLists(src *rand.Rand) [][]any {
	lists := [][]any{nil}
	for _, n := range []int{1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 9, 10} {
		list := make([]any, n)
		for i := range list {
			list[i] = odd[src.IntN(len(odd))]
		}
		lists = append(lists, list)
	}
	return lists
}

// tryCommand runs a command with arguments as each protocol brings them.
func tryCommand(t *testing.T, d *daemon, log *siptest.Log, name string, args []any) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // who waits for a reply need not
		answered := func(err error) {
			var f *module.Fault
			if errors.As(err, &f) && strings.Contains(f.Text, "internal error") {
				t.Errorf("%s%q: a panic:\n%s", name, args, log)
			}
		}
		reply, err := rpc.Call(ctx, d.engine, name, args)
		answered(err)
		p, err := binrpc.Parse(binrpc.AppendReply(nil, []byte{1}, reply.Values))
		if err == nil {
			_, err = p.Values()
		}
		if err != nil {
			t.Errorf("%s%q: the reply cannot be read again: %v", name, args, err)
		}
		if p, err = binrpc.Parse(binrpc.AppendRequest(nil, []byte{1}, name, args...)); err == nil {
			var carried []any
			if _, carried, err = p.Method(); err == nil {
				_, err = rpc.Call(ctx, d.engine, name, carried)
				answered(err)
			}
		}
		doc := jsonrpc.Append(nil, (&module.Struct{}).Add("jsonrpc", "2.0").Add("method", name).Add("id", 1).Add("params", module.List(args)), false)
		body := jsonrpc.Serve(ctx, d.engine, doc, false).Body
		if !json.Valid(body) || strings.Contains(string(body), "internal error") {
			t.Errorf("%s%q is answered %s\n%s", name, args, body, log)
		}
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%s%q does not end", name, args)
	}
}
