// SPDX-License-Identifier: Apache-2.0

// Package siputils answers questions about SIP messages and URIs.
package siputils

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
)

func init() { module.Register("siputils", func() module.Module { return New() }) }

// Siputils is the module.
type Siputils struct {
	accept, acceptEncoding, acceptLanguage, supported string

	separator              string
	maxE164                int
	rpid                   module.Accessor
	rpidPrefix, rpidSuffix string
	ringTimeout            setting.Int
}

// New returns the module with its defaults.
func New() *Siputils {
	return &Siputils{accept: "*/*", acceptLanguage: "en", separator: "*", maxE164: 15, rpidSuffix: ";party=calling;id-type=subscriber;screen=yes"}
}

var (
	_ module.Preparer = (*Siputils)(nil)
)

const (
	anyRoute  = module.AnyRoute
	inRequest = module.RequestRoute
	onForward = module.RequestRoute | module.FailureRoute | module.BranchRoute
	received  = module.RequestRoute | module.AnyReply
)

func args(a ...module.Arg) []module.Arg { return a }

// Exports implements module.Module.
func (s *Siputils) Exports() module.Exports {
	e := module.Exports{
		Doc:      "Answers questions about messages and URIs, changes URIs, and answers OPTIONS.",
		Requires: []string{"sl"},
		Params: []module.Param{
			{Name: "options_accept", Set: &s.accept, Doc: "Accept of the answer to OPTIONS"},
			{Name: "options_accept_encoding", Set: &s.acceptEncoding, Doc: "Accept-Encoding of the answer to OPTIONS"},
			{Name: "options_accept_language", Set: &s.acceptLanguage, Doc: "Accept-Language of the answer to OPTIONS"},
			{Name: "options_support", Set: &s.supported, Doc: "Supported of the answer to OPTIONS"},
			{Name: "contact_flds_separator", Set: s.setSeparator, Doc: "character between the parts of an address that encode_contact made; only its first one counts"},
			{Name: "e164_max_len", Set: &s.maxE164, Min: 2, Max: 255, Doc: "greatest number of digits of an E.164 number"},
			{Name: "rpid_avp", Set: &s.rpid, Doc: "variable that holds the address for Remote-Party-ID, $avp(s:rpid) where it is left out"},
			{Name: "rpid_prefix", Set: &s.rpidPrefix, Doc: "text before the address in Remote-Party-ID"},
			{Name: "rpid_suffix", Set: &s.rpidSuffix, Doc: "text behind the address in Remote-Party-ID"},
		},
		Variables: []module.Variable{
			{Name: "pcv", Bind: bindVector, Doc: "P-Charging-Vector: $pcv(all), $pcv(value), $pcv(genaddr), $pcv(orig), $pcv(term)"},
		},
		Settings: []setting.Entry{
			{Group: "siputils", Name: "ring_timeout", Int: &s.ringTimeout, Doc: "define how long the Call-id is kept in the internal list"},
		},
	}
	for _, functions := range [][]module.Function{s.messageFunctions(), s.uriFunctions(), s.contactFunctions(), s.textFunctions()} {
		e.Functions = append(e.Functions, functions...)
	}
	return e
}

