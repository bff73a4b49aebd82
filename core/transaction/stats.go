// SPDX-License-Identifier: Apache-2.0

package transaction

import "sync/atomic"

const countShards = 16

// counts are the numbers of a shard of the transactions. The shards keep
// workers from pulling one cache line back and forth.
type counts struct {
	created, freed, waiting atomic.Int64
	uas, uac                atomic.Int64
	received, sent, own     atomic.Int64
	byClass                 [7]atomic.Int64
	_                       [64]byte
}

func (l *Layer) count(t *Transaction) *counts { return &l.counts[t.id.Index%countShards] }

// Stats are the numbers of tm.stats.
type Stats struct {
	// Current transactions exist; Waiting ones of them are finished and
	// absorb what comes late.
	Current, Waiting int64
	// Total transactions existed so far, TotalLocal of them were local.
	Total, TotalLocal int64
	// Received, Generated and Sent are replies: from branches, made here, and
	// all that were sent.
	Received, Generated, Sent int64
	// ByClass are finished transactions by the class of their final reply.
	ByClass [7]int64
	// Created and Freed are transactions.
	Created, Freed int64
	// Refused are requests that there was no memory for.
	Refused int64
}

// Stats adds up the numbers.
func (l *Layer) Stats() (s Stats) {
	for i := range l.counts {
		c := &l.counts[i]
		s.Created += c.created.Load()
		s.Freed += c.freed.Load()
		s.Waiting += c.waiting.Load()
		s.Total += c.uas.Load() + c.uac.Load()
		s.TotalLocal += c.uac.Load()
		s.Received += c.received.Load()
		s.Generated += c.own.Load()
		s.Sent += c.sent.Load()
		for j := range c.byClass {
			s.ByClass[j] += c.byClass[j].Load()
		}
	}
	s.Current = s.Created - s.Freed
	s.Refused = l.bound.refused.Load()
	return s
}
