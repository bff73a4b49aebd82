// SPDX-License-Identifier: Apache-2.0

package xlog

import "github.com/kahea-sip/kahea/core/module"

// checkFacility looks at the first of three arguments, at start.
func checkFacility(_ module.Binder, a module.Args) error {
	if !a[2].Given || !a.Template(0).Const() {
		return nil
	}
	_, err := module.FacilityNamed(a.Template(0).Eval(nil))
	return err
}
