// SPDX-License-Identifier: Apache-2.0

// Package textops searches and changes the text of messages.
package textops

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("textops", func() module.Module { return new(Textops) }) }

// Textops is the module.
type Textops struct{}

// Exports implements module.Module.
func (t *Textops) Exports() module.Exports {
	e := module.Exports{Doc: "Searches and changes the text of messages: headers, body, Request-URI, and what is to stand in replies."}
	for _, functions := range [][]module.Function{headerFunctions(), textFunctions(), bodyFunctions(), replyFunctions(), stringFunctions()} {
		e.Functions = append(e.Functions, functions...)
	}
	return e
}

// Where functions may be called.
const (
	anyRoute  = module.AnyRoute
	onRequest = module.RequestRoute | module.FailureRoute | module.BranchRoute
	onBoth    = onRequest | module.AnyReply
)

// Arguments that several functions have.
var (
	headerArg  = module.Arg{Name: "hname", Compile: headerName, Doc: "name of the header, in any case, compact or full"}
	patternArg = module.Arg{Name: "re", Type: module.ArgRegexp, Doc: "POSIX extended regular expression, case ignored"}
	dynamicArg = module.Arg{Name: "re", Compile: compilePattern, Doc: "regular expression, perhaps with variables"}
	plainArg   = module.Arg{Name: "txt", Type: module.ArgRegexp, Compile: takeAsIs, Doc: "text, taken as it is: variables are not looked for"}
	substArg   = module.Arg{Name: "substexp", Type: module.ArgRegexp, Compile: parseSubstitution, Doc: `"/expression/replacement/flags"; flags i, g, s`}
	typeArg    = module.Arg{Name: "content_type", Doc: "value of Content-Type"}
	hexArg     = module.Arg{Name: "txt", Doc: "hexadecimal digits, blanks let pass"}
	resultArg  = module.Arg{Name: "opv", Type: module.ArgVar, Doc: "variable that receives the result"}
)

func args(a ...module.Arg) []module.Arg { return a }

func headerFunctions() []module.Function {
	line := module.Arg{Name: "txt", Doc: `complete header with its line end (\r\n)`}
	behind := module.Arg{Name: "hdr", Optional: true, Doc: "header behind the last of which it goes"}
	before := module.Arg{Name: "hdr", Optional: true, Doc: "header in front of the first of which it goes"}
	prefix, suffix := plainArg, plainArg
	prefix.Name, suffix.Name = "prefix", "suffix"
	skip, skipDynamic := patternArg, dynamicArg
	skip.Name, skipDynamic.Name = "expskip", "expskip"
	return []module.Function{
		{Name: "is_method", Args: args(module.Arg{Name: "name", Compile: parseMethods, Means: module.MeansMethods, Doc: `method, or several separated by "|"`}), Routes: anyRoute, Run: isMethod,
			Doc: "True when the request, or the CSeq of the reply, has one of the methods."},
		{Name: "append_hf", Args: args(line, behind), Routes: anyRoute, Run: appendHeader, Doc: "Adds a header behind all others, or behind the last one of a name."},
		{Name: "insert_hf", Args: args(line, before), Routes: anyRoute, Run: insertHeader, Doc: "Adds a header in front of all others, or in front of the first one of a name."},
		{Name: "append_urihf", Args: args(prefix, suffix), Routes: onRequest, Run: appendURIHeader, Doc: "Adds a header that has the Request-URI, as it arrived, between the two texts."},
		{Name: "is_present_hf", Args: args(headerArg), Routes: anyRoute, Run: hasHeader, Doc: "True when the message arrived with such a header."},
		{Name: "is_present_hf_pv", Args: args(headerArg), Routes: anyRoute, Run: hasHeader, Lua: "-", Doc: "The same as is_present_hf."},
		{Name: "is_present_hf_re", Args: args(patternArg), Routes: anyRoute, Run: hasHeaderMatch, Doc: "True when the name of a header matches."},
		{Name: "is_present_hf_re_pv", Args: args(dynamicArg), Routes: anyRoute, Run: hasHeaderMatch, Lua: "-", Doc: "is_present_hf_re for an expression with variables."},
		{Name: "remove_hf", Args: args(headerArg), Routes: anyRoute, Run: removeHeader, Doc: "Removes all headers of a name; false when there is none."},
		{Name: "remove_hf_pv", Args: args(headerArg), Routes: anyRoute, Run: removeHeader, Lua: "-", Doc: "The same as remove_hf."},
		{Name: "remove_hf_re", Args: args(patternArg), Routes: anyRoute, Run: removeHeaderMatch, Doc: "Removes all headers whose names match; false when there is none."},
		{Name: "remove_hf_re_pv", Args: args(dynamicArg), Routes: anyRoute, Run: removeHeaderMatch, Lua: "-", Doc: "remove_hf_re for an expression with variables."},
		{Name: "remove_hf_exp", Args: args(patternArg, skip), Routes: anyRoute, Run: removeHeaderMatch, Doc: "Removes all headers whose names match the first expression and not the second."},
		{Name: "remove_hf_exp_pv", Args: args(dynamicArg, skipDynamic), Routes: anyRoute, Run: removeHeaderMatch, Lua: "-", Doc: "remove_hf_exp for expressions with variables."},
		{Name: "remove_hf_idx", Args: args(headerArg, module.Arg{Name: "idx", Type: module.ArgInt, Doc: "0 is the first, -1 the last one"}), Routes: anyRoute, Run: removeHeaderIndex,
			Doc: "Removes one of the headers of a name; 2 when there are not so many."},
		{Name: "remove_hf_match", Args: args(headerArg, module.Arg{Name: "op", Compile: parseComparison, Doc: "eq (equal), ne (not equal), in (contains), re (matches)"},
			module.Arg{Name: "expr", Doc: "text or regular expression"}), Routes: anyRoute, Run: removeHeaderValue,
			Doc: "Removes the headers of a name whose values compare so; -2 when there is none."},
		{Name: "append_time_to_request", Routes: anyRoute, Run: appendTimeToRequest, Doc: "Adds Date with the time of now."},
		{Name: "is_privacy", Args: args(module.Arg{Name: "privacy_type", Compile: parsePrivacy, Doc: strings.Join(privacyTypes, ", ")}), Routes: anyRoute, Run: isPrivacy,
			Doc: "True when the Privacy header has the value."},
	}
}

