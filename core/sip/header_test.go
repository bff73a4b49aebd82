// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"errors"
	"strings"
	"testing"
)

func TestHeaderAccess(t *testing.T) {
	m := mustParse(t, requestWith("X-A: 1\r\nRoute: <sip:r1>\r\nx-a: 2\r\nRoute: <sip:r2>\r\nk: path, gruu\r\nSupported: 100rel\r\n"+
		"Allow: INVITE\r\nAllow: BYE, FOO\r\n"))
	first := m.First(HeaderRoute)
	next := m.Next(HeaderRoute, first)
	if m.Header(first).Value != "<sip:r1>" || m.Header(next).Value != "<sip:r2>" || m.Next(HeaderRoute, next) != -1 || m.Last(HeaderRoute) != next {
		t.Errorf("routes %d, %d", first, next)
	}
	if m.Count(HeaderRoute) != 2 || m.Count(HeaderContact) != 0 || m.HasHeader(HeaderContact) || m.First(HeaderContact) != -1 || m.Last(HeaderContact) != -1 {
		t.Error("counts")
	}
	i := m.FirstNamed("x-a")
	j := m.NextNamed("X-A", i)
	if m.Header(i).Value != "1" || m.Header(j).Value != "2" || m.NextNamed("X-A", j) != -1 || m.ValueNamed("X-B") != "" {
		t.Errorf("named %d, %d", i, j)
	}
	if m.ValueNamed("supported") != "path, gruu" || m.ValueNamed("f") != "<sip:a@x>;tag=1" {
		t.Error("full and compact names must find each other")
	}
	if !m.HasOption(HeaderSupported, "GRUU") || !m.HasOption(HeaderSupported, "100rel") || m.HasOption(HeaderSupported, "pat") {
		t.Error("options")
	}
	if got := m.AllowedMethods(); got != MethodInvite|MethodBye|MethodOther {
		t.Errorf("allowed %v", got)
	}
}

func TestNumbers(t *testing.T) {
	tests := []struct {
		name, lines string
		mf, cl      int
		expires     uint32
		mfErr       error
		clErr       error
		expErr      error
	}{
		{"absent", "", 0, 0, 0, ErrAbsent, ErrAbsent, ErrAbsent},
		{"good", "Max-Forwards: 70\r\nl: 0012\r\nExpires: 3600\r\n", 70, 12, 3600, nil, nil, nil},
		{"limits", "Max-Forwards: 255\r\nl: 4294967295\r\nExpires: 4294967295\r\n", 255, 4294967295, 4294967295, nil, nil, nil},
		{"too great", "Max-Forwards: 4294967296\r\nl: 4294967296\r\nExpires: 99999999999999999999999\r\n", 0, 0, 4294967295, ErrMaxForwards, ErrContentLength, nil},
		{"negative", "Max-Forwards: -1\r\nl: -999\r\nExpires: -5\r\n", 0, 0, 0, ErrMaxForwards, ErrContentLength, ErrExpires},
		{"words", "Max-Forwards: x\r\nl: 1 2\r\nExpires: \r\n", 0, 0, 0, ErrMaxForwards, ErrContentLength, ErrExpires},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustParse(t, requestWith(tt.lines))
			if n, err := m.MaxForwards(); n != tt.mf || !errors.Is(err, tt.mfErr) && err != tt.mfErr {
				t.Errorf("Max-Forwards %d, %v", n, err)
			}
			if n, err := m.ContentLength(); n != tt.cl || err != tt.clErr {
				t.Errorf("Content-Length %d, %v", n, err)
			}
			if n, err := m.Expires(); n != tt.expires || err != tt.expErr {
				t.Errorf("Expires %d, %v", n, err)
			}
		})
	}
}

func TestMissingAndRepeated(t *testing.T) {
	if m := mustParse(t, requestWith("")); m.MissingHeader() != HeaderOther || m.RepeatedHeader() != HeaderOther {
		t.Errorf("a good request lacks %v, repeats %v", m.MissingHeader(), m.RepeatedHeader())
	}
	if m := mustParse(t, "OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\nFrom: x\r\nTo: x\r\nCSeq: 1 OPTIONS\r\n\r\n"); m.MissingHeader() != HeaderCallID {
		t.Errorf("missing %v", m.MissingHeader())
	}
	if m := mustParse(t, requestWith("t: <sip:x@y>\r\n")); m.RepeatedHeader() != HeaderTo {
		t.Errorf("repeated %v", m.RepeatedHeader())
	}
}

func TestDiscardExcess(t *testing.T) {
	tests := []struct {
		lines, body string
		ok          bool
		want        string
	}{
		{"Content-Length: 3\r\n", "abcdef", true, "abc"},
		{"Content-Length: 6\r\n", "abcdef", true, "abcdef"},
		{"Content-Length: 7\r\n", "abcdef", false, "abcdef"},
		{"Content-Length: -7\r\n", "abcdef", false, "abcdef"},
		{"", "abcdef", true, "abcdef"},
	}
	for _, tt := range tests {
		m := mustParse(t, requestWith(tt.lines)+tt.body)
		if ok := m.DiscardExcess(); ok != tt.ok || m.Body() != tt.want {
			t.Errorf("%q: %v, body %q", tt.lines, ok, m.Body())
		}
	}
}

func TestEmptyValueStandsInItsLine(t *testing.T) {
	m := mustParse(t, requestWith("Subject:  \r\nFoo:\r\n"))
	for _, name := range []string{"Subject", "Foo"} {
		h := m.Header(m.FirstNamed(name))
		at := m.Offset(h.Value)
		if h.Value != "" || at >= 0 && at >= h.End-1 {
			t.Errorf("%s: value %q at %d of %d to %d", name, h.Value, at, h.Start, h.End)
		}
		m.Replace(int(m.index[m.FirstNamed(name)].value), int(m.index[m.FirstNamed(name)].valueTo), " x")
	}
	if got := string(AppendEdited(nil, m, nil)); !strings.Contains(got, "Subject: x") || !strings.Contains(got, "Foo: x\r\n") {
		t.Errorf("got:\n%s", got)
	}
}
