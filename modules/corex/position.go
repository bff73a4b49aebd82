// SPDX-License-Identifier: Apache-2.0

package corex

import (
	"fmt"
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

// bindPosition is $cfg(line), $cfg(name) and $cfg(route).
func bindPosition(_ module.Binder, inner string) (module.Accessor, error) {
	switch inner {
	case "line":
		return module.Getter(func(c *module.Call) avp.Value { return avp.Number(int64(c.Line.Line)) }), nil
	case "name", "file":
		return module.Getter(func(c *module.Call) avp.Value { return avp.String(c.Line.File) }), nil
	case "route":
		return module.Getter(func(c *module.Call) avp.Value { return avp.String(routeName(c.Line.Route)) }), nil
	}
	return nil, fmt.Errorf("unknown key %q of $cfg: it is line, name or route", inner)
}