func textFunctions() []module.Function {
	which := module.Arg{Name: "flags", Compile: parseSelection, Doc: "a for all headers of the name, f for the first, l for the last"}
	mode := module.Arg{Name: "mode", Compile: parseMode, Doc: "f replaces the first match, a all"}
	match, repl := module.Arg{Name: "match", Doc: "text to look for"}, module.Arg{Name: "repl", Doc: "text to put there"}
	whole := patternArg
	whole.Compile, whole.Doc = compileWhole, "regular expression for which line ends are ordinary characters"
	return []module.Function{
		{Name: "search", Args: args(patternArg), Routes: anyRoute, Run: search, Doc: "True when the message, as it arrived, holds a match. A dot matches no line end."},
		{Name: "search_body", Args: args(patternArg), Routes: anyRoute, Run: searchBody, Doc: "True when the body holds a match."},
		{Name: "search_str", Args: args(module.Arg{Name: "text", Doc: "text to search"}, dynamicArg), Routes: anyRoute, Run: searchText, Doc: "True when the text holds a match."},
		{Name: "search_hf", Args: args(headerArg, patternArg, which), Routes: anyRoute, Run: searchHeader, Doc: "True when the value of such a header holds a match."},
		{Name: "search_append", Args: args(patternArg, plainArg), Routes: anyRoute, Run: searchAppend(headersAndBody), Doc: "Puts a text behind the first match in headers or body."},
		{Name: "search_append_body", Args: args(patternArg, plainArg), Routes: anyRoute, Run: searchAppend(body), Doc: "Puts a text behind the first match in the body."},
		{Name: "replace", Args: args(patternArg, plainArg), Routes: anyRoute, Run: replaceFirst(headersAndBody), Doc: "Replaces the first match in headers or body."},
		{Name: "replace_hdrs", Args: args(patternArg, plainArg), Routes: anyRoute, Run: replaceFirst(headers), Doc: "Replaces the first match in the headers."},
		{Name: "replace_body", Args: args(patternArg, plainArg), Routes: anyRoute, Run: replaceFirst(body), Doc: "Replaces the first match in the body."},
		{Name: "replace_all", Args: args(patternArg, plainArg), Routes: anyRoute, Run: replaceAll(headersAndBody), Doc: "Replaces all matches in headers and body."},
		{Name: "replace_body_all", Args: args(patternArg, plainArg), Routes: anyRoute, Run: replaceAll(body), Doc: "Replaces all matches in the body; ^ and $ match at each line."},
		{Name: "replace_body_atonce", Args: args(whole, plainArg), Routes: anyRoute, Run: replaceAll(body), Doc: "Replaces all matches in the body, which is taken as one line."},
		{Name: "replace_str", Args: args(match, repl, mode), Routes: anyRoute, Run: replaceText(headersAndBody), Doc: "Replaces a text, case respected, in headers and body."},
		{Name: "replace_hdrs_str", Args: args(match, repl, mode), Routes: anyRoute, Run: replaceText(headers), Doc: "Replaces a text in the headers."},
		{Name: "replace_body_str", Args: args(match, repl, mode), Routes: anyRoute, Run: replaceText(body), Doc: "Replaces a text in the body."},
		{Name: "subst", Args: args(substArg), Prepare: bindSubstitution(0), Routes: anyRoute, Run: substPart(headersAndBody, "subst"), Doc: "Substitutes in headers and body."},
		{Name: "subst_body", Args: args(substArg), Prepare: bindSubstitution(0), Routes: anyRoute, Run: substPart(body, "subst_body"), Doc: "Substitutes in the body."},
		{Name: "subst_uri", Args: args(substArg), Prepare: bindSubstitution(0), Routes: onBoth, Run: substURI, Doc: "Substitutes in the Request-URI ($ru)."},
		{Name: "subst_user", Args: args(substArg), Prepare: bindSubstitution(0), Routes: onBoth, Run: substUser, Doc: "Substitutes in the user of the Request-URI ($rU)."},
		{Name: "subst_hf", Args: args(headerArg, substArg, which), Prepare: bindSubstitution(1), Routes: anyRoute, Run: substHeader, Doc: "Substitutes in the values of headers."},
		{Name: "subst_v", Args: args(module.Arg{Name: "itext", Doc: "text to substitute in"}, substArg, resultArg), Prepare: bindSubstitution(1), Routes: anyRoute, Run: substVar,
			Doc: "Substitutes in a text and assigns the result; false, and nothing assigned, without a match."},
	}
}

