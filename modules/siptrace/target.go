// SPDX-License-Identifier: Apache-2.0

package siptrace

import (
	"context"
	"errors"
	"net/netip"
	"strconv"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// target is a server that gets copies.
type target struct {
	query locate.Query
}

var (
	errURI     = errors.New("not a SIP URI")
	errProto   = errors.New("copies are sent over UDP only")
	errNowhere = errors.New("the name of the capture server leads nowhere")
)

// parseTarget reads a SIP URI.
func parseTarget(text string) (*target, error) {
	u, err := sip.ParseURI(text)
	if err != nil || !u.IsSIP() || u.Host == "" {
		return nil, errURI
	}
	if p := u.Transport(); p != sip.TransportNone && p != sip.TransportUDP {
		return nil, errProto
	}
	q := locate.Query{Host: string(append([]byte(nil), u.Host...)), Port: u.Port, Transport: sip.TransportUDP}
	return &target{q}, nil
}

func portText(port int) string {
	if port == 0 {
		port = 5060
	}
	return strconv.Itoa(port)
}

// compileTarget is Arg.Compile: no argument but an empty one stands for
// duplicate_uri.
func compileTarget(text string) (any, error) {
	if text == "" {
		return (*target)(nil), nil
	}
	return parseTarget(text)
}

// address finds where a target is. With a call it may wait for DNS; without one
// the name is asked for in the background, and until then nothing is sent.
func (s *SIPTrace) address(c *module.Call, t *target) (netip.AddrPort, error) {
	l := s.host.Locator()
	found, ready := l.Ready(t.query)
	if !ready {
		if c == nil {
			s.host.Transactions().Go("siptrace dns", func() { _, _ = l.Locate(context.Background(), t.query) })
			return netip.AddrPort{}, errNowhere
		}
		var err error
		c.Block(func() { found, err = l.Locate(c.Context(), t.query) })
		if err != nil {
			return netip.AddrPort{}, err
		}
	}
	at, ok := found.Next()
	if !ok {
		return netip.AddrPort{}, errNowhere
	}
	return at.Addr, nil
}
