// SPDX-License-Identifier: Apache-2.0

// Package tls secures connections with TLS.
package tls

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/transaction"
)

func init() { module.Register("tls", func() module.Module { return New() }) }

// eventOut is run before a connection to another server is secured.
const eventOut = "tls:connection-out"

// TLS is the module.
type TLS struct {
	// Parameters. Those of the default profiles are in values.
	values                  values
	config                  setting.Str
	timeout                 setting.Int
	closeNotify             setting.Int
	logLevel, debugLevel    setting.Int
	lowMemory1, lowMemory2  setting.Int
	queueMax, connQueueMax  setting.Int
	queueBlock              setting.Int
	noCompression, force    int
	release, freelist       int
	fragment, readAhead     int
	sessions, renegotiation int
	sessionID, xavp         string
	callback, randomEngine  string
	views                   []view // of parameters, for commands

	host    module.Host
	log     *slog.Logger
	current atomic.Pointer[profiles]
	trouble trouble

	life      context.Context // ends with the module
	reloading sync.Mutex      // one reload at a time
	renewals  *renewals       // guarded by reloading; nil while nobody wants them

	accepted, opened, failed, reloads counter.Counter
}

// New returns the module with its defaults.
func New() *TLS {
	t := &TLS{
		values: values{depth: defaultDepth}, noCompression: 1, release: -1, freelist: -1, fragment: -1,
		sessionID: "kamailio-tls-5.x.y",
	}
	t.timeout.Set(600)
	t.logLevel.Set(3)
	t.debugLevel.Set(3)
	t.lowMemory1.Set(-1)
	t.lowMemory2.Set(-1)
	t.queueMax.Set(10 << 20)
	t.connQueueMax.Set(64 << 10)
	t.queueBlock.Set(4096)
	return t
}

var (
	_ module.Inspector = (*TLS)(nil)
	_ module.Starter   = (*TLS)(nil)
	_ module.Stopper   = (*TLS)(nil)
	_ module.Streamer  = (*TLS)(nil)
)

// Exports implements module.Module.
func (t *TLS) Exports() module.Exports {
	all := variables()
	return module.Exports{
		Doc:    "Secures connections with TLS: profiles for servers and clients, certificates of peers.",
		Params: t.params(),
		Functions: []module.Function{
			{Name: "is_peer_verified", Routes: module.RequestRoute, Run: t.isVerified,
				Doc: "True when the message came over TLS, and the peer has a certificate that an authority of ours has signed."},
			{Name: "tls_set_connect_server_id", Lua: "set_connect_server_id(str)", Args: []module.Arg{{Name: "srvid", Doc: "server_id of a client profile; empty for none"}},
				Routes: module.AnyRoute, Run: setServerID, Doc: "Chooses the profile of the connection that this request opens."},
		},
		Lua: []module.Function{{Name: "cget", Args: []module.Arg{{Name: "name", Doc: "name of a variable, such as tls_version, or what $tls(name) knows"}}, Routes: module.AnyRoute, Get: byName(all),
			Doc: "The value of a variable such as tls_peer_subject_cn, or of $tls(name); the empty string where there is none."}},
		Variables: all,
		RPC:       t.commands(),
		Events:    []module.Event{{Name: eventOut, Doc: "A connection to another server is about to be secured; $sndto(ip) and $sndto(port) name it. drop closes it: nothing is sent."}},
		Counters: []counter.Entry{
			{Name: "accepted", Counter: &t.accepted, Doc: "handshakes with peers that connected to us"},
			{Name: "opened", Counter: &t.opened, Doc: "handshakes with peers that we connected to"},
			{Name: "failed", Counter: &t.failed, Doc: "handshakes that failed"},
			{Name: "reloads", Counter: &t.reloads, Doc: "times that profiles were read anew"},
		},
		Settings: t.settings(),
	}
}

// Start implements module.Starter.
func (t *TLS) Start(ctx context.Context, h module.Host) error {
	t.host, t.log, t.life = h, h.Log().With("module", "tls"), ctx
	t.show()
	if !h.Core().TLS {
		t.log.Warn("TLS is not enabled: write enable_tls=yes")
		return nil
	}
	if err := t.renew(); err != nil {
		return fmt.Errorf("tls: %w", err)
	}
	h.Transactions().Secure(t.forRequest)
	return nil
}

// read makes profiles of the parameters, or of the file that they name.
func (t *TLS) read() (*profiles, error) {
	l := t.loader()
	ps, err := t.written(l)
	if err != nil {
		return nil, err
	}
	if t.renewals == nil && ps.anyRenewing() {
		t.renewals = newRenewals(t.log, lookEvery)
	}
	l.renewals = t.renewals
	return ps, l.load(ps)
}

// written are the profiles of the file that the parameters name, or of the
// parameters.
func (t *TLS) written(l *loader) (*profiles, error) {
	if file := t.config.Get(); file != "" {
		// As in Kamailio the parameters say nothing of profiles that stand in a file.
		v := values{depth: defaultDepth}
		return readProfiles(l.path(file), v.forServer(), v.forClient())
	}
	ps := &profiles{}
	ps.complete(t.values.forServer(), t.values.forClient())
	return ps, nil
}

func (t *TLS) loader() *loader {
	return newLoader(t.host.Core(), t.host.Clock().Now, t.log)
}

// renew reads the profiles; those that are there stay when that fails.
func (t *TLS) renew() error {
	t.reloading.Lock()
	defer t.reloading.Unlock()
	ps, err := t.read()
	if err != nil {
		return err
	}
	t.current.Store(ps)
	if t.renewals != nil {
		return t.renewals.manage(t.life, ps)
	}
	return nil
}

// Stop implements module.Stopper.
func (t *TLS) Stop(context.Context) error {
	t.reloading.Lock()
	defer t.reloading.Unlock()
	if t.renewals != nil {
		t.renewals.cache.Stop()
	}
	return nil
}

// forRequest is what a script asks for the connection of a request: the fields
// of the XAVP, or tls_set_connect_server_id.
func (t *TLS) forRequest(s *transaction.State, _ netip.AddrPort) any {
	want := security{id: s.ServerID}
	if t.xavp != "" {
		if it := s.XAVPs.At(t.xavp, 0); it != nil && it.Fields != nil {
			want.name = field(it.Fields, "server_name")
			if id := field(it.Fields, "server_id"); want.id == "" {
				want.id = id
			}
		}
	}
	if want == (security{}) {
		return nil
	}
	return security{strings.Clone(want.id), strings.Clone(want.name)}
}

func field(fields *avp.Tree, name string) string {
	if it := fields.At(name, 0); it != nil {
		return it.Value.Str
	}
	return ""
}

// setServerID is tls_set_connect_server_id(srvid).
func setServerID(c *module.Call, a module.Args) module.Result {
	c.ServerID = c.Keep(a.Str(0))
	return module.True
}

// isVerified is is_peer_verified().
func (t *TLS) isVerified(c *module.Call, _ module.Args) module.Result {
	s := connection(c)
	return module.Bool(s != nil && s.peer() != nil && s.fault == nil)
}

// connection is the TLS connection that the message came over, nil for none.
func connection(c *module.Call) *secured {
	if c.Packet.Conn == 0 {
		return nil
	}
	s, _ := c.Host.Transport().NetConn(c.Packet.Conn).(*secured)
	return s
}
