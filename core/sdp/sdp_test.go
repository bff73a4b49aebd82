// SPDX-License-Identifier: Apache-2.0

package sdp

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
)

const offer = "v=0\r\no=a 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" +
	"m=audio 49170 RTP/AVP 0  8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n" +
	"m=video 0 RTP/SAVP 99\na=rtpmap:99 H264/90000\n"

func TestParse(t *testing.T) {
	d := Parse(offer, nil)
	if len(d.Media) != 2 || d.Media[0].End != d.Media[1].Start || d.Media[1].End != len(offer) {
		t.Fatalf("media %+v", d.Media)
	}
	if m := d.Media[1]; m.Type != "video" || m.Port != "0" || m.Proto != "RTP/SAVP" || m.Formats != "99" {
		t.Errorf("second media %+v", m)
	}
	var ids []string
	for f := range d.FormatsOf(&d.Media[0]) {
		ids = append(ids, f.ID+"="+d.Codec(&d.Media[0], f.ID))
		if strings.TrimSpace(offer[f.Start:f.End]) != f.ID {
			t.Errorf("format %s is at %q", f.ID, offer[f.Start:f.End])
		}
	}
	if got := strings.Join(ids, " "); got != "0=PCMU 8=PCMA 101=telephone-event" {
		t.Errorf("formats %s", got)
	}
	if !About("a=fmtp:101 0-15", "101") || About("a=fmtp:101 0-15", "10") || About("a=ptime:20", "20") {
		t.Error("attributes of a format are not told from others")
	}
}

func TestFind(t *testing.T) {
	parts := "--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x\r\nContent-type: application/sdp;q=1\r\nX: y\r\n\r\n" + offer + "--x--\r\n"
	for _, tt := range []struct{ kind, body, want string }{
		{"application/sdp", offer, offer},
		{"Application/SDP; charset=x", offer, offer},
		{"text/plain", offer, ""},
		{"application/sdp", "", ""},
		{"multipart/mixed;boundary=x", parts, offer},
		{"multipart/mixed;boundary=\"x\"", parts, offer},
		{"multipart/mixed;boundary=y", parts, ""},
		{"multipart/mixed", parts, ""},
	} {
		m := new(sip.Message)
		text := "INVITE sip:a@b SIP/2.0\r\nContent-Type: " + tt.kind + "\r\n\r\n" + tt.body
		if err := m.Parse([]byte(text)); err != nil {
			t.Fatal(err)
		}
		got := ""
		if start, end, ok := Find(m); ok {
			got = m.Raw()[start:end]
		}
		if got != tt.want {
			t.Errorf("%s: found %q, want %q", tt.kind, got, tt.want)
		}
	}
}

func TestTail(t *testing.T) {
	for _, tt := range []struct{ text, before, lineEnd string }{
		{"", "", "\r\n"},
		{"v=0", "v=0", "\r\n"},
		{"v=0\r\na=x\r\n", "v=0\r\na=x\r\n", "\r\n"},
		{"v=0\r\na=x\r\n\r\n", "v=0\r\na=x\r\n", "\r\n"},
		{"v=0\na=x\n\n\n", "v=0\na=x\n", "\n"},
		{"v=0\na=x", "v=0\na=x", "\n"},
		{"\n\n", "\n\n", "\n"},
	} {
		at, lineEnd := Tail(tt.text)
		if tt.text[:at] != tt.before || lineEnd != tt.lineEnd {
			t.Errorf("%q: behind %q with %q", tt.text, tt.text[:at], lineEnd)
		}
	}
}

// FuzzParse: no text is a fault, media lie one behind the other, and formats are
// where they say.
func FuzzParse(f *testing.F) {
	f.Add(offer)
	f.Add("m=\r\nm= \nm=audio\nm=audio 1 RTP/AVP \n")
	f.Fuzz(func(t *testing.T, text string) {
		d := Parse(text, nil)
		at := len(d.Session())
		for i := range d.Media {
			m := &d.Media[i]
			if m.Start != at || m.LineEnd <= m.Start || m.End < m.LineEnd || m.End > len(text) {
				t.Fatalf("media %d of %q: %+v, want it at %d", i, text, m, at)
			}
			at = m.End
			for f := range d.FormatsOf(m) {
				if f.Start < m.Start || f.End > m.LineEnd || text[f.Start+1:f.End] != f.ID {
					t.Fatalf("format %+v of %q is not there", f, text)
				}
				d.Codec(m, f.ID)
			}
		}
		if at != len(text) {
			t.Fatalf("%q ends at %d", text, at)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	into := make([]Media, 0, 4)
	b.SetBytes(int64(len(offer)))
	b.ReportAllocs()
	for b.Loop() {
		if d := Parse(offer, into); len(d.Media) != 2 {
			b.Fatal("media are missing")
		}
	}
}
