// SPDX-License-Identifier: Apache-2.0

package pua_reginfo

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/xmldoc"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

// Results of reginfo_handle_notify.
const (
	stillRegistered module.Result = 1
	noneLeft        module.Result = 2
)

// registration is what a document says of an AOR.
type registration struct {
	uri string
	// terminated tells that all its contacts are over.
	terminated bool
	contacts   []reported
}

// reported is what a document says of a contact.
type reported struct {
	usrloc.Contact
	over bool
	life int64 // seconds
}

// maxRegistrations and maxContacts bound what one document may say.
const (
	maxRegistrations = 100
	maxContacts      = 100
)

var (
	errRoot     = errors.New("the document is no reginfo")
	errTooMany  = errors.New("the document has too many registrations or contacts")
	errDocument = errors.New("a registration has no SIP URI as aor, or a contact no uri")
)

// read reads a document of reginfo (RFC 3680 5).
func read(text string) ([]registration, error) {
	doc, err := xmldoc.Parse(text, xmldoc.Usual)
	if err != nil {
		return nil, err
	}
	if doc.Root.Name != "reginfo" {
		return nil, errRoot
	}
	var list []registration
	for _, e := range doc.Root.Children {
		if e.Name != "registration" {
			continue
		}
		r, err := readRegistration(e)
		if err != nil {
			return nil, err
		}
		if list = append(list, r); len(list) > maxRegistrations {
			return nil, errTooMany
		}
	}
	return list, nil
}

func readRegistration(e *xmldoc.Element) (r registration, err error) {
	r.uri, _ = e.Attr("aor")
	if u, err := sip.ParseURI(r.uri); err != nil || !u.IsSIP() {
		return r, errDocument
	}
	state, _ := e.Attr("state")
	r.terminated = state == "terminated"
	for _, c := range e.Children {
		if c.Name != "contact" {
			continue
		}
		k, err := readContact(c)
		if err != nil {
			return r, err
		}
		if r.contacts = append(r.contacts, k); len(r.contacts) > maxContacts {
			return r, errTooMany
		}
	}
	return r, nil
}

func readContact(e *xmldoc.Element) (k reported, err error) {
	text := func(name string) string { v, _ := e.Attr(name); return v }
	k.URI = e.Child("uri").Trimmed()
	if _, err := sip.ParseURI(k.URI); err != nil || strings.ContainsAny(k.URI, "<> \t\r\n") {
		return k, errDocument
	}
	k.over = text("state") == "terminated"
	k.CallID, k.Received, k.Path, k.UserAgent = text("callid"), text("received"), text("path"), text("user_agent")
	for _, s := range []string{k.CallID, k.Received, k.Path, k.UserAgent} {
		if strings.ContainsAny(s, "\r\n\x00") {
			return k, errDocument
		}
	}
	if n, ok := sip.ParseUint(text("cseq")); ok {
		k.CSeq = n
	}
	k.life = lifetime
	if s := text("expires"); s != "" {
		n, err := strconv.ParseUint(s, 10, 31)
		if err != nil {
			return k, fmt.Errorf("expires of a contact: %w", err)
		}
		k.life = int64(n)
	}
	k.Q = sip.QUnset
	if s := text("q"); s != "" {
		if q, ok := sip.ParseQ(s); ok {
			k.Q = q
		}
	}
	return k, nil
}

// handleNotify is reginfo_handle_notify(domain).
func (m *Module) handleNotify(c *module.Call, a module.Args) module.Result {
	d := m.loc.Domain(a.Str(0))
	if d == nil {
		return c.Fail("reginfo_handle_notify", fmt.Errorf("no table %q: name it with usrloc's preload", a.Str(0)))
	}
	body := c.Msg.Body()
	if body == "" {
		return stillRegistered
	}
	list, err := read(body)
	if err != nil {
		return c.Fail("reginfo_handle_notify", err)
	}
	// What is taken over is not published: two servers that follow each other
	// would never come to rest.
	m.silence(c).serial = c.Serial
	registered := 0
	for i := range list {
		n, err := m.takeOver(c, d, &list[i])
		if err != nil {
			return c.Fail("reginfo_handle_notify", err)
		}
		registered += n
	}
	if registered == 0 {
		return noneLeft
	}
	return stillRegistered
}

// takeOver makes the contacts of an AOR what a document says, and counts those
// that are registered then.
func (m *Module) takeOver(c *module.Call, d *usrloc.Domain, r *registration) (int, error) {
	v, err := d.Visit(c, m.aor(r.uri))
	if err != nil {
		return 0, err
	}
	n, err := m.change(&v, c, r)
	return n, errors.Join(err, v.Commit())
}

func (m *Module) change(v *usrloc.Visit, c *module.Call, r *registration) (n int, err error) {
	b := v.Lock()
	defer b.Unlock()
	now := c.Packet.Time.Unix()
	if r.terminated {
		for h := b.First(); h != 0; h = b.First() {
			b.Delete(h)
		}
		return 0, nil
	}
	for i := range r.contacts {
		k := &r.contacts[i]
		k.Expires, k.Modified, k.Methods, k.Socket, k.ServerID = now+k.life, now, usrloc.AllMethods, c.Packet.Socket, m.host.Core().ServerID
		h := b.Match(&k.Contact)
		switch {
		case k.over || k.life == 0:
			if h != 0 {
				b.Delete(h)
			}
		case h == 0:
			_, err = b.Insert(&k.Contact)
		default:
			err = b.Update(h, &k.Contact)
		}
		if err != nil {
			return n, err
		}
	}
	for h := b.First(); h != 0; h = b.Next(h) {
		if !b.Expired(h, now) {
			n++
		}
	}
	return n, nil
}

// aor is the address of record of a URI, as registrar makes it.
func (m *Module) aor(uri string) string {
	u, _ := sip.ParseURI(uri)
	text := string(sip.AppendUnescaped(nil, u.User))
	if m.loc.UseDomain() {
		text += "@" + u.Host
	}
	return strings.ToLower(text)
}
