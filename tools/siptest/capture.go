// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kahea-sip/kahea/core/hep"
)

// capture is a server that gets copies of messages.
type capture struct {
	conn *net.UDPConn
}

// addCapture opens a capture server.
func (s *scene) addCapture(ts *testscript.TestScript, args []string) error {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	s.captures[args[0]] = &capture{conn}
	addr := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	ts.Setenv(args[0], addr.String())
	ts.Setenv(args[0]+"_PORT", strconv.Itoa(int(addr.Port())))
	return nil
}

// captured writes what has arrived to stdout, a line each. Datagrams on loopback
// are there when the word that had them sent has returned.
func (s *scene) captured(ts *testscript.TestScript, args []string) error {
	c := s.captures[args[0]]
	if c == nil {
		return fmt.Errorf("there is no capture server %q", args[0])
	}
	raw, err := c.conn.SyscallConn()
	if err != nil {
		return err
	}
	out := ts.Stdout()
	fmt.Fprint(out, "") // no copies: nothing is left of an earlier word
	buf := make([]byte, 1<<16)
	for more := true; more; {
		err := raw.Read(func(fd uintptr) bool {
			n, _, err := syscall.Recvfrom(int(fd), buf, syscall.MSG_DONTWAIT)
			if more = err == nil; more {
				fmt.Fprintln(out, s.copyLine(buf[:n]))
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// copyLine shows one copy: the version of HEP, protocol, places, what else there
// is, and the first line of the message; "plain" where it came as it is, with the
// headers that tell of it.
func (s *scene) copyLine(data []byte) string {
	v, p, err := hep.Parse(data)
	if err != nil {
		line, rest, _ := strings.Cut(string(data), "\r\n")
		line = "plain " + line
		for _, h := range strings.Split(rest, "\r\n") {
			if strings.HasPrefix(h, "X-Siptrace-") {
				line += " | " + s.named(h)
			}
		}
		return s.named(line)
	}
	proto := map[uint8]string{hep.TCP: "tcp", hep.UDP: "udp"}[p.Proto]
	line := fmt.Sprintf("hep%d %s %s > %s", v, proto, s.place(p.Src), s.place(p.Dst))
	if v != hep.V1 {
		line += fmt.Sprintf(" id=%d", p.CaptureID)
	}
	if p.Kind != hep.SIP {
		line += fmt.Sprintf(" kind=%d", p.Kind)
	}
	if p.AuthKey != "" {
		line += " key=" + p.AuthKey
	}
	if p.CorrelationID != "" {
		line += " cid=" + p.CorrelationID
	}
	first, _, _ := strings.Cut(string(p.Payload), "\r\n")
	return line + " " + s.named(first)
}

// place is the name of an address.
func (s *scene) place(a netip.AddrPort) string { return s.named(a.String()) }

// named puts names in the place of addresses.
func (s *scene) named(text string) string {
	for name, p := range s.peers {
		text = strings.ReplaceAll(text, p.addr.String(), name)
		for _, c := range p.conns {
			text = strings.ReplaceAll(text, c.local.String(), name)
		}
	}
	for name, c := range s.captures {
		text = strings.ReplaceAll(text, c.conn.LocalAddr().String(), name)
	}
	for name, of := range servers {
		if a := s.daemon.Addr(of.proto, of.v6); a.IsValid() {
			text = strings.ReplaceAll(text, a.String(), strings.ToLower(name))
		}
	}
	return text
}
