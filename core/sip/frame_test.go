// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"errors"
	"strings"
	"testing"
)

type frame struct {
	n    int
	kind FrameKind
}

// frames feeds text in steps of n bytes and collects what comes out.
func frames(f *Framer, text string, step int) (out []frame, err error) {
	var buf []byte
	for len(text) > 0 {
		n := min(step, len(text))
		buf, text = append(buf, text[:n]...), text[n:]
		for {
			n, kind, err := f.Next(buf)
			if err != nil {
				return out, err
			}
			if kind == FrameIncomplete {
				break
			}
			out = append(out, frame{n, kind})
			buf = buf[n:]
		}
	}
	return out, nil
}

// TestContinue: who waits for 100 Continue is told so once, and only before the body.
func TestContinue(t *testing.T) {
	const line, expect, length = "POST /a HTTP/1.1\r\n", "Expect: 100-continue\r\n", "Content-Length: 3\r\n"
	for _, tt := range []struct {
		name, text string
		want       int
	}{
		{"asked", line + expect + length + "\r\n", 1},
		{"asked in other letters", line + "eXPECT : 100-Continue \r\n" + length + "\r\n", 1},
		{"asked behind the length", line + length + expect + "\r\n", 1},
		{"asked twice", line + expect + length + expect + "\r\n", 1},
		{"a part of the body", line + expect + length + "\r\nab", 1},
		{"the next one does not ask", line + expect + length + "\r\nabc" + line + length + "\r\n", 1},
		{"the next one asks", line + expect + length + "\r\nabc" + line + expect + length + "\r\n", 2},
		{"headers without end", line + expect + length, 0},
		{"no body", line + expect + "\r\n", 0},
		{"not asked", line + length + "\r\n", 0},
		{"something else", line + "Expect: 200-ok\r\nExpected: 100-continue\r\n" + length + "\r\n", 0},
		{"HTTP/1.0", "POST /a HTTP/1.0\r\n" + expect + length + "\r\n", 0},
		{"an answer", "HTTP/1.1 200 OK\r\n" + expect + length + "\r\n", 0},
		{"SIP", "OPTIONS sip:a SIP/2.0\r\n" + expect + length + "\r\n", 0},
		{"over the limit", line + expect + "Content-Length: 30\r\n\r\n", 0},
	} {
		f := Framer{MaxBody: 10}
		var buf []byte
		got := 0
		for _, b := range []byte(tt.text) {
			buf = append(buf, b)
			n, _, _ := f.Next(buf)
			buf = buf[n:]
			if f.Continue() {
				got++
			}
		}
		if got != tt.want {
			t.Errorf("%s: told %d times, want %d", tt.name, got, tt.want)
		}
	}
	var f Framer
	whole := line + expect + length + "\r\nabc"
	if n, kind, err := f.Next([]byte(whole)); n != len(whole) || kind != FrameMessage || err != nil || f.Continue() {
		t.Errorf("a whole request: %d %v %v", n, kind, err)
	}
}

