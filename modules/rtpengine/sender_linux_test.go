// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
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
		env := load(t, config(sock(row.node+":"+port), count("rtpengine_tout_ms", 1), count("control_cmd_tos", row.tos), param("force_send_interface", row.own)), "rtpengine_offer();")
		send(t, env, call("INVITE", "a"))
		buf, control := make([]byte, 1<<16), make([]byte, 64)
		udp.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, n, _, from, err := udp.ReadMsgUDP(buf, control)
		if err != nil {
			t.Fatal(err)
		}
		messages, err := syscall.ParseSocketControlMessage(control[:n])
		if err != nil || len(messages) != 1 || messages[0].Data[0] != row.want || from.IP.String() != row.own {
			t.Errorf("%+v: %v from %v, %v", row, messages, from, err)
		}
	}
}
