// SPDX-License-Identifier: Apache-2.0

package rpc

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

// Info is what the commands of the core report and cannot learn from the Host.
// A function that is nil makes its command answer with nothing.
type Info struct {
	// Args is the command line.
	Args []string
	// Features are the words of core.flags.
	Features []string
	// Defines returns the preprocessor definitions of the current
	// configuration.
	Defines func() []Define
	// Sockets returns the sockets that the server listens on.
	Sockets func() []*transport.Socket
	// Aliases returns the names that the server takes for its own.
	Aliases func() []Alias
	// MyselfCallbacks tells whether modules add names to these.
	MyselfCallbacks func() bool
	// NoAutoAliases is auto_aliases=no, with which Kamailio shows the address of
	// a socket twice.
	NoAutoAliases bool
	// Connections returns the open stream connections.
	Connections func() []Connection
	// Readers is the number of readers of stream connections (tcp_children).
	Readers int
	// QueuedBytes returns how much waits to be sent on stream connections.
	QueuedBytes func() int64
	// Work tells what the server has in hand.
	Work func() Work
	// Databases returns the URLs of the open databases.
	Databases func() []string
	// Signal sends a signal to the server's process.
	Signal func(syscall.Signal) error
}

// Work is what a server has in hand.
type Work struct {
	// Taken are the messages that were taken for handling since the start, AtWork those of them that are not done.
	Taken, AtWork int64
	// Tasks is how much goes on besides that ends by itself: what timers have begun, and what transaction.Layer.Go was given.
	Tasks int64
	// Short are the datagrams that were too short to be messages.
	Short int64
}

// Define is a preprocessor definition. Type is 0 for #!define, 1 for one with
// an evaluated value.
type Define struct {
	Name, Value string
	Type        int
}

// Alias is a name of the server. An empty Proto or a Port of 0 mean any.
type Alias struct {
	Proto, Host string
	Port        int
}

// Connection is an open stream connection as core.tcp_list shows it.
type Connection struct {
	ID      transport.ConnID
	Proto   transport.Proto
	State   string        // CONN_OK …
	Timeout time.Duration // until it is closed for silence
	// Lifetime is how long it may be silent.
	Lifetime time.Duration
	Source   string
	SrcPort  int
	Dest     string
	DstPort  int
	TLS      bool
}

// Name of the server, as core.runinfo has it.
const serverName = "kahea"

// reference is the server whose commands these are.
const reference = "kamailio 5.6.3"

// timeLayout is the date form of C's ctime.
const timeLayout = "Mon Jan _2 15:04:05 2006"

// Core returns the commands of the core: system.*, core.*, dns.*.
func Core(info Info) []module.Command {
	c := &core{info}
	return append(append(systemCommands(), dnsCommands()...), []module.Command{
		{Name: "core.aliases_list", Doc: "Lists the names that the server takes for its own.", Run: c.aliases},
		{Name: "core.arg", Doc: "Returns the command line, one argument after the other.", Array: true, Run: c.arg},
		{Name: "core.databases", Doc: "Lists the URLs of the open databases; their passwords only through a Unix socket of the module ctl.", Array: true, Run: c.databases},
		{Name: "core.echo", Doc: "Returns back its parameters.", Array: true, Run: echo},
		{Name: "core.flags", Doc: "Returns the features that the server was built with.", Run: c.flags},
		{Name: "core.info", Doc: "Returns version and build of the server.", Run: c.info},
		{Name: "core.kill", Doc: "Sends a signal to the server: number, default 15 (TERM).", Run: c.kill},
		{Name: "core.modules", Doc: "Lists the loaded modules, the latest first.", Array: true, Run: modules},
		{Name: "core.ppdefines", Doc: "Lists the names of the preprocessor definitions.", Array: true, Run: c.defines},
		{Name: "core.ppdefines_full", Doc: "Lists the preprocessor definitions with their values.", Array: true, Run: c.definesFull},
		{Name: "core.printi", Doc: "Returns back its parameters, which must be integers.", Array: true, Run: printi},
		{Name: "core.prints", Doc: "Returns back its parameters, which must be strings.", Array: true, Run: prints},
		{Name: "core.ps", Doc: "Lists the parts of the server: process id and description.", Array: true, Run: c.ps},
		{Name: "core.psa", Doc: "Lists the parts of the server with all that is known of them.", Array: true, Run: c.psa},
		{Name: "core.psx", Doc: "Lists the parts of the server as structures.", Array: true, Run: c.psx},
		{Name: "core.pwd", Doc: "Returns the working folder of the server.", Array: true, Run: pwd},
		{Name: "core.runinfo", Doc: "Returns version and times of the server.", Run: c.runinfo},
		{Name: "core.shmmem", Doc: "Returns the memory figures of the process; an argument b, k, m or g sets the unit.", Run: shmmem},
		{Name: "core.sockets_list", Doc: "Lists the sockets that the server listens on.", Run: c.sockets},
		{Name: "core.tcp_info", Doc: "Returns figures of the stream connections.", Run: c.tcpInfo},
		{Name: "core.tcp_list", Doc: "Lists the stream connections.", Array: true, Run: c.tcpList},
		{Name: "core.tcp_options", Doc: "Returns the options of stream connections.", Run: tcpOptions},
		{Name: "core.udp4_raw_info", Doc: "Returns the options of raw UDP sockets, which this server does not use.", Run: rawInfo},
		{Name: "core.uptime", Doc: "Returns since when the server runs.", Run: uptime},
		{Name: "core.version", Doc: "Returns the version string of the server.", Run: version},
		{Name: "core.work", Doc: "Returns what the server has in hand: messages taken since the start and those at work, tasks besides, bytes that wait on connections, datagrams too short to be messages.", Run: c.work},
	}...)
}

