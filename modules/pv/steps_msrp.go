// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// msrpURI is a URI of RFC 4975 6: scheme://userinfo@host:port/session;proto;params.
type msrpURI struct {
	userInfo, user, host, port, session, proto, params string
}

func parseMSRP(s string) (u msrpURI, ok bool) {
	scheme, rest, has := strings.Cut(s, "://")
	if !has || !strings.EqualFold(scheme, "msrp") && !strings.EqualFold(scheme, "msrps") {
		return u, false
	}
	place, tail, has := strings.Cut(rest, ";")
	if !has {
		return u, false // the transport is required
	}
	if u.proto, _, has = strings.Cut(tail, ";"); has {
		u.params = tail // as in Kamailio, with the transport
	}
	place, u.session, _ = strings.Cut(place, "/")
	if i := strings.LastIndexByte(place, '@'); i >= 0 {
		u.userInfo, place = place[:i], place[i+1:]
		u.user, _, _ = strings.Cut(u.userInfo, ":")
	}
	u.host = place
	if i := strings.LastIndexByte(place, ':'); i >= 0 && !strings.HasSuffix(place, "]") {
		u.host, u.port = place[:i], place[i+1:]
	}
	return u, u.host != ""
}

// msrpSteps are {msrpuri.…}.
func msrpSteps() []module.Transformation {
	step := func(name, doc string, f func(u *msrpURI) string) module.Transformation {
		return onText("msrpuri", name, doc, nil, func(_ *module.Call, s string, _ module.Args) module.Value {
			u, ok := parseMSRP(s)
			if !ok {
				return null
			}
			return avp.String(f(&u))
		})
	}
	return []module.Transformation{
		step("user", "user of an MSRP URI", func(u *msrpURI) string { return u.user }),
		step("host", "host of an MSRP URI", func(u *msrpURI) string { return u.host }),
		step("port", "port of an MSRP URI", func(u *msrpURI) string { return u.port }),
		step("session", "session of an MSRP URI", func(u *msrpURI) string { return u.session }),
		step("proto", "transport of an MSRP URI", func(u *msrpURI) string { return u.proto }),
		step("params", "transport and parameters of an MSRP URI", func(u *msrpURI) string { return u.params }),
		step("userinfo", "user and password of an MSRP URI", func(u *msrpURI) string { return u.userInfo }),
	}
}
