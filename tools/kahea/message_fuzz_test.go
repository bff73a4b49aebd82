// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/tools/siptest"
)

// FuzzMessage takes any message through a script that asks it everything: no
// panic, no text of a message that is gone, and nothing is left when the timers
// have run out. In a message
// {branch} is the branch parameter of the request that was sent last.
func FuzzMessage(f *testing.F) {
	const invite = "INVITE sip:bob@127.0.0.1:7 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5;branch=z9hG4bKa;rport\r\nFrom: \"A\" <sip:alice@127.0.0.1>;tag=1\r\n" +
		"To: <sip:bob@127.0.0.1>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@127.0.0.1:5;ob>;+sip.instance=\"<urn:x>\"\r\nMax-Forwards: 70\r\n" +
		"Record-Route: <sip:127.0.0.1:9;lr;ftag=1>\r\nP-Asserted-Identity: \"x\" <sip:x@y>\r\nSupported: path, gruu\r\n" +
		"Content-Type: application/sdp\r\nContent-Length: 38\r\n\r\nv=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 1 a 0\r\n"
	for _, m := range []string{"INVITE", "REGISTER", "OPTIONS", "CANCEL", "ACK", "BYE", "MESSAGE", "PUBLISH", "PRACK", "INFO"} {
		f.Add([]byte(strings.ReplaceAll(invite, "INVITE", m)))
		f.Add([]byte(strings.NewReplacer("INVITE", m, "Record-Route: ", "Route: ", "To: <sip:bob@127.0.0.1>", "To: <sip:bob@127.0.0.1>;tag=2",
			"<sip:alice@127.0.0.1:5;ob>", "*\r\nExpires: 0\r\nX:").Replace(invite)))
	}
	for _, status := range []string{"100 Trying", "180 Ringing", "200 OK", "302 Moved", "407 Auth", "603 Decline", "999 "} {
		f.Add([]byte("SIP/2.0 " + status + "\r\nVia: SIP/2.0/UDP 127.0.0.1;branch={branch}, SIP/2.0/UDP 127.0.0.1:5;branch=z9hG4bKa\r\nFrom: <sip:alice@127.0.0.1>;tag=1\r\n" +
			"To: <sip:bob@127.0.0.1>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContact: <sip:b@127.0.0.1:8>\r\nServer: s\r\n\r\n"))
	}
	d := everything(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		d.log.reset()
		d.stale = ""
		d.receive([]byte(invite))
		d.receive(bytes.ReplaceAll(data, []byte("{branch}"), d.branch))
		d.Advance(2 * time.Second)
		d.receive(data)
		d.Advance(10 * time.Minute)
		if n := d.counters.Lookup("core", "panics").Value(); n != d.panics {
			d.panics = n
			t.Fatalf("a panic:\n%s", d.log.String())
		}
		if d.stale != "" && !bytes.Contains(data, poisoned) {
			t.Fatalf("sent what was released before: %q", d.stale)
		}
		if s := d.tx.Stats(); s.Current != 0 {
			t.Fatalf("%d transactions are left", s.Current)
		}
	})
}

// fuzzed is a server in a network of its own.
type fuzzed struct {
	*daemon
	log    *lastLines
	branch []byte // of the request that was sent last
	panics int64
	stale  string // a message that was sent with poisoned text in it
}

// poisoned is what released memory holds (poison_test.go).
var poisoned = []byte("\xdb\xdb\xdb\xdb")

func everything(f *testing.F) *fuzzed {
	file, err := filepath.Abs("testdata/everything.cfg")
	if err != nil {
		f.Fatal(err)
	}
	log := new(lastLines)
	o, err := parseOptions([]string{"-E", "-DD", "-a", "no", "-f", file, "-Y", f.TempDir(), "-l", "udp:127.0.0.1:9", "-l", "tcp:127.0.0.1:9"})
	if err != nil {
		f.Fatal(err)
	}
	cfg, status := readConfig(o, log)
	if status != exitOK {
		f.Fatalf("exit status %d\n%s", status, log.String())
	}
	z := &fuzzed{daemon: &daemon{clock: timer.NewManual(start)}, log: log}
	z.server, err = boot(cfg, surroundings{stdout: log, stderr: log, clock: z.clock, resolver: locate.Fixed{}, seed: 1, portable: true,
		network: overheard{transport.NewMemoryNetwork(), z.note}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { z.stop() })
	return z
}

// receive handles a datagram as a worker does.
func (d *fuzzed) receive(data []byte) {
	s := d.transport.Sockets()[0]
	buf := transport.NewBuffer(len(data))
	n := copy(buf.Data, data)
	d.engine.Receive(transport.Packet{Data: buf.Data[:n], Buffer: buf, Socket: s, Src: netip.MustParseAddrPort("127.0.0.1:5"), Dst: s.Addr, Time: d.clock.Now()})
}

// note looks at a message that is sent, and keeps the branch parameter of a
// request.
func (d *fuzzed) note(data []byte) {
	if bytes.Contains(data, poisoned) {
		d.stale = string(data)
	}
	if !bytes.HasPrefix(data, []byte("SIP/2.0")) {
		_, rest, _ := bytes.Cut(data, []byte("branch="))
		if end := bytes.IndexAny(rest, "; \r,"); end >= 0 {
			d.branch = bytes.Clone(rest[:end])
		}
	}
}

// overheard is a network without anybody in it; note is told what is sent.
type overheard struct {
	*transport.MemoryNetwork
	note func(data []byte)
}

// ListenPacket implements transport.Network.
func (o overheard) ListenPacket(addr netip.AddrPort) (transport.PacketConn, error) {
	c, err := o.MemoryNetwork.ListenPacket(addr)
	return overheardPackets{c, o.note}, err
}

type overheardPackets struct {
	transport.PacketConn
	note func(data []byte)
}

// WriteTo implements transport.PacketConn.
func (c overheardPackets) WriteTo(data []byte, _ netip.AddrPort) error {
	c.note(data)
	return nil
}

// lastLines keeps what was logged for one input.
type lastLines struct{ siptest.Log }

func (l *lastLines) reset() { l.Log = siptest.Log{} }
