// SPDX-License-Identifier: Apache-2.0

package pua_usrloc

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/xmldoc"
)

// document says that a user can be reached (RFC 3863).
func (m *Module) document(user string) string {
	entity := user
	if m.entityPrefix != "" {
		entity = m.entityPrefix + ":" + user
	}
	id := "0x" + strconv.FormatUint(m.host.Rand().Uint64(), 16)
	return `<?xml version="1.0"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" ` +
		`xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" xmlns:c="urn:ietf:params:xml:ns:pidf:cipid" entity="` + xmldoc.Escape(entity) + `">
  <tuple id="` + id + `">
    <status>
      <basic>open</basic>
    </status>
  </tuple>
</presence>
`
}
