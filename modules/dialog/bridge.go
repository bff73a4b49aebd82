// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// holdBody offers audio on hold, for the first call of a bridge.
const holdBody = "v=0\r\no=kamailio-bridge 0 0 IN IP4 0.0.0.0\r\ns=kamailio\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n" +
	"m=audio 9 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"

func (m *Module) referHeaders(to string) string {
	return "Contact: <" + m.bridgeContact + ">\r\nReferred-By: " + m.bridgeController + "\r\nRefer-To: " + to + "\r\n"
}

// bridgeCall is dlg_bridge(from, to, op).
func (m *Module) bridgeCall(c *module.Call, a module.Args) module.Result {
	var err error
	c.Block(func() {
		err = m.bridge(strings.Clone(a.Str(0)), strings.Clone(a.Str(1)), strings.Clone(a.Str(2)), holdBody)
	})
	if err != nil {
		return c.Fail("dlg_bridge", err)
	}
	return module.True
}

// bridge calls an address, refers it to another one and hangs up: INVITE, REFER,
// BYE in a dialog of our own, which ends with its transactions and is in no
// table.
func (m *Module) bridge(from, to, proxy, body string) error {
	if proxy == "." {
		proxy = ""
	}
	layer := m.host.Transactions()
	tag := layer.NewTag()
	headers := "Contact: <" + m.bridgeContact + ">\r\n"
	if body != "" {
		headers += "Content-Type: application/sdp\r\n"
	}
	t, err := layer.Send(&transaction.LocalRequest{
		Method: "INVITE", URI: from, From: address(m.bridgeController, tag), To: "<" + from + ">", NextHop: proxy,
		CSeq: 10, Headers: headers, Body: body, Gen: m.host.Generation(), Events: transaction.LocalDone,
		Heard: func(n *transaction.Notice) {
			if n.Code < 200 || n.Code >= 300 || n.Reply == nil {
				return
			}
			leg := bridgeLeg{m: m, target: from, to: to, local: address(m.bridgeController, tag), cseq: 10,
				remote: strings.Clone(n.Reply.Value(sip.HeaderTo)), callID: strings.Clone(n.Reply.CallID()), routes: routeSet(n.Reply, 0, true)}
			if list, err := n.Reply.Contacts(); err == nil && len(list) > 0 {
				leg.target = strings.Clone(list[0].URI)
			}
			// The transaction sends the ACK when this returns.
			m.host.Transactions().Go("dialog bridge", leg.refer)
		},
	}, nil)
	if t != nil {
		t.Unref()
	}
	return err
}

// bridgeLeg is the answered call of a bridge.
type bridgeLeg struct {
	m                     *Module
	target, to            string
	local, remote, callID string
	routes                string
	cseq                  uint32
}

func (l *bridgeLeg) send(method, headers string, done func()) {
	l.cseq++
	t, err := l.m.host.Transactions().Send(&transaction.LocalRequest{
		Method: method, URI: l.target, From: l.local, To: l.remote, CallID: l.callID, CSeq: l.cseq, Route: l.routes, Headers: headers,
		Gen: l.m.host.Generation(), Events: transaction.LocalDone, Heard: func(*transaction.Notice) { done() },
	}, nil)
	if t != nil {
		t.Unref()
	}
	if err != nil {
		l.m.log.Debug("a bridged call cannot be reached", "uri", l.target, "method", method, "err", err)
	}
}

func (l *bridgeLeg) refer() {
	l.send("REFER", l.m.referHeaders(l.to), func() {
		l.m.host.Transactions().Go("dialog bridge", func() { l.send("BYE", "", func() {}) })
	})
}
