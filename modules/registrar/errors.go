// SPDX-License-Identifier: Apache-2.0

package registrar

// rejection is why a REGISTER is not carried out, and what the reply says.
type rejection struct {
	code   int
	reason string
	// text stands in P-Registrar-Error.
	text string
	// headers are further header fields, in front of that.
	headers string
}

// The texts are Kamailio's: people look for them in traces.
var (
	errContact     = &rejection{code: 400, reason: "Bad Request", text: "Contact parse error"}
	errContactSize = &rejection{code: 400, reason: "Bad Request", text: "Contact/received too long"}
	errStarExpires = &rejection{code: 400, reason: "Bad Request", text: "* used in contact and expires is not zero"}
	errStarAlone   = &rejection{code: 400, reason: "Bad Request", text: "* used in contact and more than 1 contact"}
	errQ           = &rejection{code: 400, reason: "Bad Request", text: "Invalid q param in contact"}
	errCSeq        = &rejection{code: 400, reason: "Bad Request", text: "Invalid CSeq number"}
	errBadAOR      = &rejection{code: 400, reason: "Bad Request", text: "Error while parsing AOR"}
	errPath        = &rejection{code: 400, reason: "Bad Request", text: "Path parse error"}
	errBrief       = &rejection{code: 423, reason: "Interval Too Brief", text: "Interval too brief"}
	errTooMany     = &rejection{code: 503, reason: "Service Unavailable", text: "Too many registered contacts"}
	errStore       = &rejection{code: 500, reason: "Server Internal Error", text: "Contact cannot be stored"}
	errNoPath      = &rejection{code: 420, reason: "Bad Extension", text: "No support for found Path indicated"}
	errNoOutbound  = &rejection{code: 420, reason: "Bad Extension", text: "No support for Outbound on server", headers: "Unsupported: outbound\r\n"}
	errFirstHop    = &rejection{code: 439, reason: "First Hop Lacks Outbound Support", text: "No support for Outbound on edge proxy"}
	errOutbound    = &rejection{code: 421, reason: "Extension Required", text: "No support for Outbound indicated", headers: "Require: outbound\r\nSupported: outbound\r\n"}
)
