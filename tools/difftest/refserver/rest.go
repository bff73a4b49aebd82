// SPDX-License-Identifier: Apache-2.0

package refserver

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"syscall"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc/binrpc"
)

// restLimit is how long a server may take until it has nothing to do.
const restLimit = time.Minute

// answerLimit is how long a server that lives may take to answer an OPTIONS.
const answerLimit = 30 * time.Second

// Barrier waits until the server has worked off what was sent to it before. With one UDP worker its answer to an OPTIONS comes after
// everything that earlier datagrams made that worker send; this is all that the reference tells.
// A worker of kahea lends its place when it has to wait, and tasks go on beside the workers: its answer only says that earlier
// datagrams were taken. It is asked for more, see Rest.
func (s *Server) Barrier() error {
	probe, err := newSentinel(s.Addr())
	if err != nil {
		return err
	}
	defer probe.close()
	if err := probe.insist(); err != nil {
		return err
	}
	return s.rest(probe)
}

// Rest waits until a kahea is at rest: core.work finds nothing in hand, then again behind a datagram that is no message, and no message was
// taken in between: one that the server had sent to itself would have been. A second OPTIONS would be one more for pike than
// the reference counts. With the reference it does nothing.
func (s *Server) Rest() error {
	probe, err := newSentinel(s.Addr())
	if err != nil {
		return err
	}
	defer probe.close()
	return s.rest(probe)
}

func (s *Server) rest(probe *sentinel) error {
	if s.mute {
		return nil
	}
	conn, err := net.Dial("unix", filepath.Join(s.Run, "kamailio_ctl"))
	if err != nil {
		s.mute = true // its configuration has no ctl
		return nil
	}
	defer conn.Close()
	client, end := binrpc.NewClient(conn), time.Now().Add(restLimit)
	now, err := awaitIdle(client, 0, end)
	if _, ok := errors.AsType[*module.Fault](err); ok {
		s.mute = true // it is no kahea
		return nil
	}
	for err == nil {
		before := now
		if _, err = probe.conn.Write([]byte("\r\n")); err != nil {
			break
		}
		if now, err = awaitIdle(client, before.short+1, end); err == nil && now.messages == before.messages {
			return nil
		}
	}
	return err
}

// insist asks until there is an answer. Each OPTIONS counts for pike: it is seldom asked again.
func (s *sentinel) insist() (err error) {
	for end := time.Now().Add(answerLimit); time.Now().Before(end); {
		if err = s.ask(answerLimit / 5); err == nil || errors.Is(err, syscall.ECONNREFUSED) {
			return err // nobody is there any more
		}
	}
	return err
}

// work is what core.work tells.
type work struct{ messages, atWork, tasks, unsent, short int64 }

func (w *work) idle() bool { return w.atWork == 0 && w.tasks == 0 && w.unsent == 0 }

// awaitIdle asks until the server has nothing in hand and has taken so many datagrams that are no messages.
func awaitIdle(client *binrpc.Client, short int64, end time.Time) (work, error) {
	for {
		w, err := askWork(client)
		switch {
		case err != nil || w.idle() && w.short >= short:
			return w, err
		case time.Now().After(end):
			return w, fmt.Errorf("the server does not come to rest: %+v", w)
		}
		time.Sleep(200 * time.Microsecond)
	}
}

func askWork(client *binrpc.Client) (w work, err error) {
	values, err := client.Call("core.work")
	if err != nil {
		return w, err
	}
	s, ok := values[0].(*module.Struct)
	if !ok {
		return w, fmt.Errorf("core.work gave %v", values)
	}
	to := map[string]*int64{"messages": &w.messages, "at_work": &w.atWork, "tasks": &w.tasks, "write_queued_bytes": &w.unsent, "short_datagrams": &w.short}
	for _, f := range s.Fields {
		n, ok := f.Value.(int64)
		if !ok || to[f.Name] == nil {
			return w, fmt.Errorf("core.work gave %s = %v", f.Name, f.Value)
		}
		*to[f.Name] = n
	}
	return w, nil
}
