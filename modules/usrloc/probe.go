// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"hash/maphash"
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/module"
)

// Probes makes and reads the From tags of keepalives. A tag names the contact,
// so that nothing need be kept until the answer comes: record unique id, hash of
// the AOR, time of sending, and a code over these that only this value can make.
// Who did not get the keepalive cannot answer for the contact.
type Probes struct{ seed maphash.Seed }

// NewProbes returns Probes with a code of its own.
func NewProbes() Probes { return Probes{maphash.MakeSeed()} }

// Probe is what a From tag says.
type Probe struct {
	RUID string
	// Hash is that of the AOR (Bindings.Hash).
	Hash uint32
	// Sent is in microseconds since the epoch.
	Sent int64
}

func (p Probes) code(text string) uint64 { return maphash.String(p.seed, text) }

// Append appends the tag of a probe.
func (p Probes) Append(dst []byte, t Probe) []byte {
	from := len(dst)
	dst = append(append(dst, t.RUID...), '-')
	dst = append(strconv.AppendUint(dst, uint64(t.Hash), 16), '-')
	dst = strconv.AppendInt(dst, t.Sent, 16)
	code := p.code(string(dst[from:]))
	return strconv.AppendUint(append(dst, '-'), code, 16)
}

// Read reads a tag that Append made.
func (p Probes) Read(text string) (t Probe, ok bool) {
	// The record unique id may have dashes, the other parts have none.
	var number [3]string
	rest := text
	for i := range number {
		dash := strings.LastIndexByte(rest, '-')
		if dash < 0 {
			return t, false
		}
		rest, number[i] = rest[:dash], rest[dash+1:]
	}
	code, err := strconv.ParseUint(number[0], 16, 64)
	if err != nil || code != p.code(text[:len(text)-len(number[0])-1]) {
		return t, false
	}
	if t.Sent, err = strconv.ParseInt(number[1], 16, 64); err != nil {
		return t, false
	}
	hash, err := strconv.ParseUint(number[2], 16, 32)
	t.RUID, t.Hash = rest, uint32(hash)
	return t, err == nil
}

// Answered notes that the contact of a probe has answered at a time, and returns
// how long that took. Contacts that are in the database only keep nothing of it.
func (u *Usrloc) Answered(c *module.Call, p Probe, at time.Time) time.Duration {
	took := max(at.UnixMicro()-p.Sent, 0)
	for _, d := range u.domains {
		if !u.InMemory() {
			break
		}
		v, ok, err := d.VisitRUID(c, p.Hash, p.RUID)
		if !ok || err != nil {
			continue
		}
		b := v.Lock()
		if h := b.MatchRUID(p.RUID); h != 0 {
			b.Answered(h, at.Unix(), uint32(min(took, 1<<32-1)))
		}
		b.Unlock()
		v.Leave()
		break
	}
	return time.Duration(took) * time.Microsecond
}
