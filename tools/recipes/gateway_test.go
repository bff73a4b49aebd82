// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/testport"
)

// gateway is a sipp that takes calls at an address of its own.
type gateway struct {
	name, host string
	port       int
	folder     string
	cmd        *exec.Cmd
	ended      chan struct{}
}

func newGateway(t *testing.T, name, host string) *gateway {
	t.Helper()
	port, err := testport.Free()
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{name: name, host: host, port: port, folder: t.TempDir()}
	text, err := os.ReadFile("testdata/gateway.xml")
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.ReplaceAll(string(text), "@@name@@", name))
	if err := os.WriteFile(filepath.Join(g.folder, "gateway.xml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	g.start(t)
	t.Cleanup(g.kill)
	return g
}

func (g *gateway) addr() string { return fmt.Sprintf("%s:%d", g.host, g.port) }

func (g *gateway) start(t *testing.T) {
	t.Helper()
	g.cmd = exec.Command("sipp", "-sf", "gateway.xml", "-i", g.host, "-p", fmt.Sprint(g.port), "-nostdin", "-buff_size", "4000000")
	g.cmd.Dir = g.folder
	g.cmd.Env = append(os.Environ(), "TERM=dumb")
	if err := g.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	g.ended = make(chan struct{})
	go func() {
		g.cmd.Wait()
		close(g.ended)
	}()
	g.awaitListening(t)
}

// awaitListening waits until sipp has its port: who asks it before would find it down.
func (g *gateway) awaitListening(t *testing.T) {
	t.Helper()
	ip := net.ParseIP(g.host).To4()
	local := fmt.Sprintf("%02X%02X%02X%02X:%04X ", ip[3], ip[2], ip[1], ip[0], g.port)
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile("/proc/net/udp")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), local) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not open its port", g.name)
		}
	}
}

// kill ends it at once.
func (g *gateway) kill() {
	g.cmd.Process.Kill()
	<-g.ended
}
