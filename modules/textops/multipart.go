// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var (
	errNotMultipart = errors.New("the body is not multipart")
	errNoPart       = errors.New("the body has no part of that type")
	errTypeParams   = errors.New("the type of the part has parameters")
)

// defaultBoundary is the boundary of set_body_multipart without one.
const defaultBoundary = "unique-boundary-1"

// mixed is a multipart body (RFC 2046 5.1): offsets are those of the message.
type mixed struct {
	raw        string
	start      int
	delimiter  string // "--boundary"
	delimiters []int  // where the lines begin that hold it
}

// multipart reads the body of a message; false when it is no multipart.
func multipart(m *sip.Message) (*mixed, bool) {
	value := m.Value(sip.HeaderContentType)
	mime, params, _ := strings.Cut(value, ";")
	if mime = strings.TrimSpace(mime); len(mime) < 10 || !sip.EqualFold(mime[:10], "multipart/") {
		return nil, false
	}
	boundary, _ := sip.Params(params).Lookup("boundary")
	if boundary = sip.Unquote(boundary); boundary == "" {
		return nil, false
	}
	b := &mixed{raw: m.Raw(), start: m.BodyStart(), delimiter: "--" + boundary}
	for at := b.start; at < len(b.raw); {
		if b.delimits(at) {
			b.delimiters = append(b.delimiters, at)
		}
		nl := strings.IndexByte(b.raw[at:], '\n')
		if nl < 0 {
			break
		}
		at += nl + 1
	}
	return b, len(b.delimiters) > 0
}

// delimits says whether the line at an offset is a delimiter.
func (b *mixed) delimits(at int) bool {
	rest, ok := strings.CutPrefix(b.raw[at:], b.delimiter)
	if !ok {
		return false
	}
	rest = strings.TrimPrefix(rest, "--")
	rest = strings.TrimLeft(rest, " \t\r")
	return rest == "" || rest[0] == '\n'
}

// bodyPart is one part.
type bodyPart struct {
	b *mixed
	// start is where its delimiter begins, end where the next one does.
	start, end int
	// header is where its Content-Type begins, content behind that line.
	header, content int
	// params tells that the type is followed by something.
	params bool
}

// find returns the first part whose Content-Type is mime.
func (b *mixed) find(mime string) (bodyPart, bool) {
	for i := range len(b.delimiters) - 1 {
		p := bodyPart{b: b, start: b.delimiters[i], end: b.delimiters[i+1]}
		if p.hasType(mime) {
			return p, true
		}
	}
	return bodyPart{}, false
}

// hasType looks for the part's Content-Type and compares it.
func (p *bodyPart) hasType(mime string) bool {
	const name = "content-type"
	for at := p.nextLine(p.start); at < p.end; at = p.nextLine(at) {
		line := strings.TrimRight(p.b.raw[at:p.nextLine(at)], "\r\n")
		if line == "" {
			return false
		}
		if len(line) <= len(name) || !sip.EqualFold(line[:len(name)], name) {
			continue
		}
		value, ok := strings.CutPrefix(strings.TrimLeft(line[len(name):], " \t"), ":")
		value = strings.TrimSpace(value)
		if !ok || len(value) < len(mime) || !sip.EqualFold(value[:len(mime)], mime) {
			continue
		}
		rest := value[len(mime):]
		p.header, p.content, p.params = at, p.nextLine(at), rest != ""
		return rest == "" || rest[0] == ';' || rest[0] == ' '
	}
	return false
}

// nextLine is the offset of the line behind the one at an offset.
func (p *bodyPart) nextLine(at int) int {
	if nl := strings.IndexByte(p.b.raw[at:p.end], '\n'); nl >= 0 {
		return at + nl + 1
	}
	return p.end
}

// body is the content of the part without its headers and the line end that
// belongs to the next delimiter.
func (p *bodyPart) body() string {
	for at := p.content; at < p.end; at = p.nextLine(at) {
		if next := p.nextLine(at); strings.TrimRight(p.b.raw[at:next], "\r\n") == "" {
			return p.b.raw[next:max(next, p.contentEnd())]
		}
	}
	return ""
}

// contentEnd is the offset of the line end that belongs to the next delimiter.
func (p *bodyPart) contentEnd() int {
	end := p.end
	if end > p.content && p.b.raw[end-1] == '\n' {
		end--
	}
	if end > p.content && p.b.raw[end-1] == '\r' {
		end--
	}
	return end
}

// part finds the part of a type for a function. As in Kamailio its
// Content-Type must be the type alone.
func findPart(c *module.Call, mime string) (bodyPart, error) {
	b, ok := multipart(c.Msg)
	if !ok {
		return bodyPart{}, errNotMultipart
	}
	p, ok := b.find(mime)
	switch {
	case !ok:
		return bodyPart{}, errNoPart
	case p.params:
		return bodyPart{}, errTypeParams
	}
	return p, nil
}

