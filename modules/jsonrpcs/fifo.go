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
	buf := make([]byte, 4096)
	places := make(chan struct{}, maxFIFOCalls)
	for {
		n, err := f.Read(buf)
		s.Write(buf[:n])
		for {
			doc, bad := s.Next()
			if errors.Is(bad, jsonrpc.ErrEnd) {
				break
			}
			if bad != nil {
				j.host.Log().Warn("what was read from the fifo is no JSON", "module", "jsonrpcs")
				continue
			}
			select {
			case places <- struct{}{}:
			case <-ctx.Done():
				return
			}
			j.host.Go("jsonrpcs fifo request", func() {
				defer func() { <-places }()
				j.answerFIFO(ctx, doc)
			})
		}
		if err != nil {
			return
		}
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
