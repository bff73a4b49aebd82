// SPDX-License-Identifier: Apache-2.0

package pua_rpc

import (
	"math"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/modules/pua"
)

// The arguments of pua.publish.
const (
	argURI = iota
	argExpires
	argEvent
	argContentType
	argID
	argETag
	argProxy
	argHeaders
	argBody
)

// publication reads the arguments of pua.publish.
func publication(r *module.Request, source pua.Source) (*pua.Publication, error) {
	var text [argBody + 1]string
	for i := range text {
		if i == argBody && r.Len() <= argBody {
			break
		}
		var err error
		if text[i], err = r.Str(i); err != nil {
			return nil, err
		}
		if text[i] == "." && i >= argContentType && i < argBody {
			text[i] = ""
		}
	}
	p := &pua.Publication{URI: text[argURI], ID: text[argID], Source: source, ContentType: text[argContentType], ETag: text[argETag],
		Proxy: text[argProxy], Headers: text[argHeaders], Body: text[argBody]}
	var err error
	if p.Expires, err = seconds(text[argExpires]); err != nil {
		return nil, err
	}
	if p.Event = pua.EventNamed(text[argEvent]); p.Event == nil {
		return nil, module.Faultf(400, "Unknown event")
	}
	return p, check(p)
}

// seconds reads a lifetime.
func seconds(text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > math.MaxInt32 {
		return 0, module.Faultf(400, "Invalid expires value '%s'", text)
	}
	return int(max(n, -1)), nil
}

// check refuses what cannot be sent.
func check(p *pua.Publication) error {
	switch {
	case !isURI(p.URI):
		return module.Faultf(400, "Invalid presentity uri '%s'", p.URI)
	case p.Proxy != "" && !isURI(p.Proxy):
		return module.Faultf(400, "Invalid outbound proxy '%s'", p.Proxy)
	case strings.ContainsAny(p.ContentType, "\r\n"):
		return module.Faultf(400, "Invalid content type")
	case strings.ContainsAny(p.ETag, " \t\r\n"):
		return module.Faultf(400, "Invalid ETag")
	case !areHeaders(p.Headers):
		return module.Faultf(400, "Invalid extra headers")
	}
	return nil
}

// areHeaders says whether a text is header fields: none ends the message.
func areHeaders(s string) bool {
	for line := range strings.Lines(s) {
		name, _, ok := strings.Cut(line, ":")
		if !ok || !sip.IsToken(strings.TrimRight(name, " \t")) {
			return false
		}
	}
	return true
}

func isURI(s string) bool {
	u, err := sip.ParseURI(s)
	return err == nil && u.IsSIP() && !strings.ContainsAny(s, "<> \t\r\n")
}

// publish is pua.send_publish.
func (m *Module) publish(r *module.Request) error {
	p, err := publication(r, pua.FromCommand)
	if err != nil {
		return err
	}
	return failed(m.pua.Publish(p))
}

func failed(err error) error {
	if err != nil {
		return module.Faultf(500, "%s", err.Error())
	}
	return nil
}

// publishAndWait is pua.publish.
func (m *Module) publishAndWait(r *module.Request) error {
	p, err := publication(r, pua.FromAwaited)
	if err != nil {
		return err
	}
	done := make(chan pua.Outcome, 1)
	p.Done = func(o pua.Outcome) { done <- o }
	if err := m.pua.Publish(p); err != nil {
		return failed(err)
	}
	select {
	case o := <-done:
		return answer(r, &o)
	case <-r.Context.Done():
		return module.Faultf(408, "Request Timeout")
	}
}

// answer tells what became of a PUBLISH.
func answer(r *module.Request, o *pua.Outcome) error {
	switch {
	case o.Code == 0:
		return module.Faultf(500, "A later publication took its place")
	case o.Code >= 300:
		return module.Faultf(o.Code, "%s", o.Reason)
	}
	s := r.Struct()
	if o.ETag != "" {
		s.Add("SIP-ETag", o.ETag).Add("Expires", o.Expires)
	}
	return nil
}

// subscribe is pua.subscribe.
func (m *Module) subscribe(r *module.Request) error {
	var text [4]string
	for i := range text {
		var err error
		if text[i], err = r.Str(i); err != nil {
			return err
		}
	}
	s := &pua.Subscription{URI: text[0], Watcher: text[1], Contact: text[1], Event: pua.EventNamed(text[2]), Source: pua.FromCommand}
	var err error
	switch {
	case !isURI(s.URI):
		return module.Faultf(400, "Invalid presentity URI")
	case !isURI(s.Watcher):
		return module.Faultf(400, "Invalid watcher URI")
	case s.Event == nil:
		return module.Faultf(404, "Unknown event")
	}
	if s.Expires, err = seconds(text[3]); err != nil {
		return err
	}
	return failed(m.pua.Subscribe(s))
}
