// SPDX-License-Identifier: Apache-2.0

package auth_db

import (
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// attribute is a column of load_credentials and the variable that gets it.
type attribute struct {
	column string
	to     module.Assignable
}

// parseAttributes reads load_credentials:
//
//	list  = field *(";" field)
//	field = column | variable "=" column
func parseAttributes(b module.Binder, list string) ([]attribute, error) {
	var all []attribute
	for _, field := range strings.Split(list, ";") {
		if field = strings.TrimSpace(field); field == "" {
			continue
		}
		name, column, has := strings.Cut(field, "=")
		if !has {
			name, column = "$avp("+field+")", field
		}
		name, column = strings.TrimSpace(name), strings.TrimSpace(column)
		if err := db.CheckName(column); err != nil {
			return nil, fmt.Errorf("parameter load_credentials: %q: %w", column, err)
		}
		v, err := b.Var(name)
		if err != nil {
			return nil, fmt.Errorf("parameter load_credentials: %w", err)
		}
		to, ok := v.(module.Assignable)
		if !ok {
			return nil, fmt.Errorf("parameter load_credentials: %s cannot be assigned", name)
		}
		all = append(all, attribute{column, to})
	}
	return all, nil
}

// assign sets the variables; a column that is NULL sets none.
func (m *AuthDB) assign(c *module.Call, row []db.Value) {
	for i, a := range m.attributes {
		var v module.Value
		switch value := row[i].(type) {
		case nil:
			continue
		case int64:
			v = avp.Number(value)
		default:
			v = avp.String(db.Text(value))
		}
		if err := a.to.Set(c, module.Index{}, v); err != nil {
			c.Fail("load_credentials", err)
		}
	}
}
