// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// headerRange is where the first header with this name stands.
func headerRange(t *testing.T, m *Message, name string) (start, end int) {
	t.Helper()
	i := m.FirstNamed(name)
	if i < 0 {
		t.Fatalf("no %s", name)
	}
	h := m.Header(i)
	return h.Start, h.End
}

// TestEdits: what comes out was seen to be the same from Kamailio 5.6.3 where a comment names its functions.
func TestEdits(t *testing.T) {
	const text = "OPTIONS sip:x SIP/2.0\r\nVia: v\r\nCall-ID: c\r\nCSeq: 5 OPTIONS\r\nSubject: s\r\nContent-Length: 5\r\n\r\nv=0\r\n"
	tests := []struct {
		name string
		edit func(t *testing.T, m *Message)
		want string
	}{
		{"append_hf twice, insert_hf twice, remove_hf", func(t *testing.T, m *Message) {
			m.AppendHeader("A1: 1\r\n")
			m.AppendHeader("A2: 2\r\n")
			m.PrependHeader("I1: 1\r\n")
			m.PrependHeader("I2: 2\r\n")
			m.DeleteHeader(m.FirstNamed("Subject"))
		}, "OPTIONS sip:x SIP/2.0\r\nI1: 1\r\nI2: 2\r\nVia: v\r\nCall-ID: c\r\nCSeq: 5 OPTIONS\r\nContent-Length: 5\r\nA1: 1\r\nA2: 2\r\n\r\nv=0\r\n"},
		{"append_hf and insert_hf beside a header that goes", func(t *testing.T, m *Message) {
			start, end := headerRange(t, m, "Call-ID")
			m.Insert(end, After, "A1: 1\r\n")
			m.Insert(end, After, "A2: 2\r\n")
			m.Insert(start, After, "I1: 1\r\n")
			m.Insert(start, After, "I2: 2\r\n")
			m.Delete(start, end)
			m.Insert(end, After, "Call-ID: zz\r\n")
		}, "OPTIONS sip:x SIP/2.0\r\nVia: v\r\nI1: 1\r\nI2: 2\r\nA1: 1\r\nA2: 2\r\nCall-ID: zz\r\nCSeq: 5 OPTIONS\r\nSubject: s\r\nContent-Length: 5\r\n\r\nv=0\r\n"},
		{"the same range replaced twice prints both", func(t *testing.T, m *Message) {
			at := m.Offset(m.ValueNamed("Subject"))
			m.Replace(at, at+1, "aa")
			m.Replace(at, at+1, "bb")
		}, strings.Replace(text, "Subject: s", "Subject: aabb", 1)},
		{"a second body takes the place of the first", func(t *testing.T, m *Message) {
			m.Replace(m.BodyStart(), m.BodyStart()+1, "zz")
			m.SetBody("first")
			m.SetBody("2nd")
		}, strings.Replace(strings.Replace(text, "v=0\r\n", "2nd", 1), "Length: 5", "Length: 3", 1)},
		{"before goes in front", func(t *testing.T, m *Message) {
			m.Insert(m.FirstLineEnd(), After, "1: a\r\n")
			m.Insert(m.FirstLineEnd(), Before, "2: b\r\n")
			m.Insert(m.FirstLineEnd(), Before, "3: c\r\n")
			m.Insert(m.FirstLineEnd(), After, "4: d\r\n")
		}, strings.Replace(text, "Via: v", "3: c\r\n2: b\r\n1: a\r\n4: d\r\nVia: v", 1)},
		{"overlapping cuts", func(t *testing.T, m *Message) {
			start, end := headerRange(t, m, "Call-ID")
			_, last := headerRange(t, m, "CSeq")
			m.Delete(start, end)
			m.Delete(start, end)
			m.Delete(start+3, last)
			m.Delete(start, end)
		}, strings.Replace(text, "Call-ID: c\r\nCSeq: 5 OPTIONS\r\n", "", 1)},
		{"insertion within a cut is kept", func(t *testing.T, m *Message) {
			start, end := headerRange(t, m, "Call-ID")
			m.Insert(start+3, After, "X: y\r\n")
			m.Delete(start, end)
		}, strings.Replace(text, "Call-ID: c\r\n", "X: y\r\n", 1)},
		{"text by function", func(t *testing.T, m *Message) {
			m.InsertFunc(m.FirstLineEnd(), After, func(dst []byte, o *Outgoing) []byte { return append(append(dst, o.Host...), ": 1\r\n"...) })
		}, strings.Replace(text, "Via: v", "here: 1\r\nVia: v", 1)},
		{"subst_body corrects Content-Length", func(t *testing.T, m *Message) {
			at := m.BodyStart() + 2
			m.Replace(at, at+1, "99")
		}, "OPTIONS sip:x SIP/2.0\r\nVia: v\r\nCall-ID: c\r\nCSeq: 5 OPTIONS\r\nSubject: s\r\nContent-Length: 6\r\n\r\nv=99\r\n"},
		{"a longer body", func(t *testing.T, m *Message) { m.SetBody("hello, world") },
			"OPTIONS sip:x SIP/2.0\r\nVia: v\r\nCall-ID: c\r\nCSeq: 5 OPTIONS\r\nSubject: s\r\nContent-Length: 12\r\n\r\nhello, world"},
		{"body by function", func(t *testing.T, m *Message) {
			m.SetBody("")
			m.InsertFunc(m.BodyStart(), After, func(dst []byte, o *Outgoing) []byte { return append(dst, o.Host...) })
		}, "OPTIONS sip:x SIP/2.0\r\nVia: v\r\nCall-ID: c\r\nCSeq: 5 OPTIONS\r\nSubject: s\r\nContent-Length: 4\r\n\r\nhere"},
		{"Content-Length that the script removed stays away from a datagram", func(t *testing.T, m *Message) {
			m.DeleteHeader(m.First(HeaderContentLength))
			m.SetBody("x")
		}, "OPTIONS sip:x SIP/2.0\r\nVia: v\r\nCall-ID: c\r\nCSeq: 5 OPTIONS\r\nSubject: s\r\n\r\nx"},
		{"reset to a mark", func(t *testing.T, m *Message) {
			m.AppendHeader("A: 1\r\n")
			mark := m.EditMark()
			m.PrependHeader("B: 1\r\n")
			m.DeleteHeader(0)
			m.EditReset(mark)
			m.AppendHeader("C: 1\r\n")
		}, strings.Replace(text, "\r\n\r\n", "\r\nA: 1\r\nC: 1\r\n\r\n", 1)},
		{"status of a request does not change", func(t *testing.T, m *Message) { m.SetStatus(200, "OK") }, text},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustParse(t, text)
			tt.edit(t, m)
			if got := string(AppendEdited(nil, m, &Outgoing{Host: "here"})); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
			if m.Raw() != text {
				t.Error("the message itself changed")
			}
		})
	}
}

