// SPDX-License-Identifier: Apache-2.0

package jsonrpcs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/kahea-sip/kahea/rpc/jsonrpc"
	"github.com/kahea-sip/kahea/rpc/listen"
)

// maxFIFOCalls bounds the requests from the FIFO that run at a time: each may
// have to wait for a client that is slow to read.
const maxFIFOCalls = 32

// replyWait bounds how long a client may take to open its reply FIFO.
const replyWait = 2 * time.Second

func (j *Jsonrpcs) openFIFO(ctx context.Context, path string) error {
	f, file, err := listen.FIFO(path, j.fifoAccess())
	if err != nil {
		return err
	}
	j.keep(file)
	j.add(f)
	j.host.Go("jsonrpcs fifo "+path, func() { j.serveFIFO(ctx, f) })
	return nil
}

func (j *Jsonrpcs) serveFIFO(ctx context.Context, f io.Reader) {
	var s jsonrpc.Splitter
	var told time.Time
	buf := make([]byte, 4096)
	places := make(chan struct{}, maxFIFOCalls)
	apart := func(work func()) {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		j.host.Go("jsonrpcs fifo request", func() {
			defer func() { <-places }()
			work()
		})
	}
	for {
		n, err := f.Read(buf)
		s.Write(buf[:n])
		for {
			doc, bad := s.Next()
			if errors.Is(bad, jsonrpc.ErrEnd) {
				break
			}
			if bad == nil {
				apart(func() { j.answerFIFO(ctx, doc) })
				continue
			}
			if now := j.host.Clock().Now(); now.Sub(told) >= quietFIFO { // random bytes shall not fill the log
				told = now
				j.host.Log().Warn("what was read from the fifo is no JSON", "module", "jsonrpcs", "text", fmt.Sprintf("%.60q", doc))
			}
			if command, reply, ok := commandOfMI(doc); ok {
				apart(func() { j.refuseMI(ctx, command, reply) })
			}
		}
		if err != nil {
			return
		}
	}
}

// quietFIFO is how long nothing more is told of what is no JSON.
const quietFIFO = 10 * time.Second

// commandOfMI reads ":command:reply", by which a command of Kamailio 4 began.
func commandOfMI(line []byte) (command, reply string, ok bool) {
	words := strings.Split(strings.TrimRight(string(line), "\r"), ":")
	if len(words) != 3 || words[0] != "" || words[1] == "" || words[2] == "" {
		return "", "", false
	}
	return words[1], words[2], true
}

// refuseMI answers a client of Kamailio 4, which would wait for ever.
func (j *Jsonrpcs) refuseMI(ctx context.Context, command, reply string) {
	text := fmt.Sprintf("500 %s is a command of MI, which is no more: write {\"jsonrpc\": \"2.0\", \"method\": NAME, \"reply_name\": %q, \"id\": 1}\n", command, reply)
	if err := j.writeReply(ctx, reply, []byte(text)); err != nil {
		j.host.Log().Debug("cannot write reply", "module", "jsonrpcs", "reply_name", reply, "err", err)
	}
}

func (j *Jsonrpcs) answerFIFO(ctx context.Context, doc []byte) {
	r := j.serve(ctx, doc)
	if r.ReplyName == "" {
		return
	}
	if err := j.writeReply(ctx, r.ReplyName, r.Body); err != nil {
		j.host.Log().Warn("cannot write reply", "module", "jsonrpcs", "reply_name", r.ReplyName, "err", err)
	}
}

// writeReply writes to the FIFO that the client made. The name is the
// client's word: it must stay inside the folder and be a FIFO.
func (j *Jsonrpcs) writeReply(ctx context.Context, name string, body []byte) error {
	if strings.ContainsAny(name, "/\x00") || name == "." || name == ".." {
		return fmt.Errorf("reply_name must be a plain file name in %s", j.fifoReplyDir)
	}
	f, err := openReply(ctx, filepath.Join(j.fifoReplyDir, name))
	if err != nil {
		return err
	}
	if !j.add(f) {
		return f.Close()
	}
	defer j.drop(f)
	f.SetWriteDeadline(time.Now().Add(ioTime))
	_, err = f.Write(body)
	return err
}

// openReply waits until somebody reads.
func openReply(ctx context.Context, path string) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, replyWait)
	defer cancel()
	for {
		f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
		if err == nil {
			return asFIFO(f)
		}
		if !errors.Is(err, syscall.ENXIO) || ctx.Err() != nil {
			return nil, err
		}
		pause(ctx, 2*time.Millisecond)
	}
}

func asFIFO(f *os.File) (*os.File, error) {
	info, err := f.Stat()
	if err == nil && info.Mode().Type() != fs.ModeNamedPipe {
		err = fmt.Errorf("%s is not a FIFO", f.Name())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
