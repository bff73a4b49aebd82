// SPDX-License-Identifier: Apache-2.0

package xlog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// facilities are those of the system log.
var facilities = strings.Fields("LOG_AUTH LOG_AUTHPRIV LOG_CRON LOG_DAEMON LOG_FTP LOG_KERN LOG_LOCAL0 LOG_LOCAL1 LOG_LOCAL2 LOG_LOCAL3 " +
	"LOG_LOCAL4 LOG_LOCAL5 LOG_LOCAL6 LOG_LOCAL7 LOG_LPR LOG_MAIL LOG_NEWS LOG_SYSLOG LOG_USER LOG_UUCP")

// facilityNamed finds a facility; the case of letters does not count.
func facilityNamed(text string) (string, error) {
	name := strings.ToUpper(text)
	if !slices.Contains(facilities, name) {
		return "", fmt.Errorf("%q is no facility of the system log: they are LOG_DAEMON, LOG_USER, LOG_LOCAL0 to LOG_LOCAL7 …", text)
	}
	return name, nil
}

// setFacility is the parameter log_facility.
func (x *Xlog) setFacility(text string) (err error) {
	x.facility, err = facilityNamed(text)
	return err
}

// checkFacility looks at the first of three arguments, at start.
func checkFacility(_ module.Binder, a module.Args) error {
	if !a[2].Given || !a.Template(0).Const() {
		return nil
	}
	_, err := facilityNamed(a.Template(0).Eval(nil))
	return err
}
