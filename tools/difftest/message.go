// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strconv"
	"strings"
)

// message is a SIP message as text, looked at without any of the project's own parser: that one is what is being tested.
type message []byte

// longName maps compact header names to their long forms.
var longName = map[string]string{"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "c": "content-type"}

// startLine is the first line.
func (m message) startLine() string {
	line, _, _ := strings.Cut(string(m), "\r\n")
	return line
}

// headers returns the values of all fields of a name, unfolded, in order; comma lists stay together.
func (m message) headers(name string) []string {
	head, _, _ := bytes.Cut(m, []byte("\r\n\r\n"))
	var values []string
	in := false
	for i, line := range strings.Split(string(head), "\r\n") {
		if i == 0 {
			continue
		}
		if line != "" && (line[0] == ' ' || line[0] == '\t') {
			if in {
				values[len(values)-1] += " " + strings.TrimSpace(line)
			}
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		key = strings.ToLower(strings.TrimSpace(key))
		if long := longName[key]; long != "" {
			key = long
		}
		in = ok && key == strings.ToLower(name)
		if in {
			values = append(values, strings.TrimSpace(value))
		}
	}
	return values
}

// header returns the first value of a field, "" without one.
func (m message) header(name string) string {
	if values := m.headers(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// isReply tells a reply from a request.
func (m message) isReply() bool {
	return bytes.HasPrefix(m, []byte("SIP/2.0 ")) || bytes.HasPrefix(m, []byte("HTTP/1.1 "))
}

// status is the code of a reply, 0 for a request.
func (m message) status() int {
	if !m.isReply() {
		return 0
	}
	fields := strings.Fields(m.startLine())
	if len(fields) < 2 {
		return 0
	}
	code, _ := strconv.Atoi(fields[1])
	return code
}

// method is that of the request line, or of CSeq in a reply.
func (m message) method() string {
	if m.isReply() {
		_, method, _ := strings.Cut(m.header("CSeq"), " ")
		return strings.TrimSpace(method)
	}
	method, _, _ := strings.Cut(m.startLine(), " ")
	return method
}

// uri is the request URI, or what stands within the angle brackets of a header value.
func uri(value string) string {
	if _, rest, ok := strings.Cut(value, "<"); ok {
		inner, _, _ := strings.Cut(rest, ">")
		return inner
	}
	return value
}

// draft is a message under construction: start line, header lines and body.
type draft struct {
	start   string
	headers []string
	body    string
}

// set replaces the first field of the line's name; further lines of the same name in one block follow it. "-Name" takes a field out.
func (d *draft) apply(block []string) {
	replaced := map[string]bool{}
	for i, line := range block {
		if line == "" {
			d.body = strings.Join(block[i+1:], "\r\n")
			if d.body != "" {
				d.body += "\r\n"
			}
			return
		}
		if line[0] == '-' {
			d.remove(line[1:])
			continue
		}
		if line[0] == ' ' || line[0] == '\t' { // folding of the line before
			d.headers = append(d.headers, line)
			continue
		}
		name := fieldName(line)
		at := d.index(name)
		if at >= 0 && !replaced[name] {
			d.headers[at] = line
		} else {
			d.headers = append(d.headers, line)
		}
		replaced[name] = true
	}
}

func (d *draft) index(name string) int {
	for i, h := range d.headers {
		if fieldName(h) == name {
			return i
		}
	}
	return -1
}

func (d *draft) remove(name string) {
	name = fieldName(name + ":")
	kept := d.headers[:0]
	for _, h := range d.headers {
		if fieldName(h) != name {
			kept = append(kept, h)
		}
	}
	d.headers = kept
	if name == "content-length" {
		d.headers = append(d.headers, "content-length") // a mark: bytes leaves it out and adds none
	}
}

// fieldName is the name of a header line in lower case, long form.
func fieldName(line string) string {
	name, _, _ := strings.Cut(line, ":")
	name = strings.ToLower(strings.TrimSpace(name))
	if long := longName[name]; long != "" {
		return long
	}
	return name
}

// bytes prints the draft, with a Content-Length at the end unless there is one or it was taken out.
func (d *draft) bytes() []byte {
	var b bytes.Buffer
	b.WriteString(d.start + "\r\n")
	seen := false
	for _, h := range d.headers {
		if h == "content-length" {
			seen = true
			continue
		}
		seen = seen || fieldName(h) == "content-length"
		b.WriteString(h + "\r\n")
	}
	if !seen {
		b.WriteString("Content-Length: " + strconv.Itoa(len(d.body)) + "\r\n")
	}
	b.WriteString("\r\n" + d.body)
	return b.Bytes()
}
