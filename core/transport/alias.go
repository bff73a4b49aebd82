// SPDX-License-Identifier: Apache-2.0

package transport

// Alias is a name under which the server is known (alias).
type Alias struct {
	// Proto is the protocol, ProtoNone for any.
	Proto Proto
	// Host is a domain name or an address; IPv6 with or without brackets.
	Host string
	// Port is the port, 0 for any.
	Port int
}

// IsMyself tells whether host, port and proto name this server: an address
// that it listens on, an advertised one, an alias, or a name that a module
// vouches for. Port 0 and ProtoNone match any. Names compare without case;
// IPv6 addresses may stand in brackets.
func (l *Layer) IsMyself(host string, port int, proto Proto) bool { return false }

// AddAlias adds a name for IsMyself.
func (l *Layer) AddAlias(a Alias) {}

// OnMyself adds a function that IsMyself asks for hosts it does not know, as
// domain does with register_myself. It must not keep host.
func (l *Layer) OnMyself(f func(host string, port int, proto Proto) bool) {}
