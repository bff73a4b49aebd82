// SPDX-License-Identifier: Apache-2.0

package sst

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
)

// errHeader tells of a header that cannot be read.
var errHeader = errors.New("malformed Session-Expires or Min-SE")

// timers are the headers of a message; 0 for one that is not there.
type timers struct {
	expires, min int
}

// read reads Session-Expires (RFC 4028 4) and Min-SE (5).
func read(m *sip.Message) (t timers, err error) {
	if t.expires, err = seconds(m, sip.HeaderSessionExpires); err != nil {
		return timers{}, err
	}
	if t.min, err = seconds(m, sip.HeaderMinSE); err != nil {
		return timers{}, err
	}
	return t, nil
}

// seconds is the number in front of the parameters of a header.
func seconds(m *sip.Message, h sip.HeaderType) (int, error) {
	i := m.First(h)
	if i < 0 {
		return 0, nil
	}
	text, _, _ := strings.Cut(m.Header(i).Value, ";")
	n, ok := sip.ParseUint(strings.TrimSpace(text))
	if !ok || n == 0 || n > 1<<31-1 {
		return 0, errHeader
	}
	return int(n), nil
}

// below says whether one of the intervals is shorter than least.
func (t timers) below(least int) bool {
	return t.expires != 0 && t.expires < least || t.min != 0 && t.min < least
}

// supports says whether a message has the option timer in Supported.
func supports(m *sip.Message) bool {
	for i := m.First(sip.HeaderSupported); i >= 0; i = m.Next(sip.HeaderSupported, i) {
		for v, rest, ok := sip.NextListValue(m.Header(i).Value); ok; v, rest, ok = sip.NextListValue(rest) {
			if sip.EqualFold(v, "timer") {
				return true
			}
		}
	}
	return false
}