func (s *Siputils) messageFunctions() []module.Function {
	prefix := module.Arg{Name: "prefix", Optional: true, Doc: "text before the address"}
	suffix := module.Arg{Name: "suffix", Optional: true, Paired: true, Doc: "text behind the address"}
	return []module.Function{
		{Name: "is_request", Routes: anyRoute, Run: isRequest, Doc: "True when the message is a request."},
		{Name: "is_reply", Routes: anyRoute, Run: isReply, Doc: "True when the message is a reply."},
		{Name: "is_sip", Routes: anyRoute, Run: isSIP, Doc: "True when the message is SIP."},
		{Name: "is_http", Routes: anyRoute, Run: isHTTP, Doc: "True when the message is HTTP."},
		{Name: "has_totag", Routes: anyRoute, Run: hasToTag, Doc: "True when To has a tag, so that the request belongs to a dialog."},
		{Name: "is_first_hop", Lua: "is_first_hop; is_first_hop_mode(int)", Args: args(module.Arg{Name: "mode", Type: module.ArgInt, Optional: true, Doc: "1 lets a host name in Record-Route pass and skips the test for loops"}),
			Routes: anyRoute, Run: isFirstHop, Doc: "True when the request has one Via, or the reply no Record-Route or this server topmost."},
		{Name: "is_user", Args: args(module.Arg{Name: "username", Doc: "user name"}), Routes: inRequest | module.LocalRoute, Run: isUser,
			Doc: "True when the credentials that were checked are those of the user."},
		{Name: "is_supported", Args: args(module.Arg{Name: "option", Compile: knownOption, Doc: "path, 100rel, timer, eventlist, gruu or outbound"}), Routes: anyRoute, Run: isSupported,
			Doc: "True when Supported names the option."},
		{Name: "sip_parse_headers", Routes: anyRoute, Run: parseHeaders, Doc: "True when each Via, From, To, CSeq and Content-Length of the message can be read."},
		{Name: "hdr_date_check", Args: args(module.Arg{Name: "tdiff", Type: module.ArgInt, Doc: "seconds"}), Routes: anyRoute, Run: checkDate,
			Doc: "True when Date is not longer ago; -4 when it is, -1 when there is none that can be read."},
		{Name: "options_reply", Routes: inRequest, Run: s.optionsReply, Doc: "Answers an OPTIONS without user in the Request-URI; false for other requests."},
		{Name: "append_rpid_hf", Args: args(prefix, suffix), Routes: onForward, Run: s.appendRPID, Doc: "Adds Remote-Party-ID with the address in rpid_avp; false when it is empty."},
		{Name: "is_rpid_user_e164", Routes: inRequest, Run: s.isRPIDUserE164, Doc: "True when the user of the address in rpid_avp is an E.164 number."},
		{Name: "sip_p_charging_vector", Args: args(module.Arg{Name: "flags", Compile: parseVectorFlags, Doc: "r removes, g generates unless it is there, f does both"}), Routes: anyRoute, Run: editVector,
			Doc: "Removes or generates P-Charging-Vector (RFC 7315)."},
	}
}

func (s *Siputils) uriFunctions() []module.Function {
	name := module.Arg{Name: "param", Doc: "name of the parameter"}
	value := module.Arg{Name: "value", Optional: true, Doc: "value of the parameter"}
	uri := module.Arg{Name: "uri", Doc: "URI"}
	maybe := uri
	maybe.Optional = true
	variable := func(name, doc string) module.Arg { return module.Arg{Name: name, Type: module.ArgVar, Doc: doc} }
	two := args(module.Arg{Name: "str1", Doc: "URI"}, module.Arg{Name: "str2", Doc: "URI"})
	return []module.Function{
		{Name: "uri_param", Lua: "uri_param; uri_param_value(str,str)", Args: args(name, value), Routes: onForward, Run: uriParam, Doc: "True when the Request-URI has the parameter, without value or with the given one."},
		{Name: "uri_param_any", Args: args(name), Routes: onForward, Run: uriParamAny, Doc: "True when the Request-URI has the parameter."},
		{Name: "get_uri_param", Args: args(name, variable("var", "variable that receives the value")), Routes: inRequest | module.LocalRoute, Run: getURIParam, Doc: "Assigns the value of a parameter of the Request-URI."},
		{Name: "add_uri_param", Args: args(module.Arg{Name: "param", Doc: `"name=value"`}), Routes: inRequest, Run: addURIParam, Doc: "Adds a parameter to the Request-URI."},
		{Name: "uri_param_rm", Args: args(name), Routes: onForward, Run: removeURIParam, Doc: "Removes a parameter of the Request-URI."},
		{Name: "is_uri", Args: args(uri), Routes: anyRoute, Run: isURI, Doc: "True for a sip, sips, tel or urn URI."},
		{Name: "is_gruu", Args: args(maybe), Routes: anyRoute, Run: isGRUU, Doc: "1 for a public GRUU, 2 for a temporary one; of the Request-URI where no URI is given."},
		{Name: "cmp_uri", Args: two, Routes: anyRoute, Run: compareURI, Doc: "True when the URIs are the same; -2 when one is none."},
		{Name: "cmp_aor", Args: two, Routes: anyRoute, Run: compareAOR, Doc: "True when user, host and port are the same; -2 when one is no URI."},
		{Name: "tel2sip", Args: args(uri, module.Arg{Name: "hostpart", Doc: "host of the SIP URI"}, variable("result", "variable that receives the SIP URI")),
			Routes: onForward | module.AnyReply, Run: tel2SIP, Doc: "Makes a SIP URI of a tel URI; 2, and nothing assigned, for another URI."},
		{Name: "tel2sip2", Args: args(uri, module.Arg{Name: "hostpart", Doc: "host of the SIP URI"}, variable("result", "variable that receives the SIP URI")),
			Routes: onForward | module.AnyReply, Run: tel2SIPOrdered, Doc: "tel2sip with the parameters in the order of RFC 3966, without a phone-context that is a domain, and without separators in one that is a number."},
		{Name: "set_uri_user", Args: args(variable("uri", "variable with a URI"), module.Arg{Name: "user", Doc: "user; empty takes it away"}), Routes: anyRoute, Run: setURIUser, Doc: "Sets the user of the URI in a variable."},
		{Name: "set_uri_host", Args: args(variable("uri", "variable with a URI"), module.Arg{Name: "host", Doc: "host"}), Routes: anyRoute, Run: setURIHost, Doc: "Sets the host of the URI in a variable."},
		{Name: "is_uri_user_e164", Args: args(uri), Routes: anyRoute, Run: s.isURIUserE164, Doc: "True when the URI's user is an E.164 number."},
	}
}

