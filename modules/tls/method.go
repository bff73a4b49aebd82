// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"crypto/tls"
	"fmt"
	"strings"
)

// versions is what a method accepts.
type versions struct{ min, max uint16 }

// methods are the methods that a profile may name. SSLv23 is everything that
// there is: what was below TLS 1.0 is no longer spoken.
var methods = map[string]versions{
	"TLSv1.3+": {tls.VersionTLS13, tls.VersionTLS13},
	"TLSv1.3":  {tls.VersionTLS13, tls.VersionTLS13},
	"TLSv1.2+": {tls.VersionTLS12, tls.VersionTLS13},
	"TLSv1.2":  {tls.VersionTLS12, tls.VersionTLS12},
	"TLSv1.1+": {tls.VersionTLS11, tls.VersionTLS13},
	"TLSv1.1":  {tls.VersionTLS11, tls.VersionTLS11},
	"TLSv1+":   {tls.VersionTLS10, tls.VersionTLS13},
	"TLSv1":    {tls.VersionTLS10, tls.VersionTLS10},
	"SSLv23":   {tls.VersionTLS10, tls.VersionTLS13},
}

// defaultMethod is what most peers speak and none has to be ashamed of.
const defaultMethod = "TLSv1.2+"

// method finds a method by its name, in any case.
func method(name string) (versions, error) {
	for n, v := range methods {
		if strings.EqualFold(n, name) {
			return v, nil
		}
	}
	if strings.EqualFold(name, "SSLv2") || strings.EqualFold(name, "SSLv3") {
		return versions{}, fmt.Errorf("method %s is broken and not spoken any more, write TLSv1.2+", name)
	}
	return versions{}, fmt.Errorf("unknown method %q, expected TLSv1.2+, TLSv1.2, TLSv1.3, TLSv1.1+, TLSv1.1, TLSv1+, TLSv1 or SSLv23", name)
}

// versionNames are the versions as OpenSSL writes them.
var versionNames = map[uint16]string{
	tls.VersionTLS10: "TLSv1", tls.VersionTLS11: "TLSv1.1", tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3",
}
