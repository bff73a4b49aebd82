// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/slothash"
)

func (p *Presence) commands() []module.Command {
	return []module.Command{
		{Name: "presence.cleanup", Run: p.rpcCleanup, Doc: "Looks at once for publications and subscriptions that have expired."},
		{Name: "presence.refreshWatchers", Run: p.rpcRefresh, Doc: "Tells watchers of a change that presence cannot see: URI, event, type (0 rules, 1 what is published, 2 the document for pidf-manipulation: then its URI and name)."},
		{Name: "presence.updateWatchers", Run: p.rpcUpdate, Doc: "Asks again who may watch a presentity: URI, event."},
		{Name: "presence.presentity_list", Run: p.rpcPresentities, Array: true, Doc: "Lists the publications that are kept in memory; full lists all of them."},
	}
}

func (p *Presence) rpcCleanup(r *module.Request) error {
	if p.library {
		return module.Faultf(500, "Reload failed")
	}
	p.clean()
	p.expire()
	r.Printf("Reload OK")
	return nil
}

// The faults of Kamailio for arguments that are missing.
const needArgs = "Not enough parameters"

var (
	errArgs = module.Faultf(500, needArgs)
	errFile = module.Faultf(500, "No file uri or name parameters")
)

// twoArgs reads the URI and the event.
func (p *Presence) twoArgs(r *module.Request) (uri, event string, err error) {
	if uri, err = r.Str(0); err != nil {
		return "", "", errArgs
	}
	if event, err = r.Str(1); err != nil {
		return "", "", errArgs
	}
	return uri, event, nil
}

func (p *Presence) rpcRefresh(r *module.Request) error {
	uri, event, err := p.twoArgs(r)
	if err != nil {
		return err
	}
	kind, err := r.Int(2)
	if err != nil {
		return module.Missing(err, needArgs)
	}
	var hard hardState
	if kind == refreshManipulation {
		if hard.uri, err = r.Str(3); err == nil {
			hard.name, err = r.Str(4)
		}
		if err != nil {
			return errFile
		}
	}
	return p.fault("Execution failed", p.refresh(r.Context, uri, event, int(kind), hard))
}

func (p *Presence) rpcUpdate(r *module.Request) error {
	uri, event, err := p.twoArgs(r)
	if err != nil {
		return err
	}
	return p.fault("Processing error", p.refresh(r.Context, uri, event, refreshRules, hardState{}))
}

// fault is an error as the peer of a command sees it, in Kamailio's words; the
// log has the reason.
func (p *Presence) fault(text string, err error) error {
	if err == nil {
		return nil
	}
	p.log.Warn("a command about watchers has failed", "err", err)
	return module.Faultf(500, "%s", text)
}

func (p *Presence) rpcPresentities(r *module.Request) error {
	mode := ""
	if r.Len() > 0 {
		var err error
		if mode, err = r.Str(0); err != nil {
			return err
		}
	}
	if _, ok := p.pubs.(memory); !ok || p.library {
		return nil
	}
	for _, at := range p.table.all() {
		list, err := p.pubs.list(context.Background(), at, p.now())
		if err != nil {
			return p.fault("Processing error", err)
		}
		for i := range list {
			list[i].show(r.Struct(), at, strings.EqualFold(mode, "full"))
		}
	}
	return nil
}

// show lists a publication.
func (d *publication) show(s *module.Struct, at *presentity, full bool) {
	s.Add("user", at.User).Add("domain", at.Domain).Add("event", at.Event.Name).Add("etag", d.etag).Add("sender", d.sender).Add("expires", d.expires)
	if full {
		s.Add("received_time", d.received).Add("priority", d.priority).Add("ruid", d.ruid).Add("body", d.body).
			Add("hashid", int64(int32(slothash.Sum(at.User, at.Domain))))
	}
}
