// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// Scripts runs the routes of a configuration for the layer. All are called
// with the transaction's lock held; from is what the caller gave to the layer
// (the *module.Call), nil where a timer is at work.
type Scripts interface {
	// Branch runs branch_route, if there is one, before b is printed. It may
	// edit Request and change State.Target, which is that of the branch
	// meanwhile. False drops the branch.
	Branch(t *Transaction, b *Branch, from any) bool
	// Reply runs the reply route of b for r. False drops the reply.
	Reply(t *Transaction, b *Branch, r *Received) bool
	// BranchFailure runs the branch failure route for the negative reply of
	// b. It may add branches.
	BranchFailure(t *Transaction, b *Branch, route Route, from any)
	// Failure runs a failure route. It may add branches or reply.
	Failure(t *Transaction, route Route, from any)
	// OnSend runs onsend_route before data leaves; false keeps it.
	OnSend(t *Transaction, b *Branch, d transport.Destination, data []byte, from any) bool
	// OnSendReply does so for reply m of b, which goes upstream as data.
	OnSendReply(t *Transaction, b *Branch, m *sip.Message, data []byte, from any) bool
	// Local runs event_route[tm:local-request] for the first branch of a
	// local request. It may change its Target.
	Local(t *Transaction, b *Branch, from any)
}

// Caller is what the layer asks of who handed a message to it, the *module.Call
// of Received.From.
type Caller interface {
	// Block runs f, which may wait. The worker lends its place meanwhile, so
	// that its socket is read.
	Block(f func())
	// OnSend runs onsend_route for a message that is forwarded without state
	// to d as text; false keeps it.
	OnSend(d transport.Destination, text []byte) bool
}

// block runs f, which may wait, for from.
func block(from any, f func()) {
	if c, ok := from.(Caller); ok {
		c.Block(f)
		return
	}
	f()
}

// noScripts is what a layer has before Configure.
type noScripts struct{}

func (noScripts) Branch(*Transaction, *Branch, any) bool                                { return true }
func (noScripts) Reply(*Transaction, *Branch, *Received) bool                           { return true }
func (noScripts) BranchFailure(*Transaction, *Branch, Route, any)                       {}
func (noScripts) Failure(*Transaction, Route, any)                                      {}
func (noScripts) Local(*Transaction, *Branch, any)                                      {}
func (noScripts) OnSend(*Transaction, *Branch, transport.Destination, []byte, any) bool { return true }
func (noScripts) OnSendReply(*Transaction, *Branch, *sip.Message, []byte, any) bool     { return true }
