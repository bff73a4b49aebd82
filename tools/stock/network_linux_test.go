// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// The network of the tests with NAT. A test runs itself once more in a network
// namespace of its own, the public one, where the server and the media relays
// have publicAddr. Two homes hang on it, each a router that translates addresses
// and behind it a client: both clients have the same address, as it happens.
//
//	client 192.168.1.2 — 192.168.1.1 home 1 198.51.100.2 — 198.51.100.1 public
//	client 192.168.1.2 — 192.168.1.1 home 2 198.51.100.6 — 198.51.100.5 public
const (
	publicAddr  = "203.0.113.1"
	floodAddr   = "203.0.113.66" // another host of the public network
	privateAddr = "192.168.1.2"
)

const ownNetwork = "KAHEA_STOCK_NETWORK"

// inOwnNetwork tells whether the test runs in the public namespace. Where it does
// not, it is run there, by the same program.
func inOwnNetwork(t *testing.T) bool {
	t.Helper()
	if os.Getenv(ownNetwork) != "" {
		return true
	}
	refserver.Needs(t, "ip", "nft", "unshare")
	if out, err := exec.Command("unshare", "-n", "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		refserver.Absent(t, fmt.Sprintf("network namespaces are not permitted: %v\n%s", err, out))
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "-n", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), ownNetwork+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	return false
}

// home is a household: its router, and the network namespace of the client.
type home struct {
	public string // what the world sees of it
	client *os.File
}

// newNetwork makes the homes.
func newNetwork(t *testing.T) [2]*home {
	t.Helper()
	run(t, "ip", "link", "set", "lo", "up")
	for _, addr := range []string{publicAddr, floodAddr} {
		run(t, "ip", "addr", "add", addr+"/32", "dev", "lo")
	}
	return [2]*home{newHome(t, 1), newHome(t, 2)}
}

func newHome(t *testing.T, n int) *home {
	t.Helper()
	router, client := fmt.Sprintf("kahea-%d-r%d", os.Getpid(), n), fmt.Sprintf("kahea-%d-c%d", os.Getpid(), n)
	for _, name := range []string{router, client} {
		run(t, "ip", "netns", "add", name)
		t.Cleanup(func() { run(t, "ip", "netns", "del", name) })
		run(t, "ip", "-n", name, "link", "set", "lo", "up")
	}
	near, far := fmt.Sprintf("198.51.100.%d", 4*n-3), fmt.Sprintf("198.51.100.%d", 4*n-2)
	link := fmt.Sprint("home", n)
	run(t, "ip", "link", "add", link, "type", "veth", "peer", "name", "world", "netns", router)
	run(t, "ip", "addr", "add", near+"/30", "dev", link)
	run(t, "ip", "link", "set", link, "up")
	run(t, "ip", "-n", router, "addr", "add", far+"/30", "dev", "world")
	run(t, "ip", "-n", router, "link", "set", "world", "up")
	run(t, "ip", "-n", router, "route", "add", "default", "via", near)
	run(t, "ip", "-n", router, "link", "add", "house", "type", "veth", "peer", "name", "eth0", "netns", client)
	run(t, "ip", "-n", router, "addr", "add", "192.168.1.1/24", "dev", "house")
	run(t, "ip", "-n", router, "link", "set", "house", "up")
	run(t, "ip", "-n", client, "addr", "add", privateAddr+"/24", "dev", "eth0")
	run(t, "ip", "-n", client, "link", "set", "eth0", "up")
	run(t, "ip", "-n", client, "route", "add", "default", "via", "192.168.1.1")
	run(t, "ip", "netns", "exec", router, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
	run(t, "ip", "netns", "exec", router, "nft", "add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; }; "+
		"add rule ip nat out oifname \"world\" masquerade random")
	file, err := os.Open(filepath.Join("/run/netns", client))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return &home{public: far, client: file}
}

func run(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
}

// listen opens a UDP socket of the client. A socket stays in the namespace in
// which its thread was when it was opened.
func (h *home) listen(t *testing.T) *net.UDPConn {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	back, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	if err := unix.Setns(int(h.client.Fd()), unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(privateAddr)})
	if e := unix.Setns(int(back.Fd()), unix.CLONE_NEWNET); e != nil {
		panic(e) // nothing else may run on this thread
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
