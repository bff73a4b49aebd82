// SPDX-License-Identifier: Apache-2.0

package corex

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// routeName is the name of a route by its heading: FOO of "route[FOO]", and
// what Kamailio calls those without a name.
func routeName(heading string) string {
	if _, name, ok := strings.Cut(heading, "["); ok {
		return strings.TrimSuffix(name, "]")
	}
	switch heading {
	case "reply_route", "onreply_route":
		return "DEFAULT_ONREPLY"
	case "onsend_route":
		return "DEFAULT_ONSEND"
	}
	return "DEFAULT_ROUTE"
}

// bindPosition is $cfg(line), $cfg(name), with its folder, and $cfg(route).
func bindPosition(_ module.Binder, inner string) (module.Accessor, error) {
	switch inner {
	case "line":
		return module.Getter(func(c *module.Call) avp.Value { return avp.Number(int64(c.Line.Line)) }), nil
	case "name", "file":
		folder, err := os.Getwd() // as the configuration is read: a server changes it
		if err != nil {
			return nil, err
		}
		return module.Getter(func(c *module.Call) avp.Value {
			if filepath.IsAbs(c.Line.File) {
				return avp.String(c.Line.File)
			}
			return avp.String(c.Keep(filepath.Join(folder, c.Line.File)))
		}), nil
	case "route":
		return module.Getter(func(c *module.Call) avp.Value { return avp.String(routeName(c.Line.Route)) }), nil
	}
	return nil, fmt.Errorf("unknown key %q of $cfg: it is line, name or route", inner)
}
