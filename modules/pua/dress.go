// SPDX-License-Identifier: Apache-2.0

package pua

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/kahea-sip/kahea/core/xmldoc"
)

var errTuple = errors.New("the document of presence has no tuple")

// noteTuple reads the id of the tuple of a document of presence (RFC 3863).
func noteTuple(_ *Module, body string, r *record) (string, error) {
	doc, err := xmldoc.Parse(body, xmldoc.Usual)
	if err != nil {
		return "", err
	}
	id, ok := doc.Root.Child("tuple").Attr("id")
	if !ok {
		return "", errTuple
	}
	if r.tuple == "" {
		r.tuple = id
	}
	return body, nil
}

// countVersion gives a document the number that its publication has come to. The
// rest of it stays byte for byte.
func countVersion(wanted func(m *Module) bool) func(m *Module, body string, r *record) (string, error) {
	return func(m *Module, body string, r *record) (string, error) {
		if !wanted(m) {
			return body, nil
		}
		doc, err := xmldoc.Parse(body, xmldoc.Usual)
		if err != nil {
			return "", fmt.Errorf("the document has no version: %w", err)
		}
		return doc.Apply(doc.SetAttr(doc.Root, "version", strconv.Itoa(r.version))), nil
	}
}

func ofDialog(m *Module) bool       { return m.dialogVersion != 0 }
func ofRegistration(m *Module) bool { return m.regVersion != 0 }
func always(*Module) bool           { return true }