func TestDeleteListValue(t *testing.T) {
	tests := []struct {
		name, line string
		cut        []int
		want       string
	}{
		{"only", "Route: <sip:a>\r\n", []int{0}, ""},
		{"first", "Route: <sip:a>, <sip:b>\r\n", []int{0}, "Route: <sip:b>\r\n"},
		{"middle", "Route: <sip:a>,<sip:b> ,<sip:c>\r\n", []int{1}, "Route: <sip:a>,<sip:c>\r\n"},
		{"last", "Route: <sip:a>, <sip:b>\r\n", []int{1}, "Route: <sip:a>\r\n"},
		{"all one by one", "Route: <sip:a>, <sip:b>\r\n", []int{0, 1}, ""},
		{"twice the same", "Route: <sip:a>, <sip:b>\r\n", []int{0, 0}, "Route: <sip:b>\r\n"},
		{"first two of three", "Route: <sip:a>, <sip:b>, <sip:c>\r\n", []int{0, 1}, "Route: <sip:c>\r\n"},
		{"last two backwards", "Route: <sip:a>, <sip:b>, <sip:c>\r\n", []int{2, 1}, "Route: <sip:a>\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustParse(t, requestWith(tt.line))
			routes, err := m.Routes()
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range tt.cut {
				m.DeleteListValue(routes[i].Header, routes[i].Raw)
			}
			if got := string(AppendEdited(nil, m, nil)); got != requestWith(tt.want) {
				t.Errorf("got:\n%s", got)
			}
		})
	}
}

func TestCloneEdits(t *testing.T) {
	m := mustParse(t, requestWith("A: 1\r\n"))
	m.AppendHeader("B: 2\r\n")
	var branch Edits
	m.CloneEdits(&branch)
	branch.Insert(m.HeadersEnd(), After, "C: 3\r\n")
	m.AppendHeader("D: 4\r\n")
	if got := string(AppendEdited(nil, m, &Outgoing{Edits: &branch})); !strings.Contains(got, "B: 2\r\nC: 3\r\n\r\n") {
		t.Errorf("branch:\n%s", got)
	}
	if got := string(AppendEdited(nil, m, nil)); !strings.Contains(got, "B: 2\r\nD: 4\r\n\r\n") {
		t.Errorf("message:\n%s", got)
	}
}

// TestEditsAgainstSimple compares the ordered walk with the plain form: every byte knows whether it is cut, every gap what is put there.
func TestEditsAgainstSimple(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	text := requestWith("A: 1\r\nB: 2\r\n")
	for range 2000 {
		m := mustParse(t, text)
		cut := make([]bool, len(text))
		gaps := make([]string, len(text)+1)
		for range rnd.IntN(8) {
			at := rnd.IntN(m.BodyStart())
			s := string(rune('0' + rnd.IntN(10)))
			switch rnd.IntN(3) {
			case 0:
				end := min(at+rnd.IntN(30), len(text))
				m.Delete(at, end)
				for i := at; i < end; i++ {
					cut[i] = true
				}
			case 1:
				m.Insert(at, Before, s)
				gaps[at] = s + gaps[at]
			default:
				m.Insert(at, After, s)
				gaps[at] += s
			}
		}
		var want strings.Builder
		for i := range gaps {
			want.WriteString(gaps[i])
			if i < len(text) && !cut[i] {
				want.WriteByte(text[i])
			}
		}
		if got := string(AppendEdited(nil, m, nil)); got != want.String() {
			t.Fatalf("got:\n%s\nwant:\n%s", got, want.String())
		}
	}
}