// filterBody is filter_body(content_type): the body becomes what follows the
// part's Content-Type line.
func filterBody(c *module.Call, a module.Args) module.Result {
	p, err := findPart(c, a.Str(0))
	if err != nil {
		return c.Fail("filter_body", err)
	}
	from := p.content
	if next := p.nextLine(from); strings.TrimRight(p.b.raw[from:next], "\r\n") == "" {
		from = next
	}
	c.Msg.Delete(p.b.start, from)
	c.Msg.Delete(max(from, p.contentEnd()), len(p.b.raw))
	return module.True
}

// getBodyPart is get_body_part(content_type, opv): all behind the part's
// Content-Type line, up to the next delimiter.
func getBodyPart(c *module.Call, a module.Args) module.Result {
	p, err := findPart(c, a.Str(0))
	if err != nil {
		return c.Fail("get_body_part", err)
	}
	return assign(c, "get_body_part", a.Var(1), p.b.raw[p.content:p.end])
}

// getBodyPartRaw is get_body_part_raw(content_type, opv): from the part's
// Content-Type to the next delimiter, line end included.
func getBodyPartRaw(c *module.Call, a module.Args) module.Result {
	p, err := findPart(c, a.Str(0))
	if err != nil {
		return c.Fail("get_body_part_raw", err)
	}
	end := len(p.b.raw)
	if nl := strings.IndexByte(p.b.raw[p.end:], '\n'); nl >= 0 {
		end = p.end + nl + 1
	}
	return assign(c, "get_body_part_raw", a.Var(1), p.b.raw[p.header:end])
}

// removeBodyPart is remove_body_part(content_type).
func removeBodyPart(c *module.Call, a module.Args) module.Result {
	p, err := findPart(c, a.Str(0))
	if err != nil {
		return c.Fail("remove_body_part", err)
	}
	c.Msg.Delete(p.start, p.end)
	return module.True
}

// appendBodyPart is append_body_part(txt, content_type[, content_disposition]).
func appendBodyPart(c *module.Call, a module.Args) module.Result {
	return addPart(c, "append_body_part", a.Str(0), a.Str(1), a.Str(2))
}

// appendBodyPartHex is append_body_part_hex(txt, content_type[,
// content_disposition]).
func appendBodyPartHex(c *module.Call, a module.Args) module.Result {
	text, err := fromHex(a.Str(0))
	if err != nil {
		return c.Fail("append_body_part_hex", err)
	}
	return addPart(c, "append_body_part_hex", text, a.Str(1), a.Str(2))
}

// addPart puts a part in front of the last delimiter and closes that one.
func addPart(c *module.Call, function, text, mime, disposition string) module.Result {
	switch {
	case text == "":
		return c.Fail(function, errNoBody)
	case mime == "":
		return c.Fail(function, errNoType)
	}
	b, ok := multipart(c.Msg)
	if !ok {
		return c.Fail(function, errNotMultipart)
	}
	last := b.delimiters[len(b.delimiters)-1]
	part := append(append(c.Mem.Begin(), b.delimiter...), "\r\n"...)
	part = append(append(append(part, "Content-Type: "...), mime...), "\r\n"...)
	if disposition != "" {
		part = append(append(append(part, "Content-Disposition: "...), disposition...), "\r\n"...)
	}
	part = append(append(append(part, "\r\n"...), text...), "\r\n"...)
	c.Msg.Insert(last, sip.After, c.Mem.Keep(part))
	if end := last + len(b.delimiter); !strings.HasPrefix(b.raw[end:], "--") {
		c.Msg.Edits().Drop(end, end)
		c.Msg.Insert(end, sip.After, "--")
	}
	return module.True
}

// setBodyMultipart is set_body_multipart([txt, content_type][, boundary]):
// without a text the body that is there becomes the part. A body that is
// multipart already stays as it is.
func setBodyMultipart(c *module.Call, a module.Args) module.Result {
	text, mime, boundary := a.Str(0), a.Str(1), a.Str(2)
	if a[0].Given && !a[1].Given {
		text, boundary = "", a.Str(0)
	}
	if boundary == "" {
		boundary = defaultBoundary
	}
	if text == "" {
		if _, ok := multipart(c.Msg); ok {
			return module.True
		}
		text, mime = c.Msg.Body(), c.Msg.Value(sip.HeaderContentType)
	}
	switch {
	case text == "":
		return c.Fail("set_body_multipart", errNoBody)
	case mime == "":
		return c.Fail("set_body_multipart", errNoType)
	}
	out := append(append(append(c.Mem.Begin(), "--"...), boundary...), "\r\nContent-Type: "...)
	out = append(append(append(out, mime...), "\r\n\r\n"...), text...)
	out = append(append(append(out, "\r\n--"...), boundary...), "\r\n"...)
	body := c.Mem.Keep(out)
	c.Msg.SetBody(body)
	replaceType(c, `multipart/mixed;boundary="`+boundary+`"`)
	if i := c.Msg.First(sip.HeaderMIMEVersion); i >= 0 {
		c.Msg.DeleteHeader(i)
	}
	c.Msg.AppendHeader("Mime-Version: 1.0\r\n")
	addLength(c, len(body))
	return module.True
}
