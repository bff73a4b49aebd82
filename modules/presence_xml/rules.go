// SPDX-License-Identifier: Apache-2.0

package presence_xml

import (
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/xmldoc"
)

// handling is the action of a rule for a subscription (RFC 5025 3.2.1).
type handling int

const (
	handlingNone handling = iota
	handlingBlock
	handlingConfirm
	handlingPoliteBlock
	handlingAllow
)

var handlings = map[string]handling{"block": handlingBlock, "confirm": handlingConfirm, "polite-block": handlingPoliteBlock, "allow": handlingAllow}

// ruleset is a document of rules that was read (RFC 4745 7).
type ruleset struct{ rules []rule }

// rule is one rule: who it is for and when, and what these may.
type rule struct {
	identity []identity // one must match; nil with anyone where there is no such condition
	anyone   bool
	spheres  []string
	validity []interval
	// never tells of a condition that is not known: the rule never matches
	// (RFC 4745 7).
	never    bool
	handling handling
	// transforms is nil where the rule says nothing of what is shown.
	transforms *permissions
}

// identity is <one> or <many>.
type identity struct {
	one           string // URI
	many          bool
	domain        string // of many; empty for all
	exceptIDs     []string
	exceptDomains []string
}

type interval struct{ from, until time.Time }

// asked is what a rule is asked with.
type asked struct {
	watcher string // "sip:user@domain"
	domain  string
	// sphere is what the presentity has published; with anySphere it does not
	// count.
	sphere    string
	anySphere bool
	now       time.Time
}

// parseRules reads a document of rules.
func parseRules(text string) (*ruleset, error) {
	doc, err := xmldoc.Parse(text, xmldoc.Usual)
	if err != nil {
		return nil, err
	}
	set := &ruleset{}
	for _, e := range doc.Root.Children {
		if e.Name == "rule" {
			set.rules = append(set.rules, parseRule(e))
		}
	}
	return set, nil
}

func parseRule(e *xmldoc.Element) rule {
	r := rule{anyone: true, handling: handlingNone}
	if conditions := e.Child("conditions"); conditions != nil {
		for _, c := range conditions.Children {
			r.condition(c)
		}
	}
	if sub := e.Child("actions").Child("sub-handling"); sub != nil {
		if h, ok := handlings[sub.Trimmed()]; ok {
			r.handling = h
		} else {
			r.handling = handlingBlock
		}
	}
	if t := e.Child("transformations"); t != nil {
		r.transforms = parsePermissions(t)
	}
	return r
}

// condition reads one condition. All must hold.
func (r *rule) condition(c *xmldoc.Element) {
	switch c.Name {
	case "identity":
		r.anyone = false
		for _, e := range c.Children {
			switch e.Name {
			case "one":
				id, _ := e.Attr("id")
				r.identity = append(r.identity, identity{one: id})
			case "many":
				r.identity = append(r.identity, parseMany(e))
			}
		}
	case "sphere":
		v, ok := c.Attr("value")
		if !ok {
			v = c.Trimmed()
		}
		r.spheres = append(r.spheres, strings.Fields(v)...)
	case "validity":
		r.intervals(c)
	default:
		r.never = true
	}
}

func parseMany(e *xmldoc.Element) identity {
	id := identity{many: true}
	id.domain, _ = e.Attr("domain")
	for _, x := range e.Children {
		if x.Name != "except" {
			continue
		}
		if v, ok := x.Attr("id"); ok {
			id.exceptIDs = append(id.exceptIDs, v)
		}
		if v, ok := x.Attr("domain"); ok {
			id.exceptDomains = append(id.exceptDomains, v)
		}
	}
	return id
}

// intervals reads <validity>: pairs of <from> and <until>.
func (r *rule) intervals(c *xmldoc.Element) {
	var from time.Time
	for _, e := range c.Children {
		at, err := time.Parse(time.RFC3339, e.Trimmed())
		switch {
		case err != nil:
			r.never = true
		case e.Name == "from":
			from = at
		case e.Name == "until" && !from.IsZero():
			r.validity = append(r.validity, interval{from, at})
			from = time.Time{}
		}
	}
	if len(r.validity) == 0 {
		r.never = true
	}
}

// matches tells whether all conditions hold.
func (r *rule) matches(q *asked) bool {
	return !r.never && r.forWatcher(q) && (q.anySphere || r.inSphere(q.sphere)) && r.valid(q.now)
}

func (r *rule) forWatcher(q *asked) bool {
	if r.anyone {
		return true
	}
	for i := range r.identity {
		if r.identity[i].matches(q) {
			return true
		}
	}
	return false
}

func (id *identity) matches(q *asked) bool {
	if !id.many {
		return sameURI(id.one, q.watcher)
	}
	if id.domain != "" && !strings.EqualFold(id.domain, q.domain) {
		return false
	}
	for _, x := range id.exceptIDs {
		if sameURI(x, q.watcher) {
			return false
		}
	}
	for _, x := range id.exceptDomains {
		if strings.EqualFold(x, q.domain) {
			return false
		}
	}
	return true
}

// sameURI compares identities: a URI without a scheme is one of SIP.
func sameURI(a, b string) bool {
	if a == b {
		return true
	}
	if !strings.Contains(a, ":") {
		a = "sip:" + a
	}
	return sip.URIsEqual(a, b)
}

func (r *rule) inSphere(sphere string) bool {
	if len(r.spheres) == 0 {
		return true
	}
	for _, s := range r.spheres {
		if strings.EqualFold(s, sphere) {
			return true
		}
	}
	return false
}

func (r *rule) valid(now time.Time) bool {
	if len(r.validity) == 0 {
		return true
	}
	for _, v := range r.validity {
		if !now.Before(v.from) && now.Before(v.until) {
			return true
		}
	}
	return false
}

// first returns the first rule that matches, nil where none does. RFC 4745 10
// would combine all that match; Kamailio takes the first one, and documents are
// written for that.
func (s *ruleset) first(q *asked) *rule {
	for i := range s.rules {
		if s.rules[i].matches(q) {
			return &s.rules[i]
		}
	}
	return nil
}

// sphereAware tells whether any rule asks for the sphere.
func (s *ruleset) sphereAware() bool {
	for i := range s.rules {
		if len(s.rules[i].spheres) > 0 {
			return true
		}
	}
	return false
}
