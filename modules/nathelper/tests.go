// SPDX-License-Identifier: Apache-2.0

package nathelper

import (
	"net/netip"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sdp"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// The flags of nat_uac_test.
const (
	contactPrivate = 1 << iota
	viaAddress
	viaPrivate
	sdpPrivate
	viaPort
	sourcePrivate
	webSocket
	contactPort
	sdpAddress
	targetDiffers
)

// test is nat_uac_test(flags).
func (n *NATHelper) test(c *module.Call, a module.Args) module.Result {
	flags := a.Int(0, 0)
	for flag := contactPrivate; flag <= targetDiffers; flag <<= 1 {
		if flags&flag != 0 && n.found(c, flag) {
			return module.True
		}
	}
	return module.False
}

// found makes one test.
func (n *NATHelper) found(c *module.Call, flag int) bool {
	src := c.Packet.Src
	switch flag {
	case contactPrivate:
		return n.contactIsPrivate(c)
	case contactPort:
		k, _, err := find(c)
		return err == nil && portOf(&k.parsed) != int(src.Port())
	case sdpPrivate:
		return n.anyMedia(c, n.private)
	case sdpAddress:
		return n.anyMedia(c, func(a netip.Addr) bool { return a.Unmap() != src.Addr().Unmap() })
	case sourcePrivate:
		return n.private(src.Addr())
	case webSocket:
		return isWebSocket(c.Packet.Socket.Proto)
	case targetDiffers:
		return otherTarget(c)
	}
	via, err := c.Msg.Via(0)
	if err != nil {
		return false
	}
	switch flag {
	case viaAddress:
		a, ok := sip.ParseHostAddr(via.Host)
		return !ok || a.Unmap() != src.Addr().Unmap()
	case viaPrivate:
		return n.privateHost(via.Host)
	case viaPort:
		port := via.Port
		if port == 0 {
			port = 5060
		}
		return port != int(src.Port())
	}
	return false
}

func isWebSocket(p transport.Proto) bool { return p == transport.WS || p == transport.WSS }

func (n *NATHelper) contactIsPrivate(c *module.Call) bool {
	list, _ := c.Msg.Contacts()
	for i := range list {
		if list[i].Star {
			continue
		}
		if u, err := c.ParseURI(list[i].URI); err == nil && n.privateHost(u.Host) {
			return true
		}
	}
	return false
}

// anyMedia asks for each address of a line c= of the session description.
func (n *NATHelper) anyMedia(c *module.Call, is func(netip.Addr) bool) bool {
	start, end, ok := sdp.Find(c.Msg)
	if !ok {
		return false
	}
	for l := range sdp.Lines(c.Msg.Raw()[start:end]) {
		if !strings.HasPrefix(l.Text, "c=") {
			continue
		}
		if _, text := connection(l.Text); text != "" {
			text, _, _ = strings.Cut(text, "/")
			if a, err := netip.ParseAddr(text); err == nil && is(a) {
				return true
			}
		}
	}
	return false
}

// portOf is the port of a URI, written or not.
func portOf(u *sip.URI) int {
	if u.Port != 0 {
		return u.Port
	}
	if u.Scheme == sip.SchemeSIPS {
		return sip.TransportTLS.DefaultPort()
	}
	return 5060
}

// otherTarget compares where the message goes with what is written: of a
// request $du with $ru, of a reply received and rport of the second Via with its
// sent-by.
func otherTarget(c *module.Call) bool {
	if !c.Msg.IsRequest() {
		via, err := c.Msg.Via(1)
		if err != nil {
			return false
		}
		return isWebSocket(via.Transport) || via.Received != "" && via.Received != via.Host || via.Rport != 0 && via.Rport != via.SentByPort()
	}
	if c.Target.DstURI == "" {
		return false
	}
	to, err := sip.ParseURI(c.Target.DstURI)
	if err != nil {
		return false
	}
	u, err := c.ParseURI(c.Target.URI)
	if err != nil {
		return false
	}
	return isWebSocket(to.Transport()) || !sip.EqualFold(u.Host, to.Host) || portOf(u) != portOf(&to)
}
