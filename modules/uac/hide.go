// SPDX-License-Identifier: Apache-2.0

package uac

import (
	"encoding/base64"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
)

// A parameter of Record-Route carries both URIs of a header that was changed,
// the one that came and the one that left, as their exclusive or: whoever has
// one of them gets the other, and each side of the dialog has the one that it
// saw. The shorter one is filled up with NULs. With a password the text is mixed
// with its bytes, over and over. Written in base64 with - for filling. Kamailio
// does the same, so that dialogs that one of the two has begun go on with the
// other.

// encoding is that of the parameters.
var encoding = base64.StdEncoding.WithPadding('-')

// maxHidden bounds what is decoded; no URI is longer.
const maxHidden = 4096

// hide appends the parameter's value for two URIs.
func hide(dst []byte, came, left, password string) []byte {
	mixed := make([]byte, max(len(came), len(left)))
	mix(mixed, came)
	mix(mixed, left)
	repeat(mixed, password)
	return encoding.AppendEncode(dst, mixed)
}

// reveal returns the URI that stands behind hidden for the one that a message
// has; false where the value cannot have been made for it.
func reveal(dst []byte, hidden, uri, password string) ([]byte, bool) {
	if len(hidden) > maxHidden {
		return dst, false
	}
	at := len(dst)
	dst, err := encoding.AppendDecode(dst, []byte(hidden))
	if err != nil || len(dst)-at < len(uri) {
		return dst[:at], false
	}
	mixed := dst[at:]
	repeat(mixed, password)
	mix(mixed, uri)
	n := len(mixed)
	for n > 0 && mixed[n-1] == 0 {
		n--
	}
	if n == 0 || !printable(string(mixed[:n])) {
		return dst[:at], false
	}
	return dst[:at+n], true
}

// mix is the exclusive or with a text, filled up with NULs.
func mix(b []byte, text string) {
	for i := 0; i < len(text); i++ {
		b[i] ^= text[i]
	}
}

// repeat is the exclusive or with a text that is repeated.
func repeat(b []byte, text string) {
	for i := range b {
		if text == "" {
			return
		}
		b[i] ^= text[i%len(text)]
	}
}

// printable says whether a text can stand between angle brackets.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '<' || r == '>' || r == 0x7f })
}

// head is what a header field has in front of its parameters: display name and
// URI with its brackets.
func head(a *sip.NameAddr) string {
	if !a.Bracketed {
		return a.Raw[:strings.Index(a.Raw, a.URI)+len(a.URI)]
	}
	open := len(a.Display) + strings.IndexByte(a.Raw[len(a.Display):], '<')
	return a.Raw[:open+strings.IndexByte(a.Raw[open:], '>')+1]
}
