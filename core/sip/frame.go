// SPDX-License-Identifier: Apache-2.0

package sip

import "bytes"

// FrameKind says what a Framer found.
type FrameKind uint8

const (
	// FrameIncomplete: more bytes are needed.
	FrameIncomplete FrameKind = iota
	// FrameMessage: a whole message.
	FrameMessage
	// FramePing: the second of two CRLFs between messages, to be answered with one CRLF (RFC 5626 3.5.1).
	FramePing
	// FramePong: a line end between messages, to be passed over.
	FramePong
)

// Limits of a Framer that names none, in bytes.
const (
	DefaultMaxHeader = 64 << 10
	DefaultMaxBody   = 1 << 20
)

// Framer cuts a byte stream into messages (RFC 3261 18.3). It remembers how far it looked, so that slow peers cost no repeated scans.
// One Framer belongs to one connection.
type Framer struct {
	// MaxHeader and MaxBody are limits in bytes; 0 is DefaultMaxHeader and DefaultMaxBody.
	MaxHeader, MaxBody int
	// MaxMessage bounds both together; 0 does not.
	MaxMessage int
	// NoContentLength takes a message without Content-Length as one without body instead of as an error. An HTTP request without one
	// never has a body (RFC 9112 6.3).
	NoContentLength bool

	start  int  // length of the first line
	line   int  // begin of the first line that was not yet seen whole
	seen   int  // bytes already searched for a line end
	crlf   bool // a CRLF was the last thing taken
	http   bool
	eleven bool  // a request of HTTP/1.1
	waits  bool  // it has said that its sender waits for 100 Continue
	has    bool  // Content-Length was there
	open   bool  // the line before was a Content-Length without a value yet, which a folded line may bring
	length int   // its value
	total  int   // size of the message, known once the headers are through
	bad    error // what is wrong with the headers; told when they are through
}

// Next looks at buf, the unread bytes of the stream beginning at a message border, and says how many of them to take as what. With
// FrameIncomplete n is 0: call again with more bytes behind the same ones. After an error (*ParseError) the border is lost: the connection
// must be closed. n is then the length of the headers, so that they can be answered, or of the request line of HTTP where those are too
// large, which has no end where it is itself (ErrURITooLong); 0 where not even their end came.
func (f *Framer) Next(buf []byte) (n int, kind FrameKind, err error) {
	if f.line == 0 && f.seen == 0 {
		if n, kind, wait := f.between(buf); n > 0 || wait {
			return n, kind, nil
		}
	}
	if f.total == 0 {
		if n, err := f.headers(buf); err != nil {
			f.restart()
			return n, FrameIncomplete, err
		}
	}
	if f.total == 0 || len(buf) < f.total {
		return 0, FrameIncomplete, nil
	}
	n = f.total
	f.restart()
	return n, FrameMessage, nil
}

// Need is the size of the message that is being received, 0 while it is not known: how much room the buffer should have.
func (f *Framer) Need() int { return f.total }

// Continue tells, once, that the message of which the body is being received is a request of HTTP whose sender waits for 100 Continue
// before it sends the body (RFC 9110 10.1.1).
func (f *Framer) Continue() bool {
	waits := f.waits && f.total > 0
	f.waits = f.waits && !waits
	return waits
}

func (f *Framer) restart() {
	f.crlf, f.start, f.line, f.seen, f.http, f.has, f.open, f.length, f.total, f.bad = false, 0, 0, 0, false, false, false, 0, 0, nil
	f.eleven, f.waits = false, false
}

// between looks for keep-alives at a message border. wait says that more bytes are needed to tell. The second of two CRLFs makes the
// ping, so that one that arrives in pieces is seen too.
func (f *Framer) between(buf []byte) (n int, kind FrameKind, wait bool) {
	switch {
	case len(buf) == 0, len(buf) == 1 && buf[0] == '\r':
		return 0, FrameIncomplete, true
	case buf[0] == '\r' && buf[1] == '\n' && f.crlf:
		f.crlf = false
		return 2, FramePing, false
	case buf[0] == '\r' && buf[1] == '\n':
		f.crlf = true
		return 2, FramePong, false
	case buf[0] == '\r', buf[0] == '\n':
		return 1, FramePong, false
	}
	f.crlf = false
	return 0, FrameIncomplete, false
}

