// SPDX-License-Identifier: Apache-2.0

package hep

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func sample() Packet {
	return Packet{Proto: UDP, Src: netip.MustParseAddrPort("127.0.0.1:17176"), Dst: netip.MustParseAddrPort("127.0.0.1:17171"),
		Time: time.Unix(0x6b0bf188, 0x9b505*1000), CaptureID: 234, Kind: SIP, Payload: []byte("OPTIONS")}
}

// The texts are what Kamailio's siptrace sends for such a message.
func TestAppend(t *testing.T) {
	full := sample()
	full.AuthKey, full.CorrelationID = "sesame", "c-t-abc"
	v6 := sample()
	v6.Proto = TCP
	v6.Src, v6.Dst = netip.MustParseAddrPort("[::1]:5060"), netip.MustParseAddrPort("[2001:db8::2]:5061")
	short := sample()
	short.Time = time.Unix(0x6b0bf1b4, 0xe053*1000)
	for _, row := range []struct {
		name string
		v    Version
		p    Packet
		want string
	}{
		{"version 1", V1, sample(), "01100211431843137f0000017f000001" + hex.EncodeToString([]byte("OPTIONS"))},
		{"version 2", V2, short, "02100211431843137f0000017f000001" + "b4f10b6b53e00000ea000000" + hex.EncodeToString([]byte("OPTIONS"))},
		{"version 1, IPv6", V1, v6, "01280a0613c413c500000000000000000000000000000001" + "20010db8000000000000000000000002" + hex.EncodeToString([]byte("OPTIONS"))},
		{"version 3", V3, full, hex.EncodeToString([]byte("HEP3")) + "0083" + "00000001000702" + "00000002000711" + "00000003000a7f000001" + "00000004000a7f000001" +
			"0000000700084318" + "0000000800084313" + "00000009000a6b0bf188" + "0000000a000a0009b505" + "0000000b000701" + "0000000c000a000000ea" +
			"00000011000d" + hex.EncodeToString([]byte("c-t-abc")) + "0000000e000c" + hex.EncodeToString([]byte("sesame")) + "0000000f000d" + hex.EncodeToString([]byte("OPTIONS"))},
	} {
		b, err := Append(nil, row.v, &row.p)
		if got := hex.EncodeToString(b); err != nil || got != row.want {
			t.Errorf("%s: got\n%s, %v, want\n%s", row.name, got, err, row.want)
		}
		v, p, err := Parse(b)
		want := row.p
		if row.v == V1 {
			want.Time, want.CaptureID = time.Time{}, 0
		}
		if err != nil || v != row.v || !reflect.DeepEqual(p, want) {
			t.Errorf("%s: read as %d, %+v, %v", row.name, v, p, err)
		}
	}
}

func TestAppendErrors(t *testing.T) {
	p := sample()
	p.Dst = netip.MustParseAddrPort("[::1]:5060")
	if b, err := Append([]byte("x"), V3, &p); err != errFamily || string(b) != "x" {
		t.Errorf("two families: got %q, %v", b, err)
	}
	p = sample()
	p.Payload = []byte(strings.Repeat("x", 1<<16))
	if b, err := Append([]byte("x"), V3, &p); err != errSize || string(b) != "x" {
		t.Errorf("too large: got %d bytes, %v", len(b), err)
	}
	if _, err := Append(nil, 4, &p); err != errVersion {
		t.Errorf("version 4: got %v", err)
	}
}

func TestParseErrors(t *testing.T) {
	for name, row := range map[string]struct {
		data string
		want error
	}{
		"nothing":          {"", errShort},
		"another":          {"OPTIONS sip:", errVersion},
		"length":           {"HEP3\x00\xff", errShort},
		"chunk too long":   {"HEP3\x00\x0d\x00\x00\x00\x01\x00\x08\x02", errShort},
		"chunk too short":  {"HEP3\x00\x0d\x00\x00\x00\x01\x00\x05\x02", errShort},
		"half a chunk":     {"HEP3\x00\x08\x00\x00", errShort},
		"no addresses":     {"HEP3\x00\x06", errFamily},
		"old, family":      {"\x01\x10\x09\x11ppPPssssdddd", errFamily},
		"old, length":      {"\x01\x11\x02\x11ppPPssssdddd", errShort},
		"old, cut":         {"\x01\x10\x02\x11ppPPssssddd", errShort},
		"version 2, cut":   {"\x02\x10\x02\x11ppPPssssdddd", errShort},
		"version 2, clock": {"\x02\x10\x02\x11ppPPssssdddd\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00", errTime},
	} {
		if _, _, err := Parse([]byte(row.data)); err != row.want {
			t.Errorf("%s: got %v, want %v", name, err, row.want)
		}
	}
}

// FuzzParse: no bytes do harm, and what is read is written so that it is read
// the same.
func FuzzParse(f *testing.F) {
	p := sample()
	p.AuthKey, p.CorrelationID = "k", "c"
	for v := V1; v <= V3; v++ {
		b, _ := Append(nil, v, &p)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, p, err := Parse(data)
		if err != nil {
			return
		}
		b, err := Append(nil, v, &p)
		if err != nil {
			if err == errSize {
				return
			}
			t.Fatalf("%+v: %v", p, err)
		}
		v2, again, err := Parse(b)
		if err != nil || v2 != v || !bytes.Equal(again.Payload, p.Payload) {
			t.Fatalf("read again: %d, %+v, %v", v2, again, err)
		}
		p.Payload, again.Payload = nil, nil
		if !reflect.DeepEqual(p, again) {
			t.Errorf("got %+v, want %+v", again, p)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	p := sample()
	buf := make([]byte, 0, 1500)
	b.ReportAllocs()
	for b.Loop() {
		if out, err := Append(buf, V3, &p); err != nil || len(out) == 0 {
			b.Fatal(err)
		}
	}
}
