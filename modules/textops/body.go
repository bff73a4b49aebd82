// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"encoding/hex"
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var (
	errNoBody = errors.New("the body is empty")
	errNoType = errors.New("the content type is empty")
	errMIME   = errors.New(`a content type is written "type/subtype"`)
	errHex    = errors.New("the text is not hexadecimal")
)

// defaultType is the type of a body that names none.
const defaultType = "application/sdp"

// parseMIME compiles the argument of has_body; "" and "0" take any type.
func parseMIME(text string) (any, error) {
	if text == "" || text == "0" {
		return "", nil
	}
	mime := mediaType(text)
	if kind, sub, ok := strings.Cut(mime, "/"); !ok || kind == "" || sub == "" {
		return nil, errMIME
	}
	return mime, nil
}

// mediaType is the type of a Content-Type value without its parameters.
func mediaType(value string) string {
	mime, _, _ := strings.Cut(value, ";")
	return strings.TrimSpace(mime)
}

// hasBody is has_body([mime]). What is not counted by Content-Length is no
// body.
func hasBody(c *module.Call, a module.Args) module.Result {
	if n, err := c.Msg.ContentLength(); err != nil || n == 0 || c.Msg.Body() == "" {
		return module.False
	}
	if !a[0].Given {
		return module.True
	}
	mime, ok := a[0].Data.(string)
	switch {
	case !ok:
		return c.Fail("has_body", a[0].Err)
	case mime == "":
		return module.True
	case !c.Msg.HasHeader(sip.HeaderContentType):
		return module.Bool(sip.EqualFold(mime, defaultType))
	}
	return module.Bool(sip.EqualFold(mime, mediaType(c.Msg.Value(sip.HeaderContentType))))
}

// setBody is set_body(txt, content_type).
func setBody(c *module.Call, a module.Args) module.Result {
	return replaceBody(c, "set_body", a.Str(0), a.Str(1))
}

// setBodyHex is set_body_hex(txt, content_type).
func setBodyHex(c *module.Call, a module.Args) module.Result {
	text, err := fromHex(a.Str(0))
	if err != nil {
		return c.Fail("set_body_hex", err)
	}
	return replaceBody(c, "set_body_hex", text, a.Str(1))
}

// fromHex reads pairs of hexadecimal digits, blanks between them let pass.
func fromHex(text string) (string, error) {
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return "", errHex
	}
	return string(b), nil
}

func replaceBody(c *module.Call, function, text, mime string) module.Result {
	switch {
	case text == "":
		return c.Fail(function, errNoBody)
	case mime == "":
		return c.Fail(function, errNoType)
	}
	c.Msg.SetBody(text)
	replaceType(c, mime)
	addLength(c, len(text))
	return module.True
}

// replaceType makes Content-Type say mime: the header stays when it does,
// else a new one goes behind all others.
func replaceType(c *module.Call, mime string) {
	if i := c.Msg.First(sip.HeaderContentType); i >= 0 {
		if c.Msg.HeaderValueAt(i) == mime {
			return
		}
		c.Msg.DeleteHeader(i)
	}
	c.Msg.AppendHeader(typeLine(c, mime))
}

// addLength adds Content-Length where the message has none; where it has, it
// follows the body by itself.
func addLength(c *module.Call, n int) {
	if c.Msg.HasHeader(sip.HeaderContentLength) {
		return
	}
	text := appendNumber(append(c.Mem.Begin(), "Content-Length: "...), n)
	c.Msg.AppendHeader(c.Mem.Keep(append(text, "\r\n"...)))
}

// setReplyBody is set_reply_body(txt, content_type).
func setReplyBody(c *module.Call, a module.Args) module.Result {
	return keepReplyBody(c, "set_reply_body", a.Str(0), a.Str(1))
}

// setReplyBodyHex is set_reply_body_hex(txt, content_type).
func setReplyBodyHex(c *module.Call, a module.Args) module.Result {
	text, err := fromHex(a.Str(0))
	if err != nil {
		return c.Fail("set_reply_body_hex", err)
	}
	return keepReplyBody(c, "set_reply_body_hex", text, a.Str(1))
}

func keepReplyBody(c *module.Call, function, text, mime string) module.Result {
	switch {
	case text == "":
		return c.Fail(function, errNoBody)
	case mime == "":
		return c.Fail(function, errNoType)
	}
	// Content-Type stands among the headers of append_to_reply, in the order
	// of the calls, so it goes there and not into ReplyContentType.
	line := typeLine(c, mime)
	if at := strings.Index(c.ReplyHeaders, contentType); c.ReplyBody != "" && at >= 0 {
		_, behind, _ := strings.Cut(c.ReplyHeaders[at:], "\r\n")
		c.ReplyHeaders = c.Keep(c.ReplyHeaders[:at] + line + behind)
	} else {
		addReplyHeader(c, line)
	}
	c.ReplyBody = c.Keep(text)
	return module.True
}

const contentType = "Content-Type: "

func typeLine(c *module.Call, mime string) string {
	text := append(c.Mem.Begin(), contentType...)
	return c.Mem.Keep(append(append(text, mime...), "\r\n"...))
}
