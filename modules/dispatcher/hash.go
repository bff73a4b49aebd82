// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
)

// keys are the texts that a hash is over: one, or two that are hashed one
// after the other, which is not the hash of both joined.
type keys struct {
	first, second string
	two           bool
}

// hash is the hash of keys, value for value that of Kamailio, so that a call
// keeps its gateway when one server takes the place of the other. It is never
// 0. Each four bytes, most significant first, are a number v; what remains of
// a text is one too. The sum of all v^(v>>3) is folded at the end.
func (k keys) hash() uint32 {
	h := sum(0, k.first)
	if k.two {
		h = sum(h, k.second)
	}
	if h += h>>11 + h>>13 + h>>23; h == 0 {
		return 1
	}
	return h
}

func sum(h uint32, s string) uint32 {
	for len(s) >= 4 {
		v := uint32(s[0])<<24 | uint32(s[1])<<16 | uint32(s[2])<<8 | uint32(s[3])
		h += v ^ v>>3
		s = s[4:]
	}
	var v uint32
	for i := range len(s) {
		v = v<<8 | uint32(s[i])
	}
	return h + (v ^ v>>3)
}

// uriKeys are what of a URI is hashed: the user, and, unless userOnly, the
// host, with its port where that is not the default one.
func uriKeys(u *sip.URI, userOnly bool) keys {
	switch {
	case userOnly || u.IsTel():
		return keys{first: u.User}
	case u.Port == 0 || u.Port == 5060 && u.Scheme == sip.SchemeSIP || u.Port == 5061 && u.Scheme == sip.SchemeSIPS:
		return keys{u.User, u.Host, true}
	}
	return keys{u.User, hostPart(u)[:len(u.Host)+1+len(u.PortText)], true}
}

// hostPart is what of a URI stands behind scheme and user.
func hostPart(u *sip.URI) string {
	rest := u.Raw[len(u.SchemeText)+1:]
	if u.HasUser {
		_, rest, _ = strings.Cut(rest, "@")
	}
	return rest
}

// digestUser is the user of the credentials of a request, without its realm
// ("bob" of username="bob@example.org"); empty where there are none.
func digestUser(m *sip.Message) string {
	for _, h := range [...]sip.HeaderType{sip.HeaderProxyAuthorization, sip.HeaderAuthorization} {
		if v := m.Value(h); v != "" {
			user, _, _ := strings.Cut(digestParam(v, "username"), "@")
			return user
		}
	}
	return ""
}

// digestParam is a parameter of credentials, its quotes taken off.
func digestParam(credentials, name string) string {
	_, rest, _ := strings.Cut(credentials, " ")
	for rest != "" {
		key, after, ok := strings.Cut(rest, "=")
		if !ok {
			return ""
		}
		key, after = strings.TrimSpace(key), strings.TrimLeft(after, " \t")
		var value string
		if strings.HasPrefix(after, `"`) {
			end := quoteEnd(after)
			if end < 0 {
				return ""
			}
			value, rest = after[1:end], after[end+1:]
			_, rest, _ = strings.Cut(rest, ",")
		} else {
			value, rest, _ = strings.Cut(after, ",")
			value = strings.TrimSpace(value)
		}
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// quoteEnd is the index of the quote that ends the quoted string at the
// beginning of s; -1 where none does.
func quoteEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}
