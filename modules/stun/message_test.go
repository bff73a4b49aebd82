// SPDX-License-Identifier: Apache-2.0

package stun

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/transport"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The transaction ID and the addresses are those of RFC 5769.
const (
	id = "2112a442 b7e7a701 bc34d686 fa87dfae"
	// sample is the request of RFC 5769 2.1: with PRIORITY, which is ICE's.
	sample = "00010058" + id + "802200105354554e207465737420636c69656e74" + "002400046e0001ff" + "80290008932ff9b151263b36" +
		"000600096576746a3a68367659202020" + "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2" + "80280004e57a3bcf"
)

func newSTUN(t *testing.T) *STUN {
	t.Helper()
	s := new(STUN)
	if err := counter.New().Declare("stun", s.Exports().Counters...); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestProbe(t *testing.T) {
	v4, v6 := netip.MustParseAddrPort("192.0.2.1:32853"), netip.MustParseAddrPort("[2001:db8:1234:5678:11:2233:4455:6677]:32853")
	for _, row := range []struct {
		name, data, want string
		src              netip.AddrPort
	}{
		{"IPv4", "0001 0000" + id, "0101 000c" + id + "0020 0008 0001 a147 e112a643", v4},
		{"IPv4 in IPv6", "0001 0000" + id, "0101 000c" + id + "0020 0008 0001 a147 e112a643", netip.MustParseAddrPort("[::ffff:192.0.2.1]:32853")},
		{"IPv6", "0001 0000" + id, "0101 0018" + id + "0020 0014 0002 a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9", v6},
		{"RFC 3489", "0001 0000 00000000 b7e7a701 bc34d686 fa87dfae", "0101 000c 00000000 b7e7a701 bc34d686 fa87dfae 0001 0008 0001 8055 c0000201", v4},
		{"software, which is optional", "0001 0008" + id + "8022 0003 61626320", "0101 000c" + id + "0020 0008 0001 a147 e112a643", v4},
		{"credentials", "0001 0008" + id + "0006 0003 61626320", "0101 000c" + id + "0020 0008 0001 a147 e112a643", v4},
		{"fingerprint", "0001 0008" + id + "8028 0004 21b03c2a", "", v4},
		{"an attribute of ICE", sample, "0111 002c" + id + "0009 0015 00000414 556e6b6e6f776e20417474726962757465 000000" + "000a 0002 0024 0000 8028 0004", v4},
		{"no change", "0001 0008" + id + "0003 0004 00000000", "0101 000c" + id + "0020 0008 0001 a147 e112a643", v4},
		{"another address and port, which the server does not have", "0001 0008" + id + "0003 0004 00000006", "0101 000c" + id + "0020 0008 0001 a147 e112a643", v4},
		{"RFC 3489, another address and port", "0001 0008 00000000 b7e7a701 bc34d686 fa87dfae 0003 0004 00000006", "0101 000c 00000000 b7e7a701 bc34d686 fa87dfae 0001 0008 0001 8055 c0000201", v4},
		{"RFC 3489, an answer to another address", "0001 000c 00000000 b7e7a701 bc34d686 fa87dfae 0002 0008 0001 1000 c0000202", "0101 000c 00000000 b7e7a701 bc34d686 fa87dfae 0001 0008 0001 8055 c0000201", v4},
		{"what answers of RFC 3489 have", "0001 0024" + id + "0004 0008 0001 1000 c0000202 0005 0008 0001 1000 c0000202 000b 0008 0001 1000 c0000202", "0101 000c" + id + "0020 0008 0001 a147 e112a643", v4},
		{"a realm that is filled up", "0001 0008" + id + "0014 0003 61626300", "0101 000c" + id + "0020 0008 0001 a147 e112a643", v4},
		{"a password", "0001 0008" + id + "0007 0004 61626364", "0111 0024" + id + "0009 0015 00000414 556e6b6e6f776e20417474726962757465 000000" + "000a 0002 0007 0000", v4},
		{"an indication", "0011 0000" + id, "", v4},
		{"a success", "0101 0000" + id, "", v4},
		{"another method", "0003 0000" + id, "", v4},
		{"too short", "0001 0000 2112a442", "", v4},
		{"a length too large", "0001 0004" + id, "", v4},
		{"a length too small", "0001 0000" + id + "00000000", "", v4},
		{"no multiple of four", "0001 0001" + id + "00", "", v4},
		{"an attribute cut short", "0001 0004" + id + "8022 0004", "", v4},
		{"an attribute that is longer than all", "0001 0008" + id + "8022 ffff 00000000", "", v4},
		{"behind the fingerprint", sample + "80220000", "", v4},
	} {
		s := newSTUN(t)
		got := s.Probe(nil, unhex(t, row.data), row.src, transport.UDP)
		want := unhex(t, row.want)
		if row.name == "an attribute of ICE" && len(got) == len(want)+4 {
			got = got[:len(want)] // without the sum itself, which parse looks at below
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: got\n%x, want\n%x", row.name, got, want)
		}
		if n := s.answered.Value() + s.refused.Value(); (n == 1) != (row.want != "") {
			t.Errorf("%s: %d are counted as answered", row.name, n)
		}
		if row.want == "" && s.dropped.Value()+s.indications.Value() != 1 {
			t.Errorf("%s: it is not counted", row.name)
		}
	}
}

// TestFingerprint: the answer to a request with a fingerprint has one, which holds.
func TestFingerprint(t *testing.T) {
	data := unhex(t, sample)
	var r request
	if r.parse(data) != isRequest || !r.fingerprinted {
		t.Fatal("the request of RFC 5769 is none")
	}
	r.unknown = 0
	answer := r.appendSuccess([]byte("before"), netip.MustParseAddrPort("192.0.2.1:1"), "kahea")[len("before"):]
	answer[0], answer[1] = 0, 1 // so that it is read as a request
	if r = (request{}); r.parse(answer) != isNothing {
		t.Error("a changed answer keeps its fingerprint")
	}
	answer[0], answer[1] = 1, 1
	r = request{}
	r.parse(answer)
	if !r.fingerprinted {
		t.Error("the answer has no fingerprint that holds")
	}
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 1
		if at := len(data) - 8; i >= at && i < at+2 {
			continue // another attribute
		}
		if r = (request{}); r.parse(bad) != isNothing && (i < 4 || i > 7) {
			t.Errorf("byte %d changed: the fingerprint holds", i)
		}
	}
}

func FuzzProbe(f *testing.F) {
	for _, text := range []string{"0001 0000" + id, sample, "0001 0008" + id + "0003 0004 00000006", "0011 0000" + id} {
		f.Add(unhex(f, text))
	}
	src := netip.MustParseAddrPort("[2001:db8::1]:5060")
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		answer := (&STUN{software: "kahea"}).Probe(nil, data, src, transport.UDP)
		if !bytes.Equal(before, data) {
			t.Fatal("the packet is changed")
		}
		if len(answer) == 0 {
			return
		}
		if len(answer) > 128 || len(answer)%4 != 0 || !bytes.Equal(answer[4:20], data[4:20]) {
			t.Errorf("%x is answered with %x", data, answer)
		}
		var r request
		if r.parse(answer) != isNothing {
			t.Errorf("%x is answered with a request: %x", data, answer)
		}
	})
}

func TestProbeDoesNotAllocate(t *testing.T) {
	s, data, src, dst := new(STUN), unhex(t, "0001 0000"+id), netip.MustParseAddrPort("192.0.2.1:1"), make([]byte, 0, 128)
	if n := testing.AllocsPerRun(100, func() { dst = s.Probe(dst[:0], data, src, transport.UDP) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
