// SPDX-License-Identifier: Apache-2.0

package presence_xml

import (
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/xmldoc"
	"github.com/kahea-sip/kahea/modules/presence"
)

// permissions are what a watcher may see of a presence document (RFC 5025 3.3).
// What is not among them is left out; the tuples, persons and devices that stay
// keep their text.
type permissions struct {
	services, persons, devices chosen
	// attributes are those of RPID and of data that may be seen, "note",
	// "activities" …; all with allAttributes.
	attributes    []string
	allAttributes bool
	userInput     string // full, bare or thresholds
	unknown       []unknownAttribute
}

// chosen are the tuples, persons or devices that may be seen.
type chosen struct {
	all bool
	by  []selector
}

// selector picks by one thing: the child "class", "deviceID", "contact", the
// scheme of it, or the attribute "id".
type selector struct{ what, value string }

type unknownAttribute struct{ space, name string }

var _ presence.View = (*permissions)(nil)

// provided are the elements of <transformations> that are a boolean, with the
// name of what they show.
var provided = map[string]string{
	"provide-activities": "activities", "provide-class": "class", "provide-deviceID": "deviceID", "provide-mood": "mood",
	"provide-place-is": "place-is", "provide-place-type": "place-type", "provide-privacy": "privacy", "provide-relationship": "relationship",
	"provide-status-icon": "status-icon", "provide-sphere": "sphere", "provide-time-offset": "time-offset", "provide-note": "note",
}

func parsePermissions(t *xmldoc.Element) *permissions {
	p := new(permissions)
	for _, e := range t.Children {
		switch e.Name {
		case "provide-services":
			p.services.parse(e)
		case "provide-persons":
			p.persons.parse(e)
		case "provide-devices":
			p.devices.parse(e)
		case "provide-all-attributes":
			p.allAttributes = true
		case "provide-user-input":
			p.userInput = e.Trimmed()
		case "provide-unknown-attribute":
			if isTrue(e) {
				space, _ := e.Attr("ns")
				name, _ := e.Attr("name")
				p.unknown = append(p.unknown, unknownAttribute{space, name})
			}
		default:
			if name := provided[e.Name]; name != "" && isTrue(e) {
				p.attributes = append(p.attributes, name)
			}
		}
	}
	return p
}

func isTrue(e *xmldoc.Element) bool { v := e.Trimmed(); return v == "true" || v == "1" }

func (c *chosen) parse(e *xmldoc.Element) {
	for _, x := range e.Children {
		if strings.HasPrefix(x.Name, "all-") {
			c.all = true
			continue
		}
		c.by = append(c.by, selector{x.Name, x.Trimmed()})
	}
}

// Key implements presence.View: two with one key show the same.
func (p *permissions) Key() string {
	var parts []string
	for i, c := range []*chosen{&p.services, &p.persons, &p.devices} {
		kind := string("spd"[i])
		if c.all {
			parts = append(parts, kind+"*")
			continue
		}
		for _, s := range c.by {
			parts = append(parts, kind+s.what+"="+s.value)
		}
	}
	if p.allAttributes {
		parts = append(parts, "a*")
	} else {
		for _, a := range p.attributes {
			parts = append(parts, "a"+a)
		}
		for _, u := range p.unknown {
			parts = append(parts, "u"+u.space+" "+u.name)
		}
		parts = append(parts, "i"+p.userInput)
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), "\n")
}

// Apply implements presence.View. A body that cannot be read is not shown.
func (p *permissions) Apply(_ presence.Presentity, body string) string {
	doc, err := xmldoc.Parse(body, xmldoc.Usual)
	if err != nil {
		return ""
	}
	var cuts []xmldoc.Edit
	for _, e := range doc.Root.Children {
		if !p.shows(e) {
			cuts = append(cuts, xmldoc.Cut(e))
			continue
		}
		cuts = p.within(doc, e, cuts)
	}
	return doc.Apply(cuts...)
}

// shows tells whether a child of <presence> is shown.
func (p *permissions) shows(e *xmldoc.Element) bool {
	switch e.Name {
	case "tuple":
		return p.services.picks(e)
	case "person":
		return p.persons.picks(e)
	case "device":
		return p.devices.picks(e)
	case "note":
		return p.allows("note")
	}
	return p.knows(e)
}

func (c *chosen) picks(e *xmldoc.Element) bool {
	if c.all {
		return true
	}
	for _, s := range c.by {
		if s.picks(e) {
			return true
		}
	}
	return false
}

func (s *selector) picks(e *xmldoc.Element) bool {
	switch s.what {
	case "class", "deviceID":
		return e.Child(s.what) != nil && e.Child(s.what).Trimmed() == s.value
	case "occurrence-id":
		id, _ := e.Attr("id")
		return id == s.value
	case "service-uri":
		return sameURI(s.value, e.Child("contact").Trimmed())
	case "service-uri-scheme":
		scheme, _, _ := strings.Cut(e.Child("contact").Trimmed(), ":")
		return strings.EqualFold(scheme, s.value)
	}
	return false
}

// always are the children of tuples, persons and devices that are shown with
// them (RFC 5025 3.3.1).
var always = map[string]bool{"status": true, "contact": true, "timestamp": true, "deviceID": true}

// within cuts what is not shown of a tuple, person or device.
func (p *permissions) within(doc *xmldoc.Document, e *xmldoc.Element, cuts []xmldoc.Edit) []xmldoc.Edit {
	if e.Name == "note" || p.allAttributes {
		return cuts
	}
	for _, c := range e.Children {
		switch {
		case c.Name == "user-input" && (p.userInput == "bare" || p.userInput == "thresholds"):
			for _, a := range c.Attrs {
				if strip := a.Name == "idle-threshold" && p.userInput == "bare" || a.Name == "last-input"; strip {
					cuts = cutAttr(doc, c, a, cuts)
				}
			}
		case always[c.Name] && !(c.Name == "deviceID" && e.Name != "device" && !p.allows("deviceID")):
		case !p.knows(c):
			cuts = append(cuts, xmldoc.Cut(c))
		}
	}
	return cuts
}

// cutAttr takes an attribute away, with the white space before it.
func cutAttr(doc *xmldoc.Document, e *xmldoc.Element, a xmldoc.Attr, cuts []xmldoc.Edit) []xmldoc.Edit {
	name := a.Name
	if a.Prefix != "" {
		name = a.Prefix + ":" + name
	}
	start, end, ok := doc.Value(e, name)
	if !ok {
		return cuts
	}
	at := strings.LastIndex(doc.Text[e.Start:start], name)
	if at < 0 {
		return cuts
	}
	at += e.Start
	for at > e.Start && strings.IndexByte(" \t\r\n", doc.Text[at-1]) >= 0 {
		at--
	}
	return append(cuts, xmldoc.Edit{Start: at, End: end + 1})
}

func (p *permissions) allows(name string) bool {
	return p.allAttributes || slices.Contains(p.attributes, name)
}

// knows tells whether an element is one that may be seen.
func (p *permissions) knows(e *xmldoc.Element) bool {
	if p.allows(e.Name) {
		return true
	}
	if e.Name == "user-input" {
		return p.userInput == "full" || p.userInput == "bare" || p.userInput == "thresholds"
	}
	return slices.Contains(p.unknown, unknownAttribute{e.Space, e.Name})
}
