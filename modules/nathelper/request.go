// SPDX-License-Identifier: Apache-2.0

package nathelper

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

// request makes the request for a contact.
func (n *NATHelper) request(d *due, from *transport.Socket) []byte {
	now := n.host.Clock().Now().UnixMicro()
	number := strconv.FormatUint(n.branch.Add(1), 16) + "-" + strconv.FormatUint(n.host.Rand().Uint64(), 16)
	value := append(append(append(make([]byte, 0, 128), '<'), n.sippingFrom...), ">;tag="...)
	return sip.AppendLocalRequest(nil, &sip.LocalRequest{
		Method: n.method, RequestURI: d.uri,
		Via:  &sip.Outgoing{Transport: from.Proto, Host: from.Host, Port: from.Port, Branch: sip.MagicCookie + number},
		From: string(n.probes.Append(value, usrloc.Probe{RUID: d.ruid, Hash: d.hash, Sent: now})), To: "<" + d.uri + ">",
		CallID: number + "@" + from.Host, CSeq: 1, MaxForwards: 70, Route: d.path,
	})
}
