// SPDX-License-Identifier: Apache-2.0

// Package jsonrpcs serves control commands as JSON-RPC 2.0, to kamctl and to
// scripts.
package jsonrpcs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc/listen"
)

func init() { module.Register("jsonrpcs", func() module.Module { return New() }) }

// The bits of the transport parameter.
const (
	overHTTP = 1 << iota
	overFIFO
	overDatagram
	overTCP
)

// Jsonrpcs is the module.
type Jsonrpcs struct {
	pretty       int
	transport    int
	fifoName     string
	fifoReplyDir string
	fifoMode     int
	fifoUser     string
	fifoGroup    string
	dgramSocket  string
	dgramWorkers int
	dgramMode    int
	dgramUser    string
	dgramGroup   string
	dgramTimeout int
	tcpSocket    string

	host module.Host
	server
}

var (
	_ module.Preparer = (*Jsonrpcs)(nil)
	_ module.Starter  = (*Jsonrpcs)(nil)
	_ module.Stopper  = (*Jsonrpcs)(nil)
)

// New makes the module with its defaults.
func New() *Jsonrpcs {
	return &Jsonrpcs{
		pretty: 1, transport: overFIFO | overDatagram,
		fifoName: "kamailio_rpc.fifo", fifoReplyDir: "/tmp/", fifoMode: 0o660,
		dgramSocket: "kamailio_rpc.sock", dgramWorkers: 1, dgramMode: 0o660, dgramTimeout: 2000,
	}
}

// Exports implements module.Module.
func (j *Jsonrpcs) Exports() module.Exports {
	return module.Exports{
		Doc:   "Serves control commands as JSON-RPC 2.0 over HTTP, a FIFO, datagrams and TCP, to kamctl and to scripts.",
		After: []string{"xhttp"},
		Params: []module.Param{
			{Name: "pretty_format", Set: &j.pretty, Doc: "1 to print replies on many lines, 0 on one"},
			{Name: "transport", Set: &j.transport, Min: 0, Max: overHTTP | overFIFO | overDatagram | overTCP,
				Doc: "sum of what to serve: 1 HTTP, 2 FIFO, 4 datagrams, 8 TCP; 0 for all that are set up"},
			{Name: "fifo_name", Set: &j.fifoName, Doc: "file of the FIFO; relative to the run folder"},
			{Name: "fifo_mode", Set: &j.fifoMode, Min: 0, Max: 0o777, Doc: "permission bits of the FIFO; 0660 by default"},
			{Name: "fifo_user", Set: listen.ID(&j.fifoUser), Doc: "name or number of the owner of the FIFO"},
			{Name: "fifo_group", Set: listen.ID(&j.fifoGroup), Doc: "name or number of the group of the FIFO"},
			{Name: "fifo_reply_dir", Set: &j.fifoReplyDir, Doc: "folder of the FIFOs that clients make for replies"},
			{Name: "dgram_socket", Set: &j.dgramSocket, Doc: "file of a Unix datagram socket, relative to the run folder, or udp:HOST:PORT"},
			{Name: "dgram_workers", Set: &j.dgramWorkers, Min: 1, Max: 1024, Doc: "number of datagram requests that may run at a time"},
			{Name: "dgram_mode", Set: &j.dgramMode, Min: 0, Max: 0o777, Doc: "permission bits of the datagram socket; 0660 by default"},
			{Name: "dgram_user", Set: listen.ID(&j.dgramUser), Doc: "name or number of the owner of the datagram socket"},
			{Name: "dgram_group", Set: listen.ID(&j.dgramGroup), Doc: "name or number of the group of the datagram socket"},
			{Name: "dgram_timeout", Set: &j.dgramTimeout, Min: 1, Max: 600000, Unit: "ms", Doc: "how long to try to send a datagram reply"},
			{Name: "tcp_socket", Set: &j.tcpSocket, Doc: "address of the TCP socket, tcp:HOST:PORT"},
		},
		Functions: []module.Function{
			{Name: "jsonrpc_dispatch", Routes: module.RequestRoute | module.EventRoute, Lua: "dispatch", Run: j.dispatch, Prepare: needHTTP,
				Doc: "Answers the HTTP request with the reply to the JSON-RPC document in its body. False when that is no JSON; then the client has the error -32700 with 400 where the script gives no other answer. Needs the module xhttp."},
			{Name: "jsonrpc_exec", Routes: module.AnyRoute, Lua: "exec", Run: j.exec,
				Args: []module.Arg{{Name: "doc", Type: module.ArgStr, Doc: "JSON-RPC document"}},
				Doc:  "Runs a JSON-RPC document; $jsonrpl has the reply. False when it is no JSON."},
		},
		Lua: []module.Function{
			{Name: "execx", Run: j.exec, Args: []module.Arg{{Name: "doc", Type: module.ArgStr, Doc: "JSON-RPC document"}},
				Doc: "The same as exec."},
			{Name: "response", Get: response, Doc: "The reply to the last document of this message, nil for none."},
		},
		Variables: []module.Variable{
			{Name: "jsonrpl", Bind: bindReply, Doc: "Reply to the last jsonrpc_exec of this message: code, text or body."},
		},
		RPC: []module.Command{
			{Name: "jsonrpc.echo", Doc: "Returns back its parameters.", Array: true, Run: echo},
		},
	}
}

// Prepare implements module.Preparer.
func (j *Jsonrpcs) Prepare(b module.Binder) error {
	var errs []error
	if j.transport&overHTTP != 0 && (b == nil || b.Module("xhttp") == nil) {
		errs = append(errs, errors.New("jsonrpcs: transport 1 (HTTP) needs the module xhttp, which is not loaded"))
	}
	if j.serves(overTCP, j.tcpSocket) {
		if a, err := listen.Parse(j.tcpSocket, 0); err != nil {
			errs = append(errs, err)
		} else if a.Network != "tcp" {
			errs = append(errs, fmt.Errorf("jsonrpcs: tcp_socket %q is not of the form tcp:HOST:PORT", j.tcpSocket))
		}
	}
	if j.serves(overDatagram, j.dgramSocket) {
		if _, err := j.dgramAddress(""); err != nil {
			errs = append(errs, err)
		}
	}
	for _, a := range [...]listen.Access{j.fifoAccess(), j.dgramAccess()} {
		if _, _, err := a.IDs(); err != nil {
			errs = append(errs, fmt.Errorf("jsonrpcs: %w", err))
		}
	}
	return errors.Join(errs...)
}

// serves reports whether the transport parameter asks for a transport and name
// says where.
func (j *Jsonrpcs) serves(bit int, name string) bool {
	return name != "" && (j.transport == 0 || j.transport&bit != 0)
}

func (j *Jsonrpcs) fifoAccess() listen.Access {
	return listen.Access{Mode: fs.FileMode(j.fifoMode), User: j.fifoUser, Group: j.fifoGroup}
}

func (j *Jsonrpcs) dgramAccess() listen.Access {
	return listen.Access{Mode: fs.FileMode(j.dgramMode), User: j.dgramUser, Group: j.dgramGroup}
}

// Start implements module.Starter.
func (j *Jsonrpcs) Start(ctx context.Context, h module.Host) error {
	j.host = h
	if err := j.listen(ctx); err != nil {
		return errors.Join(err, j.server.close())
	}
	return nil
}

// Stop implements module.Stopper.
func (j *Jsonrpcs) Stop(context.Context) error { return j.server.close() }

func echo(r *module.Request) error {
	for _, a := range r.Args {
		r.Add(a)
	}
	return nil
}
