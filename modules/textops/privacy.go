// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// privacyTypes are the registered values of Privacy (RFC 3323 4.2, RFC 3325
// 9.3, RFC 4244 3).
var privacyTypes = []string{"header", "session", "user", "none", "critical", "id", "history"}

func parsePrivacy(text string) (any, error) {
	if !knownPrivacy(text) {
		return nil, errors.New("unknown privacy type: it is " + strings.Join(privacyTypes, ", "))
	}
	return nil, nil
}

func knownPrivacy(text string) bool {
	for _, t := range privacyTypes {
		if sip.EqualFold(t, text) {
			return true
		}
	}
	return false
}

// isPrivacy is is_privacy(privacy_type): in the first Privacy header. One
// unknown value makes the header void.
func isPrivacy(c *module.Call, a module.Args) module.Result {
	found := module.False
	for value := range strings.SplitSeq(c.Msg.Value(sip.HeaderPrivacy), ";") {
		value = strings.TrimSpace(value)
		if !knownPrivacy(value) {
			return module.False
		}
		if sip.EqualFold(value, a.Str(0)) {
			found = module.True
		}
	}
	return found
}
