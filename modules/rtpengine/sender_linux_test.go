// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"bytes"
	"net"
	"strings"
	"syscall"
	"testing"
)

// TestSender: commands have the type of service of control_cmd_tos, over IPv6 as well, and leave from force_send_interface.
func TestSender(t *testing.T) {
	for _, row := range []struct {
		node, own string
		tos       int
		want      byte
	}{
		{"udp:127.0.0.1", "127.0.0.2", 184, 184}, {"udp6:[::1]", "::1", 184, 184}, {"udp:127.0.0.1", "127.0.0.1", 256, 0}, {"udp6:[::1]", "::1", -1, 0},
	} {
		network, host, _ := strings.Cut(row.node, ":")
		conn, err := net.ListenPacket(network, host+":0")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		udp := conn.(*net.UDPConn)
		raw, err := udp.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		level, option := syscall.IPPROTO_IP, syscall.IP_RECVTOS
		if network == "udp6" {
			level, option = syscall.IPPROTO_IPV6, syscall.IPV6_RECVTCLASS
		}
		if raw.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), level, option, 1) }); err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(conn.LocalAddr().String())
		type command struct {
			control []byte
			from    *net.UDPAddr
		}
		first := make(chan command, 1)
		go func() {
			for buf, control := make([]byte, 1<<16), make([]byte, 64); ; {
				n, m, _, from, err := udp.ReadMsgUDP(buf, control)
				if err != nil {
					return
				}
				select {
				case first <- command{bytes.Clone(control[:m]), from}:
				default:
				}
				cookie, _, _ := strings.Cut(string(buf[:n]), " ")
				udp.WriteToUDP([]byte(cookie+" d6:result4:ponge"), from)
			}
		}()
		env := load(t, config(sock(row.node+":"+port), count("control_cmd_tos", row.tos), param("force_send_interface", row.own)), "rtpengine_offer();")
		send(t, env, call("INVITE", "a"))
		got := <-first
		messages, err := syscall.ParseSocketControlMessage(got.control)
		if err != nil || len(messages) != 1 || messages[0].Data[0] != row.want || got.from.IP.String() != row.own {
			t.Errorf("%+v: %v from %v, %v", row, messages, got.from, err)
		}
	}
}
