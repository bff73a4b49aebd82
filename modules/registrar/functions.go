// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

func (r *Registrar) functions() []module.Function {
	domain := module.Arg{Name: "domain", Doc: "table of contacts, as location"}
	uri := func(optional bool) module.Arg {
		return module.Arg{Name: "uri", Optional: optional, Doc: "URI of the user"}
	}
	profile := module.Arg{Name: "profile", Doc: "name for $ulc"}
	const request = module.RequestRoute | module.FailureRoute
	list := []module.Function{
		{Name: "save", Lua: "save(str,int); save_uri(str,int,str)", Args: []module.Arg{domain,
			{Name: "flags", Optional: true, Compile: flags, Doc: "sum of: 1 only in memory, 2 no reply, 4 one contact per AOR, 8 no expires_range, 16 with 2 prepare the headers of the reply"},
			uri(true)},
			Routes: request | module.AnyReply, Run: r.save,
			Doc: "Registers the contacts of the message for the user of To, and replies. 1 inserted, 2 updated, 3 deleted, 4 only asked for; -1 rejected, -2 too many contacts."},
		{Name: "lookup", Lua: "lookup; lookup_uri(str,str)", Args: []module.Arg{domain, uri(true)}, Routes: request, Run: r.lookup,
			Doc: "Sends the request to the contacts of the user of the Request-URI. -1 there is none, -2 none allows the method, -3 the URI cannot be read."},
		{Name: "lookup_to_dset", Lua: "lookup_to_dset(str,str)", Args: []module.Arg{domain, uri(true)}, Routes: request, Run: r.lookupToSet,
			Doc: "Adds the contacts as branches and leaves the Request-URI. Results as lookup."},
		{Name: "lookup_branches", Args: []module.Arg{domain}, Routes: request, Run: r.lookupBranches,
			Doc: "lookup for the Request-URI and for each branch that has nothing but a URI."},
		{Name: "registered", Lua: "registered; registered_uri(str,str); registered_flags(str,str,int); registered_action(str,str,int,int)", Args: []module.Arg{domain, uri(true),
			{Name: "match_option", Type: module.ArgInt, Optional: true, Doc: "sum of: 1 match_callid, 2 match_received, 4 match_contact of xavp_cfg"},
			{Name: "match_action", Type: module.ArgInt, Optional: true, Doc: "sum of: 1 restore the XAVPs of the contact, 2 do not fill xavp_rcd"}},
			Routes: module.AnyRoute, Run: r.registered, Doc: "True when the user has a contact."},
		{Name: "add_sock_hdr", Args: []module.Arg{{Name: "hdr_name", Doc: "name of the header"}}, Routes: module.RequestRoute, Run: r.addSocketHeader,
			Doc: "Adds a header with the socket that the request came by."},
		{Name: "unregister", Lua: "unregister; unregister_ruid(str,str,str)", Args: []module.Arg{domain, uri(false), {Name: "ruid", Optional: true, Doc: "record unique id of the contact to remove"}},
			Routes: module.AnyRoute, Run: r.unregister,
			Doc: "Removes the contacts of a user, or one of them. -1 the URI cannot be read, -2 there is none, -3 the contact was not found."},
		{Name: "reg_fetch_contacts", Args: []module.Arg{domain, uri(false), profile}, Routes: request, Run: r.fetch,
			Doc: "Copies the contacts of a user to $ulc(profile=>…). False when there is none."},
		{Name: "reg_free_contacts", Args: []module.Arg{profile}, Routes: request, Run: r.free, Doc: "Forgets them."},
		{Name: "reg_send_reply", Routes: request, Run: r.sendPrepared, Doc: "Sends the reply that save with flag 2 did not."},
	}
	for i := range list {
		if len(list[i].Args) > 0 && list[i].Args[0].Name == "domain" {
			list[i].Prepare = r.prepareDomain
		}
	}
	return list
}

// prepareDomain has usrloc make the table.
func (r *Registrar) prepareDomain(b module.Binder, a module.Args) error {
	if r.loc == nil {
		if err := r.bind(b.Module("usrloc")); err != nil {
			return err
		}
	}
	if a[0].Const {
		r.loc.Domain(a.Str(0))
	}
	return nil
}

// domain is the table that the first argument names.
func (r *Registrar) domain(a module.Args) (*usrloc.Domain, error) {
	if d := r.loc.Domain(a.Str(0)); d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("no table %q: name it with usrloc's preload", a.Str(0))
}

var errFlags = errors.New("flags are a number, 0x… for hexadecimal")

// flags compiles the flags of save.
func flags(text string) (any, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 0, 16)
	if err != nil {
		return nil, errFlags
	}
	return int(n), nil
}
