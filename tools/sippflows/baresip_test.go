// SPDX-License-Identifier: Apache-2.0

package sippflows

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// baresipModules is where Debian keeps baresip's modules.
const baresipModules = "/usr/lib/baresip/modules"

// phone is a running baresip without sound devices, held by its control socket.
type phone struct {
	user   string
	ctrl   net.Conn
	events chan event
	log    string // file
}

// event is what baresip reports on its control socket.
type event struct {
	Type    string `json:"type"`
	PeerURI string `json:"peeruri"`
}

// rtpPorts takes ports until ten numbers in a row are ours. Each comes with the
// one above it, mostly two above the one before.
func rtpPorts(next func() int) (first, last int) {
	first = next()
	for last = first; last < first+10; {
		port := next()
		if port != last+2 {
			first = port
		}
		last = port
	}
	return first, last
}

func TestRTPPortsAreInARow(t *testing.T) {
	ports := []int{31993, 31995, 31997, 18001, 18003, 18007, 18009, 18011, 20001, 20003, 20005, 20007, 20009, 20011}
	first, last := rtpPorts(func() int {
		port := ports[0]
		ports = ports[1:]
		return port
	})
	if first != 20001 || last != 20011 {
		t.Errorf("got %d to %d", first, last)
	}
}

// startPhone starts a baresip that registers user at the server and answers calls at once.
func startPhone(t *testing.T, server, user, transport string, more ...string) *phone {
	t.Helper()
	folder := t.TempDir()
	sip, ctrl := freePort(t), freePort(t)
	rtp, last := rtpPorts(func() int { return freePort(t) })
	config := fmt.Sprintf(`poll_method epoll
sip_listen 127.0.0.1:%d
net_interface 127.0.0.1
call_max_calls 4
audio_player aubridge,%[3]s
audio_source aubridge,%[3]s
audio_alert aubridge,%[3]s
rtp_ports %[4]d-%[5]d
module_path %[6]s
module g711.so
module aubridge.so
module_tmp uuid.so
module_tmp account.so
module_app contact.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:%[2]d
%[7]s
`, sip, ctrl, user, rtp+1, last, baresipModules, strings.Join(more, "\n"))
	account := fmt.Sprintf("<sip:%s@%s;transport=%s>;auth_pass=none;regint=60;answermode=auto;audio_codecs=pcmu\n", user, server, transport)
	for name, text := range map[string]string{"config": config, "accounts": account, "contacts": ""} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p := &phone{user: user, events: make(chan event, 64), log: filepath.Join(folder, "log")}
	out, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("baresip", "-f", folder)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		if p.ctrl != nil {
			p.ctrl.Close()
		}
		cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(flowLimit):
			cmd.Process.Kill()
			<-ended
		}
		out.Close()
	})
	for end := time.Now().Add(flowLimit); p.ctrl == nil; {
		if p.ctrl, err = net.Dial("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(ctrl))); err != nil {
			p.ctrl = nil
			if time.Now().After(end) {
				t.Fatalf("baresip does not open its control socket: %s", p.printed())
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	go p.listen()
	return p
}

// listen reads netstrings of JSON until the socket closes.
func (p *phone) listen() {
	defer close(p.events)
	in := bufio.NewReader(p.ctrl)
	for {
		size, err := in.ReadString(':')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSuffix(size, ":"))
		if err != nil {
			return
		}
		text := make([]byte, n+1) // and the comma
		if _, err := io.ReadFull(in, text); err != nil {
			return
		}
		var e event
		if json.Unmarshal(text[:n], &e) == nil && e.Type != "" {
			p.events <- e
		}
	}
}

// command sends one command.
func (p *phone) command(t *testing.T, name, params string) {
	t.Helper()
	text, err := json.Marshal(map[string]string{"command": name, "params": params, "token": name})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(p.ctrl, "%d:%s,", len(text), text); err != nil {
		t.Fatal(err)
	}
}

// expect waits for an event; others may come before.
func (p *phone) expect(t *testing.T, kind string) event {
	t.Helper()
	timeout := time.After(flowLimit)
	for {
		select {
		case e, open := <-p.events:
			if !open {
				t.Fatalf("%s ended while %s was awaited; it printed:\n%s", p.user, kind, p.printed())
			}
			if e.Type == kind {
				return e
			}
		case <-timeout:
			t.Fatalf("%s: %s did not come; it printed:\n%s", p.user, kind, p.printed())
		}
	}
}

// registered waits until baresip has printed that it is: the event may come before the control socket is connected.
func (p *phone) registered(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(flowLimit); !strings.Contains(p.printed(), "} 200 OK"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s does not register; it printed:\n%s", p.user, p.printed())
		}
	}
}

func (p *phone) printed() string {
	text, _ := os.ReadFile(p.log)
	return string(text)
}

// phonesCall lets two phones register and call each other, both ways.
func phonesCall(t *testing.T, command string) {
	refserver.Needs(t, "baresip")
	if _, err := os.Stat(filepath.Join(baresipModules, "ctrl_tcp.so")); err != nil {
		refserver.Absent(t, "baresip's module ctrl_tcp is not installed")
	}
	server, err := refserver.Start(command, refserver.StockCfg, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	for _, transports := range [][2]string{{"udp", "udp"}, {"tcp", "udp"}, {"tcp", "tcp"}} {
		t.Run(transports[0]+"-"+transports[1], func(t *testing.T) {
			t.Parallel()
			anna := startPhone(t, server.Addr(), "anna-"+transports[0]+"-"+transports[1], transports[0])
			ben := startPhone(t, server.Addr(), "ben-"+transports[0]+"-"+transports[1], transports[1])
			anna.registered(t)
			ben.registered(t)
			call(t, server.Addr(), anna, ben)
			call(t, server.Addr(), ben, anna)
		})
	}
}

// call is one call that the callee answers by itself and the caller ends.
func call(t *testing.T, server string, caller, callee *phone) {
	t.Helper()
	caller.command(t, "dial", fmt.Sprintf("sip:%s@%s", callee.user, server))
	caller.expect(t, "CALL_ESTABLISHED")
	if e := callee.expect(t, "CALL_ESTABLISHED"); !strings.Contains(e.PeerURI, caller.user) {
		t.Errorf("call comes from %s, want %s", e.PeerURI, caller.user)
	}
	caller.command(t, "hangup", "")
	callee.expect(t, "CALL_CLOSED")
}

func TestReferencePhones(t *testing.T) {
	refserver.Needs(t, "kamailio")
	phonesCall(t, refserver.ReferenceCommand)
}

func TestKaheaPhones(t *testing.T) {
	phonesCall(t, refserver.KaheaCommand(t, "../kahea"))
}
