// SPDX-License-Identifier: Apache-2.0

// Package sst follows the session timers of calls (RFC 4028).
package sst

import (
	"context"
	"errors"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/modules/dialog"
)

func init() { module.Register("sst", func() module.Module { return New() }) }

// SST is the module.
type SST struct {
	host module.Host
	sl   replier
	tm   refuser

	// Parameters.
	enableStats int
	minSE       int
	timeoutAVP  module.Accessor
	rejectSmall int
	flag        int

	expired counter.Counter
}

// replier is what sst needs of sl.
type replier interface {
	SendReply(c *module.Call, code int, reason, headers string) error
}

// refuser is what it needs of tm.
type refuser interface {
	Refuse(c *module.Call, code int, reason, headers string) error
}

// New returns the module with its defaults.
func New() *SST { return &SST{enableStats: 1, minSE: 1800, rejectSmall: 1, flag: -1} }

var (
	_ module.Preparer = (*SST)(nil)
	_ module.Starter  = (*SST)(nil)
)

// Exports implements module.Module.
func (s *SST) Exports() module.Exports {
	return module.Exports{
		Doc:      "Follows session timers: asks for them, keeps them from being too short, and ends calls that nobody refreshes.",
		Requires: []string{"tm", "sl", "dialog"},
		Params: []module.Param{
			{Name: "enable_stats", Set: &s.enableStats, Min: 0, Max: 1, Notice: "counters cost nothing and are always there", Doc: "1 counts"},
			{Name: "min_se", Set: &s.minSE, Min: 90, Max: 1 << 31, Unit: "s", Doc: "shortest interval that is let pass, and the one that is asked for where the caller asks for none"},
			{Name: "timeout_avp", Set: &s.timeoutAVP, Doc: "variable for the interval that a request inside of the dialog asks for, the timeout_avp of dialog; without it the dialog keeps its lifetime"},
			{Name: "reject_to_small", Set: &s.rejectSmall, Min: 0, Max: 1, Doc: "1 refuses an INVITE with a shorter interval with 422, where the caller supports session timers"},
			{Name: "sst_flag", Set: &s.flag, Min: 0, Max: 31, Doc: "message flag of INVITEs that begin dialogs to follow"},
		},
		Functions: []module.Function{
			{Name: "sstCheckMin", Lua: "sst_check_min(int)", Args: []module.Arg{{Name: "send_reply", Type: module.ArgInt, Doc: "1 answers with 422"}},
				Routes: module.RequestRoute | module.AnyReply, Run: s.checkMin,
				Doc: "True where Session-Expires or Min-SE of the message is shorter than min_se."},
		},
		Counters: []counter.Entry{{Name: "expired_sst", Counter: &s.expired, Doc: "calls whose session timer ran out"}},
	}
}

// Prepare implements module.Preparer.
func (s *SST) Prepare(module.Binder) error {
	if s.flag < 0 {
		return errors.New("sst: sst_flag must be set")
	}
	return nil
}

// Start implements module.Starter.
func (s *SST) Start(_ context.Context, h module.Host) error {
	s.host = h
	var err error
	if s.sl, err = module.Needed[replier](h, "sl"); err != nil {
		return err
	}
	if s.tm, err = module.Needed[refuser](h, "tm"); err != nil {
		return err
	}
	d, err := module.Needed[*dialog.Module](h, "dialog")
	if err != nil {
		return err
	}
	d.On(dialog.Created|dialog.RequestWithin|dialog.Expired, s.heard)
	h.Transactions().On(transaction.ReplyIn, s.replyIn)
	return nil
}
