// SPDX-License-Identifier: Apache-2.0

// Package outbound makes the tokens that lead requests back along the flows of phones.
package outbound

import (
	"context"
	"crypto/rand"
	"crypto/sha256"

	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("outbound", func() module.Module { return New() }) }

// Outbound is the module.
type Outbound struct {
	forceFlag, noFlag int
	secret            string

	key []byte
}

// New returns the module with its defaults.
func New() *Outbound { return &Outbound{forceFlag: -1, noFlag: -1} }

var _ module.Starter = (*Outbound)(nil)

// Exports implements module.Module.
func (o *Outbound) Exports() module.Exports {
	return module.Exports{
		Doc: "Makes a proxy the edge proxy of RFC 5626: rr and path write tokens that name the flow a request came by, and rr sends requests along it.",
		Params: []module.Param{
			{Name: "force_outbound_flag", Set: &o.forceFlag, Min: -1, Max: 31, Doc: "message flag that asks for a token in any case; -1 for none"},
			{Name: "force_no_outbound_flag", Set: &o.noFlag, Min: -1, Max: 31, Doc: "message flag that forbids one; -1 for none"},
			{Name: "flow_token_secret", Set: &o.secret, Doc: "secret that tokens are signed with; without it one by chance, and tokens of before the last start are refused"},
		},
		Functions: []module.Function{
			{Name: "check_flow_token", Lua: "-", Routes: module.RequestRoute, Run: o.check,
				Doc: "1 where the topmost Route has a token that can be followed, -1 without Route, -2 where it is not ours, -3 without a token, -4 where that is not one of ours, -5 where its connection is gone, -7 where the Route cannot be read."},
		},
	}
}

// Start implements module.Starter.
func (o *Outbound) Start(_ context.Context, h module.Host) error {
	if h.Module("stun") == nil {
		h.Log().Warn("phones keep their flows over UDP open by STUN, which the module stun answers: it is not loaded", "module", "outbound")
	}
	return o.makeKey()
}

// makeKey makes the key of tokens of the secret, or by chance.
func (o *Outbound) makeKey() error {
	if o.secret != "" {
		key := sha256.Sum256([]byte(o.secret))
		o.key = key[:]
		return nil
	}
	o.key = make([]byte, sha256.Size)
	_, err := rand.Read(o.key)
	return err
}
