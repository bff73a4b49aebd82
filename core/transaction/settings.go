// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"time"

	"github.com/kahea-sip/kahea/core/setting"
)

// Settings are what an operator may decide about transactions. Integers are
// read when they are needed, so a change holds for running transactions too.
// Times are in milliseconds; switches are 0 or 1.
type Settings struct {
	// FR is how long a branch waits for a final reply, and a negative final
	// reply to an INVITE for its ACK (timers B, F and H of RFC 3261).
	FR setting.Int
	// FRInv is how long an INVITE branch waits for a final reply after a
	// provisional one (timer C).
	FRInv setting.Int
	// MaxInv and MaxNonInv bound the whole transaction.
	MaxInv, MaxNonInv setting.Int
	// Wait is how long a finished transaction absorbs what comes late
	// (timers D, I, J and K).
	Wait setting.Int
	// Retr1 and Retr2 are T1 and T2.
	Retr1, Retr2 setting.Int
	// NoisyC makes an INVITE that ran out be answered always.
	NoisyC setting.Int
	// RestartFR restarts FRInv at each provisional reply.
	RestartFR setting.Int
	// AutoInv100 answers each INVITE with 100 and AutoInv100Reason.
	AutoInv100       setting.Int
	AutoInv100Reason setting.Str
	// AggregateChallenges merges the challenges of all branches.
	AggregateChallenges setting.Int
	// CancelMethod says what is done with a branch without any reply that
	// shall be cancelled: 0 answers it with 487 by ourselves, 1 waits for a
	// provisional reply, 2 sends CANCEL at once.
	CancelMethod setting.Int
	// ReparseOnFailover keeps what branch_route did to a branch when it
	// fails over to the next address.
	ReparseOnFailover setting.Int
	// RURIMatching and Via1Matching make the matching of requests without
	// the magic cookie stricter; CallIDMatching that of all messages.
	RURIMatching, Via1Matching, CallIDMatching setting.Int
	// PassProvisional reports local provisional replies to ReplySent too.
	PassProvisional setting.Int
	// Disable6xx takes 6xx as any other negative reply.
	Disable6xx setting.Int
	// LocalACKMode says where the ACK for a 2xx to our own INVITE goes: 0
	// Contact and route set, 1 where the INVITE went, 2 where the 2xx came
	// from.
	LocalACKMode setting.Int
	// FailureReplyMode says what becomes of earlier branches when a failure
	// route starts new ones: 0 all are kept, 1 all are dropped always, 2 those
	// of the last step are dropped, 3 all are dropped when a new one starts.
	FailureReplyMode setting.Int
	// FakedReplyPrio is added to the rank of replies that were made here.
	FakedReplyPrio setting.Int
	// LocalCancelReason adds Reason to the CANCELs that a final reply leads
	// to, E2ECancelReason copies that of a received CANCEL (RFC 3326).
	LocalCancelReason, E2ECancelReason setting.Int
	// Remap503 makes a 503 a 500 (RFC 3261 16.7 step 6).
	Remap503 setting.Int
	// LocalFailure runs the failure route of requests of our own.
	LocalFailure setting.Int
	// FailureExecMode makes a branch that cannot be sent a failed branch
	// instead of an error of the relay function.
	FailureExecMode setting.Int
	// FailoverCodes are further reply codes, beside 503, that make a branch
	// fail over to the next address. Set before the first transaction.
	FailoverCodes []int
	// Code408 and Reason408 are the reply to a branch that ran out.
	Code408   setting.Int
	Reason408 setting.Str
	// ServerHeader and UserAgentHeader are whole header fields without line
	// end, for replies and requests of our own; empty for none.
	ServerHeader, UserAgentHeader string
	// Warnings adds Warning to replies of our own.
	Warnings bool
	// MaxBranches bounds a target set.
	MaxBranches int
}

// NewSettings returns the defaults.
func NewSettings() *Settings {
	s := &Settings{MaxBranches: 12}
	for v, n := range map[*setting.Int]int64{
		&s.FR: 30000, &s.FRInv: 120000, &s.MaxInv: 180000, &s.MaxNonInv: 32000, &s.Wait: 5000, &s.Retr1: 500, &s.Retr2: 4000,
		&s.NoisyC: 1, &s.RestartFR: 1, &s.AutoInv100: 1, &s.AggregateChallenges: 1, &s.CancelMethod: 1, &s.ReparseOnFailover: 1,
		&s.RURIMatching: 1, &s.Via1Matching: 1, &s.FailureReplyMode: 3, &s.LocalCancelReason: 1, &s.E2ECancelReason: 1,
		&s.Remap503: 1, &s.Code408: 408,
	} {
		v.Set(n)
	}
	s.AutoInv100Reason.Set("trying -- your call is important to us")
	s.Reason408.Set("Request Timeout")
	return s
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
