// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
)

func TestBranchID(t *testing.T) {
	l := &Layer{opt: Options{Secret: 7}}
	for _, id := range []ID{{0, 0}, {1, 2}, {0xffffffff, 0xffffffff}, {0x10, 0xabc}} {
		for _, branch := range []int{0, 1, 15, 16, 31} {
			text := string(l.appendBranchID(nil, id, branch))
			got, n, ok := l.parseBranchID(text)
			if !ok || got != id || n != branch {
				t.Errorf("%s parses to %v %d %v, want %v %d", text, got, n, ok, id, branch)
			}
		}
	}
}

func FuzzBranchID(f *testing.F) {
	l := &Layer{opt: Options{Secret: 7}}
	f.Add("z9hG4bK0.0123456789abcdef.0")
	f.Add(string(l.appendBranchID(nil, ID{12, 34}, 5)))
	f.Fuzz(func(t *testing.T, s string) {
		id, n, ok := l.parseBranchID(s)
		if !ok {
			return
		}
		again, m, ok := l.parseBranchID(string(l.appendBranchID(nil, id, n)))
		if !ok || again != id || m != n {
			t.Errorf("%q: %v %d, then %v %d %v", s, id, n, again, m, ok)
		}
	})
}

func TestStatelessBranch(t *testing.T) {
	w := newWorld(t)
	branch := func(text string) string {
		r := w.received(alice, w.udp, text)
		defer w.done(r)
		return string(w.layer.StatelessBranch(nil, r.Msg))
	}
	first := branch(invite)
	if first != branch(invite) {
		t.Error("a retransmission has another branch")
	}
	if first != branch(cancel) {
		t.Error("the CANCEL has another branch than its INVITE")
	}
	if first == branch(strings.Replace(invite, "z9hG4bKi1", "z9hG4bKi2", 1)) {
		t.Error("another request has the same branch")
	}
	if _, _, ok := w.layer.parseBranchID(first); ok {
		t.Errorf("%s is taken for the branch of a transaction", first)
	}
	if !strings.HasPrefix(first, sip.MagicCookie) {
		t.Errorf("%s has no magic cookie", first)
	}
}

func TestTags(t *testing.T) {
	w := newWorld(t)
	r := w.received(alice, w.udp, invite)
	defer w.done(r)
	tag := string(w.layer.AppendStatelessTag(nil, r.Msg))
	if !w.layer.IsStatelessTag(tag) {
		t.Errorf("%s is not known", tag)
	}
	for _, other := range []string{"", "x", string(w.layer.AppendStatefulTag(nil, r.Msg)), "0" + tag[1:], tag + "0"} {
		if w.layer.IsStatelessTag(other) && other != tag {
			t.Errorf("%q is taken for a tag of ours", other)
		}
	}
}
