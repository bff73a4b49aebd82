// SPDX-License-Identifier: Apache-2.0

// Package sdp finds its way in session descriptions (RFC 8866) without changing a byte.
//
// A description is looked at as lines; what it is made of are places in the text,
// so that an editor can cut and insert and leave all the rest as it came: unknown
// lines, odd spaces, line ends of any kind.
package sdp

import (
	"iter"
	"strings"
)

// Description is a session description.
type Description struct {
	// Text is the description as it came.
	Text string
	// Media are its media descriptions, in order.
	Media []Media
}

// Media is a media description: a line m= and what follows up to the next one.
type Media struct {
	// Start and End are its place in Text. LineEnd is where its first line
	// ends, line end included.
	Start, LineEnd, End int
	// Type, Port, Proto and Formats are the fields of the line m=: "audio",
	// "49170" or "49170/2", "RTP/AVP", "0 8 101".
	Type, Port, Proto, Formats string
}

// Parse finds the media descriptions of a text; into is memory to use again.
func Parse(text string, into []Media) Description {
	d := Description{Text: text, Media: into[:0]}
	for l := range Lines(text) {
		if !strings.HasPrefix(l.Text, "m=") {
			continue
		}
		if n := len(d.Media); n > 0 {
			d.Media[n-1].End = l.Start
		}
		m := Media{Start: l.Start, LineEnd: l.End, End: len(text)}
		rest := l.Text[2:]
		m.Type, rest = word(rest)
		m.Port, rest = word(rest)
		m.Proto, m.Formats = word(rest)
		d.Media = append(d.Media, m)
	}
	return d
}

// word takes a field off the front; the rest begins with the next one.
func word(s string) (first, rest string) {
	first, rest, _ = strings.Cut(s, " ")
	return first, strings.TrimLeft(rest, " ")
}

// Session is the part in front of the media descriptions.
func (d *Description) Session() string {
	if len(d.Media) == 0 {
		return d.Text
	}
	return d.Text[:d.Media[0].Start]
}

// Line is a line of a text: without its line end, and its place with it.
type Line struct {
	Text       string
	Start, End int
}

// Lines yields the lines of a text. A line ends with LF, or CR LF.
func Lines(text string) iter.Seq[Line] {
	return func(yield func(Line) bool) {
		for at := 0; at < len(text); {
			end := len(text)
			if nl := strings.IndexByte(text[at:], '\n'); nl >= 0 {
				end = at + nl + 1
			}
			line := strings.TrimSuffix(strings.TrimSuffix(text[at:end], "\n"), "\r")
			if !yield(Line{line, at, end}) {
				return
			}
			at = end
		}
	}
}

// Tail returns where a line is added at the end of a text, and the line end that
// it is written with. Empty lines stay behind it: the last one of a multipart body
// belongs to the delimiter (RFC 2046 5.1.1), and an empty one ends a description
// for many who read it.
func Tail(text string) (at int, lineEnd string) {
	lineEnd = "\r\n"
	if first := strings.IndexByte(text, '\n'); first >= 0 && !strings.HasSuffix(text[:first], "\r") {
		lineEnd = "\n"
	}
	at = len(strings.TrimRight(text, "\r\n"))
	if at == 0 {
		return len(text), lineEnd
	}
	for l := range Lines(text[at:]) {
		return at + l.End, lineEnd
	}
	return at, lineEnd
}

// Of yields the lines of a media description but the first one; places are those
// of the description's text.
func (d *Description) Of(m *Media) iter.Seq[Line] {
	return func(yield func(Line) bool) {
		for l := range Lines(d.Text[m.LineEnd:m.End]) {
			l.Start += m.LineEnd
			l.End += m.LineEnd
			if !yield(l) {
				return
			}
		}
	}
}

// Format is a media format of a line m=, mostly an RTP payload type.
type Format struct {
	ID string
	// Start and End are its place in Text, the space in front of it included.
	Start, End int
}

// FormatsOf yields the formats of a media description.
func (d *Description) FormatsOf(m *Media) iter.Seq[Format] {
	return func(yield func(Format) bool) {
		first := m.Start + strings.LastIndex(d.Text[m.Start:m.LineEnd], m.Formats)
		for at := 0; at < len(m.Formats); {
			end := len(m.Formats)
			if sp := strings.IndexByte(m.Formats[at:], ' '); sp >= 0 {
				end = at + sp
			}
			if at < end && !yield(Format{m.Formats[at:end], first + at - 1, first + end}) {
				return
			}
			at = end + 1
		}
	}
}

// Codec returns the encoding name of a format of m, from its rtpmap or from RFC
// 3551; empty when it has none.
func (d *Description) Codec(m *Media, format string) string {
	for l := range d.Of(m) {
		id, rest, ok := attribute(l.Text, "a=rtpmap:")
		if ok && id == format {
			name, _, _ := strings.Cut(rest, "/")
			return name
		}
	}
	return static[format]
}

// About tells whether a line is an attribute of one format: rtpmap, fmtp, rtcp-fb.
func About(line, format string) bool {
	for _, prefix := range [...]string{"a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"} {
		if id, _, ok := attribute(line, prefix); ok {
			return id == format
		}
	}
	return false
}

func attribute(line, prefix string) (id, rest string, ok bool) {
	value, ok := strings.CutPrefix(line, prefix)
	if !ok {
		return "", "", false
	}
	id, rest = word(value)
	return id, rest, true
}

// static has the encoding names of payload types that need no rtpmap (RFC 3551 6).
var static = map[string]string{
	"0": "PCMU", "3": "GSM", "4": "G723", "5": "DVI4", "6": "DVI4", "7": "LPC", "8": "PCMA", "9": "G722", "10": "L16",
	"11": "L16", "12": "QCELP", "13": "CN", "14": "MPA", "15": "G728", "16": "DVI4", "17": "DVI4", "18": "G729",
	"25": "CelB", "26": "JPEG", "28": "nv", "31": "H261", "32": "MPV", "33": "MP2T", "34": "H263",
}