// headers goes on through the header lines; it sets total when the empty line was found. With an error end is the length of the headers.
func (f *Framer) headers(buf []byte) (end int, err error) {
	limit := orDefault(f.MaxHeader, DefaultMaxHeader)
	for {
		i := bytes.IndexByte(buf[f.seen:], '\n')
		if i < 0 {
			f.seen = len(buf)
			if len(buf) >= limit { // no end that comes now is within it
				return f.tooLarge(buf[:limit])
			}
			return 0, nil
		}
		end := f.seen + i + 1
		line := bytes.TrimRight(buf[f.line:end], "\r\n")
		first := f.line == 0
		f.line, f.seen = end, end
		switch {
		case end > limit:
			return f.tooLarge(buf[:limit])
		case len(line) == 0:
			return end, f.body(end)
		case first:
			f.start = end
			f.http = bytes.HasPrefix(line, []byte("HTTP/1.")) || bytes.HasSuffix(line[:max(len(line)-1, 0)], []byte(" HTTP/1."))
			f.eleven = bytes.HasSuffix(line, []byte(" HTTP/1.1"))
		case f.bad == nil:
			f.bad = f.header(line)
		}
	}
}

// tooLarge ends headers over the limit. Those of SIP cannot be answered without all that the answer repeats; HTTP needs the first line,
// of which the target of a request tells where its end is missing.
func (f *Framer) tooLarge(within []byte) (n int, err error) {
	if f.http {
		return f.start, ErrHeadersTooLarge
	}
	if _, target, _ := bytes.Cut(within, []byte(" ")); f.start == 0 && (bytes.HasPrefix(target, []byte("/")) || bytes.HasPrefix(target, []byte("http"))) {
		return len(within), ErrURITooLong
	}
	return 0, ErrTooLarge
}

// header looks whether a line is Content-Length or goes on one, and for the Expect of HTTP.
func (f *Framer) header(line []byte) error {
	if line[0] == ' ' || line[0] == '\t' {
		if f.open {
			return f.setLength(bytes.TrimSpace(line))
		}
		return nil
	}
	if f.open {
		return ErrContentLength
	}
	switch line[0] {
	case 'C', 'c', 'l', 'L':
	case 'E', 'e':
		f.waits = f.waits || f.eleven && expects(line)
		return nil
	default:
		return nil
	}
	colon := bytes.IndexByte(line, ':')
	if colon < 0 {
		return nil
	}
	name := bytes.TrimRight(line[:colon], " \t")
	if len(name) == 1 && lower(name[0]) == 'l' || bytes.EqualFold(name, []byte("Content-Length")) {
		return f.setLength(bytes.TrimSpace(line[colon+1:]))
	}
	return nil
}

// expects tells whether a line is Expect: 100-continue.
func expects(line []byte) bool {
	name, value, _ := bytes.Cut(line, []byte(":"))
	return bytes.EqualFold(bytes.TrimRight(name, " \t"), []byte("Expect")) && bytes.EqualFold(bytes.TrimSpace(value), []byte("100-continue"))
}

// setLength takes a value of Content-Length. Two that differ would let two servers see two different messages, so they are an error.
func (f *Framer) setLength(value []byte) error {
	if len(value) == 0 {
		f.open = true
		return nil
	}
	f.open = false
	n := 0
	for _, c := range value {
		if c < '0' || c > '9' {
			return ErrContentLength
		}
		if n = n*10 + int(c-'0'); n > 1<<31-1 {
			return ErrTooLarge
		}
	}
	if f.has && n != f.length {
		return ErrContentLength
	}
	f.has, f.length = true, n
	return nil
}

func (f *Framer) body(end int) error {
	switch {
	case f.bad != nil:
		return f.bad
	case f.open:
		return ErrContentLength
	case !f.has && !f.http && !f.NoContentLength:
		return ErrNoLength
	case f.length > orDefault(f.MaxBody, DefaultMaxBody), f.MaxMessage > 0 && end+f.length > f.MaxMessage:
		return ErrTooLarge
	}
	f.total = end + f.length
	return nil
}

func orDefault(n, fallback int) int {
	if n > 0 {
		return n
	}
	return fallback
}
