// SPDX-License-Identifier: Apache-2.0

package refserver

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc"
	"github.com/kahea-sip/kahea/rpc/binrpc"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

// standIn answers datagrams as a server does, and tells of work what a script says.
type standIn struct {
	mu    sync.Mutex
	told  []rpc.Work // guarded by mu: one for each time that it is asked, the last one for all others
	asked int        // guarded by mu
	short int64      // guarded by mu
}

func (s *standIn) work() rpc.Work {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.told[min(s.asked, len(s.told)-1)]
	s.asked++
	w.Short = s.short
	return w
}

func (s *standIn) serve(c net.PacketConn) {
	buf := make([]byte, 4096)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		if n < 32 {
			s.mu.Lock()
			s.short++
			s.mu.Unlock()
			continue
		}
		c.WriteTo(bytes.Replace(buf[:n], []byte("OPTIONS"), []byte("SIP/2.0 200 OK"), 1), from)
	}
}

// start runs the stand-in with the commands of the core, or without them.
func (s *standIn) start(t *testing.T, commands ...module.Command) *Server {
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &Server{Port: udp.LocalAddr().(*net.UDPAddr).Port, Run: t.TempDir()}
	l, err := net.Listen("unix", filepath.Join(server.Run, "kamailio_ctl"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	host := rpctest.New(commands...)
	control := binrpc.Server{
		Go: func(_ string, f func()) { wg.Go(f) },
		Call: func(ctx context.Context, name string, args []any, local bool) ([]any, error) {
			r, err := rpc.CallFrom(ctx, host, name, args, local)
			if err == rpc.ErrNotFound {
				err = module.Faultf(500, "command %s not found", name)
			}
			return r.Values, err
		},
	}
	wg.Go(func() { s.serve(udp) })
	wg.Go(func() { control.ServeStream(ctx, l) })
	t.Cleanup(func() {
		cancel()
		udp.Close()
		l.Close()
		wg.Wait()
	})
	return server
}

// TestBarrier: a server is at rest when it has nothing in hand and takes nothing more.
func TestBarrier(t *testing.T) {
	tests := []struct {
		name  string
		told  []rpc.Work
		asked int
	}{
		{"nothing to do", []rpc.Work{{Taken: 1}}, 2},
		{"a message at work", []rpc.Work{{Taken: 2, AtWork: 1}, {Taken: 2}}, 3},
		{"a task", []rpc.Work{{Taken: 1, Tasks: 1}, {Taken: 1, Tasks: 1}, {Taken: 1}}, 4},
		{"a message to itself", []rpc.Work{{Taken: 1}, {Taken: 2}}, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &standIn{told: tt.told}
			server := s.start(t, rpc.Core(rpc.Info{Work: s.work})...)
			if err := server.Barrier(); err != nil {
				t.Fatal(err)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.asked < tt.asked || s.short == 0 {
				t.Errorf("asked %d times with %d datagrams between, want %d", s.asked, s.short, tt.asked)
			}
		})
	}
}

// TestBarrierOfReference: a server without the command is only asked for an answer.
func TestBarrierOfReference(t *testing.T) {
	server := new(standIn).start(t)
	if err := server.Barrier(); err != nil {
		t.Fatal(err)
	}
	if !server.mute {
		t.Error("it is taken for kahea")
	}
}
