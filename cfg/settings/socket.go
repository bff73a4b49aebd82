// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"net/netip"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
)

// listen notes sockets. The number of workers that socket_workers set goes to the first one and is used up.
func (a *applier) listen(it *syntax.Setting) {
	for _, v := range it.Values {
		l, ok := v.(*syntax.Listen)
		if !ok {
			continue
		}
		s := Socket{Virtual: l.Virtual, Workers: a.s.socketWorkers, Pos: l.Pos}
		a.s.socketWorkers = 0
		if !a.address(&s, l.Addr) {
			continue
		}
		if l.Advertise != nil {
			s.AdvertiseHost, s.AdvertisePort = l.Advertise.Host, l.Advertise.Port
			if message, advice := hostProblem(s.AdvertiseHost); message != "" {
				a.refuse(l.Advertise, advice, "%s", message)
				continue
			}
		}
		if l.Name != nil {
			s.Name = l.Name.Value
		}
		a.add(s, v)
	}
}

// address fills in where a socket is, and refuses what cannot be listened on.
func (a *applier) address(s *Socket, addr *syntax.Address) bool {
	s.Proto, s.Host, s.Port = addr.Proto, addr.Host, addr.Port
	if len(addr.Hosts) > 1 {
		s.More = addr.Hosts[1:]
	}
	switch {
	case len(s.More) > 0 && s.Proto != "sctp":
		a.refuse(addr, "write one listen for each address", "a list of addresses belongs to sctp, which is not there yet")
		return false
	case addr.Quoted && strings.Contains(s.Host, ":") && !isAddress(s.Host):
		a.refuse(addr, "put the quotes around the host only, or leave them out: "+strings.Trim(s.Host, `"`), "%q is no host name", s.Host)
		return false
	}
	if message, advice := s.Problem(); message != "" {
		a.refuse(addr, advice, "%s", message)
		return false
	}
	return true
}

// Problem tells why a socket cannot be listened on, as far as that is known
// without asking the network, and how to mend it; "" where nothing is wrong.
func (s *Socket) Problem() (message, advice string) {
	switch s.Proto {
	case "", "udp", "tcp", "tls":
	case "ws", "wss":
		return s.Proto + " is no protocol to listen on", "WebSocket connections come in over tcp and tls sockets"
	case "sctp":
		return "listening on sctp is not there yet", "take it out, or listen on udp, tcp or tls"
	}
	if message, advice = hostProblem(s.Host); message == "" && s.AdvertiseHost != "" {
		message, advice = hostProblem(s.AdvertiseHost)
	}
	return message, advice
}

// hostProblem finds numbers that are no address, and words that are meant to
// be a define: names of interfaces and hosts are not written in capitals.
func hostProblem(host string) (message, advice string) {
	switch {
	case host == "" || isAddress(strings.Trim(host, "[]")):
	case strings.Trim(host, "0123456789.") == "":
		return host + " is no address", "an IPv4 address is four numbers of 0 to 255"
	case host == strings.ToUpper(host) && strings.Trim(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "":
		return host + " is not defined", "define it with #!define " + host + " …, or write a host name in lower case"
	}
	return "", ""
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

func (a *applier) add(s Socket, at syntax.Node) {
	for _, other := range a.s.Sockets {
		if s.Name != "" && other.Name == s.Name {
			a.refuse(at, "the first one is at "+other.Pos.String(), "two sockets are named %q", s.Name)
			return
		}
	}
	a.s.Sockets = append(a.s.Sockets, s)
}

// socketFields are the fields of socket = { … }.
var socketFields = []string{"bind", "advertise", "name", "workers", "virtual", "agname"}

// socket notes a socket that is written as a block.
func (a *applier) socket(it *syntax.Setting) {
	block, ok := it.Values[0].(*syntax.Socket)
	if !ok {
		return
	}
	s := Socket{Pos: it.Pos}
	bound := false
	for _, f := range block.Fields {
		v := f.Values[0]
		addr, isAddr := v.(*syntax.Address)
		n, isNumber := v.(*syntax.Number)
		text, isText := v.(*syntax.String)
		good := true
		switch f.Name.Name {
		case "bind":
			if good = isAddr; good {
				if !a.address(&s, addr) {
					return
				}
				bound = true
			}
		case "advertise":
			if good = isAddr; good {
				s.AdvertiseHost, s.AdvertisePort = addr.Host, addr.Port
				if message, advice := hostProblem(addr.Host); message != "" {
					a.refuse(addr, advice, "%s", message)
					return
				}
			}
		case "name":
			if good = isText; good {
				s.Name = text.Value
			}
		case "workers":
			if good = isNumber && n.Value >= 0; good {
				s.Workers = int(n.Value)
			}
		case "virtual":
			if good = isNumber; good {
				s.Virtual = n.Value != 0
			}
		case "agname":
			a.refuse(f, "", "agname of a socket is not there yet")
			return
		default:
			a.refuse(f.Name, source.DidYouMean(f.Name.Name, socketFields), "a socket has no field %q", f.Name.Name)
			return
		}
		if !good {
			a.refuse(v, "", "%s cannot be %s", f.Name.Name, syntax.Text(v))
			return
		}
	}
	if !bound {
		a.refuse(it.Name, "add bind = udp:address:port", "the socket has no bind")
		return
	}
	a.add(s, it.Name)
}

// alias notes names by which the server is meant.
func (a *applier) alias(it *syntax.Setting) {
	for _, v := range it.Values {
		addr, ok := v.(*syntax.Address)
		if !ok {
			continue
		}
		if addr.Quoted && strings.Contains(addr.Host, ":") && !isAddress(addr.Host) {
			a.errs.Warn(&source.Error{Pos: addr.Pos, End: addr.Fin, Message: "the whole of " + syntax.Text(addr) + " is taken as a host name",
				Advice: "put the quotes around the host only, or leave them out: alias=" + addr.Host})
		}
		a.s.Aliases = append(a.s.Aliases, Alias{Proto: addr.Proto, Host: addr.Host, Port: addr.Port, Pos: addr.Pos})
	}
}