func (s *Siputils) contactFunctions() []module.Function {
	name := module.Arg{Name: "pname", Doc: "name of the URI parameter"}
	return []module.Function{
		{Name: "contact_param_encode", Args: args(name, module.Arg{Name: "saddr", Doc: "URI of this server"}), Routes: received, Run: encodeParam,
			Doc: "Replaces the addresses of Contact by the server's, the old ones in a parameter."},
		{Name: "contact_param_decode", Args: args(name), Routes: received, Run: decodeParam, Doc: "Undoes contact_param_encode in Contact."},
		{Name: "contact_param_decode_ruri", Args: args(name), Routes: inRequest, Run: decodeParamRequestURI, Doc: "Undoes contact_param_encode in the Request-URI."},
		{Name: "contact_param_rm", Args: args(name), Routes: received, Run: removeParam, Doc: "Removes a URI parameter from Contact."},
		{Name: "contact_param_check", Args: args(name), Routes: anyRoute, Run: hasParam, Doc: "True when an address of Contact has the URI parameter."},
		{Name: "encode_contact", Args: args(module.Arg{Name: "encoding_prefix", Doc: "how the user begins"}, module.Arg{Name: "hostpart", Doc: "host of the new address"}),
			Routes: received, Run: s.encodeContact, Doc: "Moves the parts of the addresses of Contact into their user parts; URI parameters but transport are lost."},
		{Name: "decode_contact", Routes: inRequest, Run: s.decodeRequestURI, Doc: "Undoes encode_contact in the Request-URI."},
		{Name: "decode_contact_header", Routes: received | module.FailureRoute, Run: s.decodeHeader, Doc: "Undoes encode_contact in Contact."},
	}
}

func (s *Siputils) textFunctions() []module.Function {
	text := module.Arg{Name: "tval", Doc: "text"}
	return []module.Function{
		{Name: "is_numeric", Args: args(text), Routes: anyRoute, Run: isNumeric, Doc: "True for digits only."},
		{Name: "is_alphanum", Args: args(text), Routes: anyRoute, Run: isAlphanum, Doc: "True for digits and ASCII letters only."},
		{Name: "is_alphanumex", Args: args(text, module.Arg{Name: "eset", Doc: "further characters"}), Routes: anyRoute, Run: isAlphanumEx, Doc: "True for digits, ASCII letters and the given characters only."},
		{Name: "is_tel_number", Args: args(text), Routes: anyRoute, Run: isTelNumber, Doc: "True for digits, perhaps with + in front."},
		{Name: "is_e164", Lua: "-", Args: args(text), Routes: inRequest | module.FailureRoute | module.LocalRoute, Run: s.isE164, Doc: "True for + and two to e164_max_len digits."},
		{Name: "cmp_hdr_name", Args: args(module.Arg{Name: "str1", Doc: "header name"}, module.Arg{Name: "str2", Doc: "header name"}), Routes: anyRoute, Run: compareHeaderName,
			Doc: "True when both name the same header, compact or full."},
	}
}