func bodyFunctions() []module.Function {
	mime := module.Arg{Name: "mime", Compile: parseMIME, Doc: "type that Content-Type must name"}
	optional := mime
	optional.Optional = true
	text := module.Arg{Name: "txt", Doc: "content"}
	disposition := module.Arg{Name: "content_disposition", Optional: true, Doc: "value of Content-Disposition"}
	first, second := module.Arg{Name: "txt", Optional: true, Doc: "content; alone, the boundary"}, typeArg
	second.Optional = true
	boundary := module.Arg{Name: "boundary", Optional: true, Doc: "boundary; " + defaultBoundary + " where it is left out"}
	return []module.Function{
		{Name: "has_body", Args: args(optional), Routes: anyRoute, Run: hasBody, Doc: "True when the message has a body that Content-Length counts, of the type. No Content-Type stands for application/sdp."},
		{Name: "has_body_type", Args: args(mime), Routes: anyRoute, Run: hasBody, Doc: "The same as has_body with a type."},
		{Name: "set_body", Args: args(text, typeArg), Routes: onBoth, Run: setBody, Doc: "Sets body and Content-Type."},
		{Name: "set_body_hex", Args: args(hexArg, typeArg), Routes: anyRoute, Run: setBodyHex, Doc: "Sets a body that is given in hexadecimal."},
		{Name: "filter_body", Args: args(typeArg), Routes: anyRoute, Run: filterBody, Doc: "Leaves of a multipart body the first part of the type. Content-Type is the script's."},
		{Name: "set_body_multipart", Lua: "set_body_multipart(str,str,str); set_body_multipart_mode; set_body_multipart_boundary(str); set_body_multipart_content(str,str)", Args: args(first, second, boundary), Routes: onRequest, Run: setBodyMultipart, Doc: "Makes the given text, or the body that is there, the first part of a multipart body."},
		{Name: "append_body_part", Lua: "append_body_part; append_body_part_cd(str,str,str)", Args: args(text, typeArg, disposition), Routes: onRequest, Run: appendBodyPart, Doc: "Adds a part to a multipart body."},
		{Name: "append_body_part_hex", Lua: "append_body_part_hex; append_body_part_hex_cd(str,str,str)", Args: args(hexArg, typeArg, disposition), Routes: onRequest, Run: appendBodyPartHex, Doc: "Adds a part that is given in hexadecimal."},
		{Name: "remove_body_part", Args: args(typeArg), Routes: onRequest, Run: removeBodyPart, Doc: "Removes the first part of the type."},
		{Name: "get_body_part", Args: args(typeArg, resultArg), Routes: onBoth, Run: getBodyPart, Doc: "Assigns what follows the Content-Type line of the first part of the type."},
		{Name: "get_body_part_raw", Args: args(typeArg, resultArg), Routes: onBoth, Run: getBodyPartRaw, Doc: "Assigns the first part of the type from its Content-Type to the next boundary line."},
		{Name: "is_audio_on_hold", Routes: anyRoute, Run: isAudioOnHold, Doc: "1 when an audio stream is on hold by a null address (RFC 2543), 2 by sendonly or inactive (RFC 3264)."},
	}
}