func TestFramer(t *testing.T) {
	const head = "OPTIONS sip:a SIP/2.0\r\n"
	msg := head + "Content-Length: 4\r\n\r\nbody"
	lf := "OPTIONS sip:a SIP/2.0\nl : 4\n\nbody"
	folded := head + "Content-Length:\r\n 4\r\n\r\nbody"
	twice := head + "l: 0\r\nContent-Length: 00\r\n\r\n"
	http := "POST /RPC HTTP/1.1\r\nHost: x\r\n\r\n"
	tests := []struct {
		name, text string
		f          Framer
		want       []frame
		err        error
	}{
		{"one", msg, Framer{}, []frame{{len(msg), FrameMessage}}, nil},
		{"two", msg + lf, Framer{}, []frame{{len(msg), FrameMessage}, {len(lf), FrameMessage}}, nil},
		{"folded length", folded, Framer{}, []frame{{len(folded), FrameMessage}}, nil},
		{"pings", "\r\n\r\n" + msg + "\r\n\r\n\r\n", Framer{}, []frame{{2, FramePong}, {2, FramePing}, {len(msg), FrameMessage}, {2, FramePong}, {2, FramePing}, {2, FramePong}}, nil},
		{"line ends between", "\r\n" + msg + "\n\r" + msg, Framer{}, []frame{{2, FramePong}, {len(msg), FrameMessage}, {1, FramePong}, {1, FramePong}, {len(msg), FrameMessage}}, nil},
		{"incomplete", msg[:len(msg)-1], Framer{}, nil, nil},
		{"http without length", http + msg, Framer{}, []frame{{len(http), FrameMessage}, {len(msg), FrameMessage}}, nil},
		{"length twice the same", twice, Framer{}, []frame{{len(twice), FrameMessage}}, nil},
		{"no length allowed", head + "\r\n", Framer{NoContentLength: true}, []frame{{len(head) + 2, FrameMessage}}, nil},
		{"limits reached", msg, Framer{MaxHeader: len(msg) - 4, MaxBody: 4, MaxMessage: len(msg)}, []frame{{len(msg), FrameMessage}}, nil},

		{"no length", head + "\r\n", Framer{}, nil, ErrNoLength},
		{"http in the uri only", "OPTIONS sip:HTTP/1.1@a SIP/2.0\r\n\r\n", Framer{}, nil, ErrNoLength},
		{"negative", head + "Content-Length: -1\r\n\r\n", Framer{}, nil, ErrContentLength},
		{"word", head + "l: x\r\n\r\n", Framer{}, nil, ErrContentLength},
		{"two lengths", head + "l: 1\r\nContent-Length: 2\r\n\r\nab", Framer{}, nil, ErrContentLength},
		{"empty length", head + "l:\r\nA: b\r\n\r\n", Framer{}, nil, ErrContentLength},
		{"empty length at the end", head + "l:\r\n\r\n", Framer{}, nil, ErrContentLength},
		{"absurd", head + "l: 99999999999999999999999\r\n\r\n", Framer{}, nil, ErrTooLarge},
		{"body over the limit", msg, Framer{MaxBody: 3}, nil, ErrTooLarge},
		{"header and body over the limit", msg, Framer{MaxMessage: len(msg) - 1}, nil, ErrTooLarge},
		{"http line without end", "GET /" + strings.Repeat("x", DefaultMaxHeader), Framer{}, nil, ErrURITooLong},
		{"http line over the limit", "GET http://a/x HTTP/1.1\r\n\r\n", Framer{MaxHeader: 20}, nil, ErrURITooLong},
		{"sip line over the limit", "OPTIONS sip:/a SIP/2.0\r\n\r\n", Framer{MaxHeader: 20}, nil, ErrTooLarge},
		{"header over the limit", msg, Framer{MaxHeader: len(msg) - 5}, nil, ErrTooLarge},
		{"line without end", strings.Repeat("x", DefaultMaxHeader+2), Framer{}, nil, ErrTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, step := range []int{1, 3, 1 << 20} {
				if step == 1 && len(tt.text) > 1000 {
					continue
				}
				f := tt.f
				got, err := frames(&f, tt.text, step)
				if !errors.Is(err, tt.err) && err != tt.err {
					t.Fatalf("steps of %d: err %v, want %v", step, err, tt.err)
				}
				if len(got) != len(tt.want) {
					t.Fatalf("steps of %d: got %v, want %v", step, got, tt.want)
				}
				for i := range got {
					if got[i] != tt.want[i] {
						t.Errorf("steps of %d: got %v, want %v", step, got, tt.want)
					}
				}
			}
		})
	}
}

// Headers that are whole can be answered although the stream is lost.
func TestFramerHandsBadHeadersOn(t *testing.T) {
	const bad = "OPTIONS sip:a SIP/2.0\r\nl: -1\r\nA: b\r\n\r\n"
	for _, tt := range []struct {
		name, text string
		n          int
	}{
		{"whole headers", bad + "rest", len(bad)},
		{"too long a header", "OPTIONS sip:a SIP/2.0\r\nA: " + strings.Repeat("b", 2*DefaultMaxHeader), 0},
	} {
		n, kind, err := new(Framer).Next([]byte(tt.text))
		if n != tt.n || kind != FrameIncomplete || err == nil {
			t.Errorf("%s: %d, %v, %v", tt.name, n, kind, err)
		}
	}
}

func TestFramerNeed(t *testing.T) {
	var f Framer
	f.Next([]byte("OPTIONS sip:a SIP/2.0\r\nl: 100\r\n\r\n"))
	if f.Need() != 133 {
		t.Errorf("needs %d", f.Need())
	}
}

func FuzzFramer(f *testing.F) {
	f.Add([]byte("OPTIONS sip:a SIP/2.0\r\nl: 4\r\n\r\nbody\r\n\r\n"), 3)
	f.Add([]byte("A\r\nContent-Length:\r\n 4\r\n\r\n"), 1)
	f.Fuzz(func(t *testing.T, data []byte, step int) {
		if step < 1 || step > 1000 {
			return
		}
		whole, err1 := frames(new(Framer), string(data), len(data)+1)
		parts, err2 := frames(new(Framer), string(data), step)
		if (err1 == nil) != (err2 == nil) || len(whole) != len(parts) {
			t.Fatalf("whole %v, %v; parts %v, %v", whole, err1, parts, err2)
		}
		for i := range whole {
			if whole[i] != parts[i] {
				t.Fatalf("whole %v, parts %v", whole, parts)
			}
		}
	})
}
