// SPDX-License-Identifier: Apache-2.0

package transaction

import "github.com/kahea-sip/kahea/core/sip"

// Forward sends a request on without state (RFC 3261 16.11), as the ACK for a
// 2xx goes. It has no lock and keeps nothing.
func (l *Layer) Forward(r *Received, o *Relay) error {
	q, err := o.query(&r.State.Target)
	if err != nil {
		return err
	}
	found, err := l.locate(q, r.From)
	if err != nil {
		return err
	}
	at, _ := found.Next()
	d, err := l.destination(at, &r.State.Target, r.State, &r.Packet)
	if err != nil {
		return err
	}
	p := presses.Get().(*press)
	defer p.free()
	outgoing(&p.out, &d, r.State, &r.Packet)
	p.out.Branch = view(l.StatelessBranch(p.id[:0], r.Msg))
	p.out.RequestURI, p.out.Route = r.State.Target.URI, r.State.Target.Path
	text := sip.AppendRequest(newText(len(r.Msg.Raw())+viaRoom), r.Msg, &p.out)
	defer freeText(text)
	if r.Out.Send(d, text) != nil {
		return ErrSend
	}
	return nil
}
