// SPDX-License-Identifier: Apache-2.0

package siputils

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// incomparable is the result of a comparison of what is no URI, and of two
// different headers that have no number.
const incomparable module.Result = -2

// twoURIs parses the arguments of a comparison.
func twoURIs(a module.Args) (u, v sip.URI, ok bool) {
	u, err1 := sip.ParseURI(a.Str(0))
	v, err2 := sip.ParseURI(a.Str(1))
	return u, v, err1 == nil && err2 == nil
}

// compareURI is cmp_uri(str1, str2).
func compareURI(_ *module.Call, a module.Args) module.Result {
	u, v, ok := twoURIs(a)
	if !ok {
		return incomparable
	}
	return module.Bool(sameURI(&u, &v))
}

// sameURI compares as Kamailio does, which is not wholly RFC 3261 19.1.4:
// escapes are not resolved, headers not looked at, and a transport on one side
// only does not count.
func sameURI(u, v *sip.URI) bool {
	if u.Scheme != v.Scheme || u.User != v.User || u.Password != v.Password || !sip.EqualFold(u.Host, v.Host) || u.Port != v.Port {
		return false
	}
	return paramsFit(u.Params, v.Params) && paramsFit(v.Params, u.Params)
}

// paramsFit says whether each parameter of p is the same in q, or may be
// absent there.
func paramsFit(p, q sip.Params) bool {
	for one, rest, ok := p.Next(); ok; one, rest, ok = rest.Next() {
		value, there := q.Lookup(one.Name)
		switch {
		case !there && mustMatch(one.Name):
			return false
		case there && sip.EqualFold(one.Name, "user"):
			if value != one.Value {
				return false
			}
		case there && !sip.EqualFold(value, one.Value):
			return false
		}
	}
	return true
}

// mustMatch says whether a parameter must be on both sides (RFC 3261 19.1.4).
func mustMatch(name string) bool {
	for _, n := range [...]string{"user", "ttl", "method", "maddr"} {
		if sip.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// compareAOR is cmp_aor(str1, str2): user, host and port, which is 5060 where
// it is not written.
func compareAOR(_ *module.Call, a module.Args) module.Result {
	u, v, ok := twoURIs(a)
	if !ok {
		return incomparable
	}
	return module.Bool(u.User == v.User && sip.EqualFold(u.Host, v.Host) && port5060(&u) == port5060(&v))
}

func port5060(u *sip.URI) int {
	if u.Port == 0 {
		return 5060
	}
	return u.Port
}

// compareHeaderName is cmp_hdr_name(str1, str2).
func compareHeaderName(_ *module.Call, a module.Args) module.Result {
	t := sip.ParseHeaderType(a.Str(0))
	switch {
	case t != sip.ParseHeaderType(a.Str(1)):
		return module.False
	case t != sip.HeaderOther || sip.EqualFold(a.Str(0), a.Str(1)):
		return module.True
	}
	return incomparable
}