func replyFunctions() []module.Function {
	text := module.Arg{Name: "txt", Doc: "body of the reply"}
	return []module.Function{
		{Name: "append_to_reply", Args: args(module.Arg{Name: "txt", Doc: `complete header with its line end (\r\n)`}), Routes: onRequest, Run: appendToReply,
			Doc: "Adds a header to the replies that this server gives itself."},
		{Name: "append_time", Routes: onRequest, Run: appendTime, Doc: "Adds Date with the time of now to such replies."},
		{Name: "set_reply_body", Args: args(text, typeArg), Routes: onRequest, Run: setReplyBody, Doc: "Sets body and Content-Type of such replies."},
		{Name: "set_reply_body_hex", Args: args(hexArg, typeArg), Routes: onRequest, Run: setReplyBodyHex, Doc: "Sets a body that is given in hexadecimal."},
	}
}

func stringFunctions() []module.Function {
	text := module.Arg{Name: "str1", Doc: "text"}
	two := func(doc string) []module.Arg { return args(text, module.Arg{Name: "str2", Doc: doc}) }
	list := args(module.Arg{Name: "subject", Doc: "text to look for"}, module.Arg{Name: "list", Doc: "items; blanks around them do not count"},
		module.Arg{Name: "separator", Compile: separator, Doc: "one character"})
	number := func(name, doc string) module.Arg { return module.Arg{Name: name, Type: module.ArgInt, Doc: doc} }
	return []module.Function{
		{Name: "cmp_str", Args: two("text to compare with"), Routes: anyRoute, Run: compare, Doc: "True when the texts are the same; -2 when the first is the lesser one."},
		{Name: "cmp_istr", Args: two("text to compare with"), Routes: anyRoute, Run: compareFold, Doc: "cmp_str without regard to case."},
		{Name: "starts_with", Args: two("prefix"), Routes: anyRoute, Run: startsWith, Doc: "True when the first text starts with the second."},
		{Name: "ends_with", Args: two("suffix"), Routes: anyRoute, Run: endsWith, Doc: "True when the first text ends with the second."},
		{Name: "str_find", Args: two("text to look for"), Routes: anyRoute, Run: find, Doc: "Place of the second text in the first, counted from 1; false when it is not there."},
		{Name: "str_ifind", Args: two("text to look for"), Routes: anyRoute, Run: findFold, Doc: "str_find without regard to case."},
		{Name: "str_any_in", Args: two("characters"), Routes: anyRoute, Run: anyIn, Doc: "True when the first text holds any of the characters."},
		{Name: "str_all_in", Args: two("characters"), Routes: anyRoute, Run: allIn, Doc: "True when the first text holds all of the characters."},
		{Name: "in_list", Args: list, Routes: anyRoute, Run: inList(same), Doc: "True when the subject is one of the items."},
		{Name: "in_list_prefix", Args: list, Routes: anyRoute, Run: inList(strings.HasPrefix), Doc: "True when an item is the beginning of the subject."},
		{Name: "regex_substring", Args: args(module.Arg{Name: "itext", Doc: "text to search"}, dynamicArg, number("mindex", "group of the match, 0 for all of it"),
			number("mcount", "how many groups there may be"), resultArg), Routes: anyRoute, Run: regexSubstring, Doc: "Assigns a group of the first match; -2 when there is none."},
	}
}
