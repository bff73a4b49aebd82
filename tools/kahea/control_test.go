// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kahea-sip/kahea/rpc/binrpc"
	"github.com/kahea-sip/kahea/tools/siptest"
)

// patience is how long a client of a control socket waits. It passes only when a test fails.
const patience = time.Minute

// control is the word ctl: it runs a command through a binrpc socket, as kamcmd
// does.
func control(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: [!] ctl SOCKET COMMAND [ARG…]")
	}
	conn, err := net.Dial("unix", ts.MkAbs(args[0]))
	ts.Check(err)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	values, err := binrpc.NewClient(conn).Call(args[1], siptest.Arguments(args[2:])...)
	if (err != nil) != neg {
		ts.Fatalf("%s: %v", args[1], err)
	}
	if err != nil {
		fmt.Fprintln(ts.Stderr(), err)
		return
	}
	fmt.Fprint(ts.Stdout(), siptest.Kamcmd(values))
}

// askDatagram is the word ask-datagram: it sends a file to a Unix datagram
// socket and prints what comes back.
func askDatagram(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: ask-datagram SOCKET FILE")
	}
	own := ts.MkAbs("reply.sock")
	os.Remove(own)
	conn, err := net.DialUnix("unixgram", &net.UnixAddr{Name: own, Net: "unixgram"}, &net.UnixAddr{Name: ts.MkAbs(args[0]), Net: "unixgram"})
	ts.Check(err)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	_, err = io.WriteString(conn, ts.ReadFile(args[1]))
	ts.Check(err)
	buf := make([]byte, 65536)
	n, err := conn.Read(buf)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n", buf[:n])
}

// askHex is the word ask-hex: it sends bytes to a socket of SIP and prints those of
// the message of STUN that comes back.
func askHex(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: ask-hex udp|tcp ADDRESS HEX…")
	}
	data, err := hex.DecodeString(strings.Join(args[2:], ""))
	ts.Check(err)
	conn, err := net.Dial(args[0], args[1])
	ts.Check(err)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	_, err = conn.Write(data)
	ts.Check(err)
	buf := make([]byte, 1024)
	n, err := io.ReadAtLeast(conn, buf, 20)
	ts.Check(err)
	size := 20 + int(binary.BigEndian.Uint16(buf[2:]))
	if n < size {
		_, err = io.ReadFull(conn, buf[n:size])
		ts.Check(err)
	}
	fmt.Fprintf(ts.Stdout(), "%x\n", buf[:max(n, size)])
}

// askFIFO is the word ask-fifo: it writes a file to a FIFO and prints what
// arrives in the FIFO that the file names as reply_name.
func askFIFO(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: ask-fifo FIFO REPLY-FIFO FILE")
	}
	reply := ts.MkAbs(args[1])
	ts.Check(syscall.Mkfifo(reply, 0o600))
	// Open for both, so that neither side waits for the other one.
	r, err := os.OpenFile(reply, os.O_RDWR, 0)
	ts.Check(err)
	defer r.Close()
	w, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY, 0)
	ts.Check(err)
	_, err = io.WriteString(w, ts.ReadFile(args[2]))
	ts.Check(err)
	ts.Check(w.Close())
	r.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 65536)
	n, err := r.Read(buf)
	if err != nil {
		ts.Fatalf("no reply in %s: %v", filepath.Base(reply), err)
	}
	fmt.Fprintf(ts.Stdout(), "%s\n", buf[:n])
}
