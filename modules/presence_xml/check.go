// SPDX-License-Identifier: Apache-2.0

package presence_xml

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/xmldoc"
)

var errPassive = errors.New("presence_xml brings no package presence (passive_mode, disable_presence)")

// noActivities is what pres_check_activities returns where none are published.
const noActivities module.Result = -2

// published returns the documents of a presentity, as far as they can be read.
func (x *XML) published(c *module.Call, uri string) (list []*xmldoc.Element, err error) {
	if x.event == nil {
		return nil, errPassive
	}
	c.Block(func() {
		docs, e := x.presence.Documents(c.Context(), uri, x.event)
		if err = e; err != nil {
			return
		}
		for _, d := range docs {
			if doc, e := xmldoc.Parse(d.Body, xmldoc.Usual); e == nil {
				list = append(list, doc.Root)
			}
		}
	})
	return list, err
}

// checkBasic is pres_check_basic(uri, status).
func (x *XML) checkBasic(c *module.Call, a module.Args) module.Result {
	docs, err := x.published(c, a.Str(0))
	if err != nil {
		return c.Fail("pres_check_basic", err)
	}
	for _, root := range docs {
		for _, tuple := range root.Children {
			if tuple.Name == "tuple" && tuple.Child("status").Child("basic").Trimmed() == a.Str(1) {
				return module.True
			}
		}
	}
	return module.False
}

// checkActivities is pres_check_activities(uri, activity).
func (x *XML) checkActivities(c *module.Call, a module.Args) module.Result {
	docs, err := x.published(c, a.Str(0))
	if err != nil {
		return c.Fail("pres_check_activities", err)
	}
	if len(docs) == 0 {
		return module.False
	}
	result := noActivities
	for _, root := range docs {
		for _, person := range root.Children {
			if person.Name != "person" {
				continue
			}
			activities := person.Child("activities")
			if activities == nil {
				continue
			}
			if activities.Child(a.Str(1)) != nil {
				return module.True
			}
			result = module.False
		}
	}
	return result
}
