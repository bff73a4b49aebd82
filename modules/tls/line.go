// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// lines are what $tls(name) knows: the names of a certificate in
// one line, as OpenSSL writes them: /C=DE/O=Example/CN=a.
var lines = map[string]part{
	"m_issuer_line":  side(ownSide).certificate(func(c *x509.Certificate) module.Value { return line(c.RawIssuer) }),
	"m_subject_line": side(ownSide).certificate(func(c *x509.Certificate) module.Value { return line(c.RawSubject) }),
	"p_issuer_line":  side(peerSide).certificate(func(c *x509.Certificate) module.Value { return line(c.RawIssuer) }),
	"p_subject_line": side(peerSide).certificate(func(c *x509.Certificate) module.Value { return line(c.RawSubject) }),
}

// shortNames are the names of parts of a name; others have their identifier.
var shortNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "street",
	"2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.17": "postalCode", "2.5.4.42": "GN",
	"0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC", "1.2.840.113549.1.9.1": "emailAddress",
}

// line writes a name. Parts that stand together have a plus between them.
func line(raw []byte) module.Value {
	var name pkix.RDNSequence
	if _, err := asn1.Unmarshal(raw, &name); err != nil {
		return null
	}
	var b strings.Builder
	for _, together := range name {
		for i, p := range together {
			between := byte('/')
			if i > 0 {
				between = '+'
			}
			b.WriteByte(between)
			writePart(&b, p)
		}
	}
	return orNothing(b.String())
}

func writePart(b *strings.Builder, p pkix.AttributeTypeAndValue) {
	name := p.Type.String()
	if short, ok := shortNames[name]; ok {
		name = short
	}
	b.WriteString(name + "=")
	text, _ := p.Value.(string)
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' {
			fmt.Fprintf(b, `\x%02X`, c)
		} else {
			b.WriteByte(c)
		}
	}
}

// bindLine is $tls(name).
func bindLine(_ module.Binder, name string) (module.Accessor, error) {
	f, ok := lines[name]
	if !ok {
		return nil, fmt.Errorf("$tls(%s): expected m_issuer_line, m_subject_line, p_issuer_line or p_subject_line", name)
	}
	return module.Getter(of(f)), nil
}

// byName is KSR.tls.cget(name): the value of a variable that has its name without $,
// or of $tls(name), as a text. What has no value is the empty one.
func byName(all []module.Variable) func(c *module.Call, a module.Args) module.Value {
	get := map[string]func(*module.Call) module.Value{}
	for _, v := range all {
		if v.Get != nil {
			get[v.Name] = v.Get
		}
	}
	for name, f := range lines {
		get[name] = of(f)
	}
	return func(c *module.Call, a module.Args) module.Value {
		if f := get[a.Str(0)]; f != nil {
			return avp.String(string(f(c).AppendText(nil)))
		}
		return avp.String("")
	}
}
