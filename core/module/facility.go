// SPDX-License-Identifier: Apache-2.0

package module

import (
	"fmt"
	"slices"
	"strings"
)

// Facilities are the names of the facilities of the system log.
var Facilities = strings.Fields("LOG_AUTH LOG_AUTHPRIV LOG_CRON LOG_DAEMON LOG_FTP LOG_KERN LOG_LOCAL0 LOG_LOCAL1 LOG_LOCAL2 LOG_LOCAL3 " +
	"LOG_LOCAL4 LOG_LOCAL5 LOG_LOCAL6 LOG_LOCAL7 LOG_LPR LOG_MAIL LOG_NEWS LOG_SYSLOG LOG_USER LOG_UUCP")

// FacilityNamed finds a facility of the system log; the case of letters does not
// count.
func FacilityNamed(text string) (string, error) {
	name := strings.ToUpper(text)
	if !slices.Contains(Facilities, name) {
		return "", fmt.Errorf("%q is no facility of the system log: they are LOG_DAEMON, LOG_USER, LOG_LOCAL0 to LOG_LOCAL7 …", text)
	}
	return name, nil
}

// SetFacility is the Set of a parameter that names a facility of the system log.
func SetFacility(to *string) func(string) error {
	return func(text string) (err error) {
		*to, err = FacilityNamed(text)
		return err
	}
}