type core struct{ Info }

// version keeps the three fields of Kamailio's answer, name, number and
// platform, and names the version whose behaviour it has, for the scripts that
// look for it.
func version(r *module.Request) error {
	r.Printf("%s (%s/%s) compatible with %s", r.Host.Core().Version, machine(), runtime.GOOS, reference)
	return nil
}

// machine is the processor's name as uname has it, which is what scripts know.
func machine() string {
	switch runtime.GOARCH {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	case "386":
		return "i386"
	}
	return runtime.GOARCH
}

func uptime(r *module.Request) error {
	now, since := r.Host.Clock().Now(), time.Unix(r.Host.Core().Started, 0)
	r.Struct().
		Add("now", now.Format(timeLayout)).
		Add("up_since", since.Format(timeLayout)).
		Add("uptime", now.Unix()-since.Unix())
	return nil
}

func (c *core) info(r *module.Request) error {
	r.Struct().
		Add("version", r.Host.Core().Version).
		Add("id", revision()).
		Add("compiler", runtime.Version()).
		Add("compiled", "").
		Add("flags", c.features())
	return nil
}

func (c *core) runinfo(r *module.Request) error {
	now, since := r.Host.Clock().Now(), time.Unix(r.Host.Core().Started, 0)
	up := now.Unix() - since.Unix()
	_, number, _ := strings.Cut(r.Host.Core().Version, " ")
	r.Struct().
		Add("name", serverName).
		Add("version", number).
		Add("sourceid", revision()).
		Add("compiler", runtime.Version()).
		Add("compiled", "").
		Add("time_now", now.Format(timeLayout)).
		Add("time_started", since.Format(timeLayout)).
		Add("uptime_secs", up).
		Add("utime_days", fmt.Sprintf("%dd %dh %dm %ds", up/86400, up/3600%24, up/60%60, up%60))
	return nil
}

func (c *core) features() string { return strings.Join(c.Features, ", ") }

func (c *core) flags(r *module.Request) error {
	r.Add(c.features())
	return nil
}

func (c *core) arg(r *module.Request) error {
	for _, a := range c.Args {
		r.Add(a)
	}
	return nil
}

func pwd(r *module.Request) error {
	dir, err := os.Getwd()
	if err != nil {
		return module.Faultf(500, "cannot tell the working folder: %v", err)
	}
	r.Add(dir)
	return nil
}

func (c *core) kill(r *module.Request) error {
	sig := int64(syscall.SIGTERM)
	if r.Len() > 0 {
		n, err := r.Int(0)
		if err != nil {
			return err
		}
		sig = n
	}
	if sig < 0 || sig > 64 {
		return module.Faultf(400, "no such signal: %d", sig)
	}
	if syscall.Signal(sig) == syscall.SIGTERM {
		r.Host.Shutdown()
		return nil
	}
	if c.Signal == nil {
		return module.Faultf(500, "signals are not available here")
	}
	if err := c.Signal(syscall.Signal(sig)); err != nil {
		return module.Faultf(500, "cannot send signal %d: %v", sig, err)
	}
	return nil
}

func modules(r *module.Request) error {
	names := r.Host.Modules()
	for i := len(names) - 1; i >= 0; i-- {
		r.Add(names[i])
	}
	return nil
}

// echo returns integers as text, as Kamailio does.
func echo(r *module.Request) error {
	for i := range r.Args {
		s, err := r.Str(i)
		if err != nil {
			return err
		}
		r.Add(s)
	}
	return nil
}

func prints(r *module.Request) error { return echo(r) }

func printi(r *module.Request) error {
	for i := range r.Args {
		n, err := r.Int(i)
		if err != nil {
			return err
		}
		r.Add(n)
	}
	return nil
}

func (c *core) defines(r *module.Request) error {
	for _, d := range call(c.Defines) {
		r.Add(d.Name)
	}
	return nil
}

func (c *core) definesFull(r *module.Request) error {
	for _, d := range call(c.Defines) {
		v := d.Value
		if v == "" {
			v = "none"
		}
		r.Struct().Add("name", d.Name).Add("type", d.Type).Add("value", v)
	}
	return nil
}

func call[T any](f func() []T) []T {
	if f == nil {
		return nil
	}
	return f()
}
