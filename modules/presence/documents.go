// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"

	"github.com/kahea-sip/kahea/core/xmldoc"
)

// Documents returns what is published for a URI, the least priority first. It may
// wait, for a database.
func (p *Presence) Documents(ctx context.Context, uri string, e *Event) ([]Document, error) {
	if p.library {
		return nil, errLibrary
	}
	who, err := parseWho(uri)
	if err != nil {
		return nil, err
	}
	who.Event = e
	return p.documents(ctx, who)
}

// InMemory tells that publications are kept in memory (publ_cache 2).
func (p *Presence) InMemory() bool { return p.publMode == publMemory || p.db == nil }

func (p *Presence) documents(ctx context.Context, who Presentity) ([]Document, error) {
	var list []publication
	at := p.table.find(who.URI, who.Event)
	if at == nil {
		at = &presentity{Presentity: who}
	} else {
		at.mu.Unlock()
	}
	if !p.pubs.any(at) {
		return nil, nil
	}
	list, err := p.pubs.list(ctx, at, p.now())
	if err != nil {
		return nil, err
	}
	docs := make([]Document, len(list))
	for i := range list {
		docs[i] = list[i].document()
	}
	return docs, nil
}

// Sphere returns the sphere that a presentity has published in RPID (RFC 4480
// 3.9): the name of the element in <sphere>, or its text. any tells that rules are
// not to ask for it (enable_sphere_check).
func (p *Presence) Sphere(ctx context.Context, who Presentity) (sphere string, any bool, err error) {
	if p.sphereCheck == 0 {
		return "", true, nil
	}
	docs, err := p.documents(ctx, who)
	if err != nil {
		return "", false, err
	}
	for i := len(docs) - 1; i >= 0; i-- {
		doc, err := xmldoc.Parse(docs[i].Body, xmldoc.Usual)
		if err != nil {
			continue
		}
		if e := doc.Root.Find("sphere"); e != nil {
			if len(e.Children) > 0 {
				return e.Children[0].Name, false, nil
			}
			return e.Trimmed(), false, nil
		}
	}
	return "", false, nil
}
