// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// maxCrashFiles bounds the messages that are saved in the life of a process:
// whoever can send one that fails can send many.
const maxCrashFiles = 20

// crashLog saves messages that made the engine panic.
type crashLog struct {
	dir string

	mu    sync.Mutex
	saved int // guarded by mu
}

// crashed handles a panic in the middle of a message: the place and the
// message are saved, the sender gets a 500, and the worker goes on.
func (e *Engine) crashed(c *module.Call, reason any) {
	e.count.panics.Inc()
	stack := debug.Stack()
	file := e.crash.save(c, reason, stack)
	e.opt.Log.Log(context.Background(), module.LevelCrit, "handling a message failed inside the engine: it was dropped",
		"err", reason, "at", c.Line, "src", c.Packet.Src, "saved", file)
	if c.Msg == nil || !c.Msg.IsRequest() || c.Msg.Method == sip.MethodAck || c.Route != module.RequestRoute {
		return
	}
	defer func() { recover() }() // the message itself may be what fails
	const reason500 = "Server Internal Error"
	if c.Tx != nil && c.TxHeld {
		// The transaction answers, so that a request that comes again gets
		// the same answer instead of none. It may have a final one already.
		_ = c.Tx.Respond(&transaction.Answer{Code: 500, Reason: reason500})
		return
	}
	reply := sip.Reply{Code: 500, Reason: reason500, Server: e.opt.Core.ServerHeader,
		ToTag: string(e.opt.Transactions.AppendStatelessTag(nil, c.Msg))}
	to := transport.Destination{Proto: c.Packet.Socket.Proto, Addr: c.Packet.Src, Socket: c.Packet.Socket, Conn: c.Packet.Conn}
	_ = c.Out.Send(to, sip.AppendReply(nil, c.Msg, &reply))
}

// save writes what happened to the crash folder and returns the file's name.
func (l *crashLog) save(c *module.Call, reason any, stack []byte) string {
	if l.dir == "" {
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.saved >= maxCrashFiles {
		return ""
	}
	l.saved++
	name := filepath.Join(l.dir, fmt.Sprintf("kahea-crash-%d-%d.txt", os.Getpid(), l.saved))
	text := fmt.Appendf(nil, "%v\nat %v, from %v\n\n%s\n\n", reason, c.Line, c.Packet.Src, stack)
	text = append(text, c.Packet.Data...)
	if err := os.WriteFile(name, text, 0o600); err != nil {
		return ""
	}
	return name
}
